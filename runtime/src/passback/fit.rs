//! Which of the selected spans stay.

use super::selection::Selected;

/// Where a span stands, as far as that decides which go first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    depth: usize,
    parent: Option<usize>,
    number: u32,
    has_failed: bool,
}

impl Standing {
    pub(super) fn of(selected: &Selected<'_>) -> Self {
        Self {
            depth: selected.depth,
            parent: selected.parent,
            number: selected.span.notes.number,
            has_failed: selected.span.has_failed,
        }
    }
}

/// What encoded spans take, in bytes of the answer.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    /// Of each span: its bytes, and which scope it is of.
    pub(super) spans: Vec<(usize, usize)>,
    /// Of each scope, its bytes, if any span of it stays.
    pub(super) scopes: Vec<usize>,
}

/// Which spans stay, by index, so that at most `max_spans` spans and
/// `max_bytes` bytes remain. `sizes` are of the encoded spans, in the same
/// order as `spans`, which is parents first.
pub(super) fn fit(
    spans: &[Standing],
    sizes: &Sizes,
    max_spans: usize,
    max_bytes: usize,
) -> Vec<bool> {
    let mut keep = vec![true; spans.len()];
    let mut count = spans.len();
    let mut in_scope = vec![0_usize; sizes.scopes.len()];
    let mut bytes = sizes.scopes.iter().sum::<usize>();
    for (size, scope) in &sizes.spans {
        bytes += size;
        if let Some(spans) = in_scope.get_mut(*scope) {
            *spans += 1;
        }
    }
    let protected = protected(spans);

    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|index| {
        let span = spans.get(*index);
        (
            protected.get(*index).copied().unwrap_or(false),
            std::cmp::Reverse(span.map(|span| (span.depth, span.number, *index))),
        )
    });
    for index in order {
        if count <= max_spans && bytes <= max_bytes {
            break;
        }
        if let (Some(kept), Some((size, scope))) = (keep.get_mut(index), sizes.spans.get(index)) {
            *kept = false;
            count -= 1;
            bytes -= size;
            if let Some(spans) = in_scope.get_mut(*scope) {
                *spans -= 1;
                if *spans == 0 {
                    bytes -= sizes.scopes.get(*scope).copied().unwrap_or(0);
                }
            }
        }
    }
    keep
}

/// Failed spans, their ancestors and the root.
fn protected(spans: &[Standing]) -> Vec<bool> {
    let mut protected = vec![false; spans.len()];
    for (index, span) in spans.iter().enumerate() {
        if span.depth > 0 && !span.has_failed {
            continue;
        }
        let mut next = Some(index);
        while let Some(flag) = next
            .and_then(|index| protected.get_mut(index))
            .filter(|flag| !**flag)
        {
            *flag = true;
            next = next
                .and_then(|index| spans.get(index))
                .and_then(|span| span.parent);
        }
    }
    protected
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanId;
    use proptest::prelude::*;

    use super::super::bucket::tests::span;
    use opentelemetry::trace::Status;

    use super::super::finished::Finished;
    use super::super::request::PassbackRequest;
    use super::super::selection::select;
    use super::*;

    /// Span 1 is the root; span `n` hangs below `parents[n - 2]`.
    fn tree(parents: &[u64], failed: &[u64]) -> Vec<Finished> {
        let mut spans = vec![span(1, 0, "root")];
        for (id, parent) in (2..).zip(parents) {
            spans.push(span(id, *parent, "work"));
        }
        for span in &mut spans {
            let id = u64::from_be_bytes(span.span_context.span_id().to_bytes());
            if failed.contains(&id) {
                span.status = Status::error("");
            }
        }
        spans.into_iter().map(Finished::from).collect()
    }

    fn selected(spans: &[Finished]) -> Vec<Selected<'_>> {
        select(spans, SpanId::from(1), PassbackRequest::Detailed).0
    }

    fn fit_all(
        spans: &[Selected<'_>],
        sizes: &Sizes,
        max_spans: usize,
        max_bytes: usize,
    ) -> Vec<bool> {
        let standings: Vec<_> = spans.iter().map(Standing::of).collect();
        fit(&standings, sizes, max_spans, max_bytes)
    }

    fn kept(spans: &[Finished], max_spans: usize, bytes: usize) -> Vec<u64> {
        let spans = selected(spans);
        let sizes = Sizes {
            spans: vec![(10, 0); spans.len()],
            scopes: vec![0],
        };
        let keep = fit_all(&spans, &sizes, max_spans, bytes);
        let mut ids: Vec<u64> = spans
            .iter()
            .zip(keep)
            .filter(|(_, keep)| *keep)
            .map(|(span, _)| u64::from_be_bytes(span.span.id.to_bytes()))
            .collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn the_deepest_and_youngest_go_first() {
        let spans = tree(&[1, 1, 2, 2], &[]); // 4 and 5 below 2
        assert_eq!(kept(&spans, 5, 999), [1, 2, 3, 4, 5]);
        assert_eq!(kept(&spans, 4, 999), [1, 2, 3, 4]);
        assert_eq!(kept(&spans, 2, 999), [1, 2]);
        assert_eq!(kept(&spans, 1, 999), [1]);
    }

    #[test]
    fn failed_spans_and_their_ancestors_go_last() {
        let spans = tree(&[1, 2, 3, 1, 1], &[4]); // 1 > 2 > 3 > 4 failed; 5, 6 below 1
        assert_eq!(kept(&spans, 4, 999), [1, 2, 3, 4]);
        assert_eq!(kept(&spans, 3, 999), [1, 2, 3]);
    }

    #[test]
    fn bytes_are_bounded_as_well() {
        let spans = tree(&[1, 1], &[]);
        assert_eq!(kept(&spans, 9, 30), [1, 2, 3]);
        assert_eq!(kept(&spans, 9, 29), [1, 2]);
        assert_eq!(
            kept(&spans, 9, 9),
            [] as [u64; 0],
            "nothing at all rather than too much"
        );
    }

    #[test]
    fn a_scope_takes_room_as_long_as_one_of_its_spans_stays() {
        let spans = tree(&[1, 1, 1], &[]);
        let sizes = Sizes {
            spans: vec![(10, 0), (10, 0), (10, 1), (10, 1)],
            scopes: vec![5, 50],
        };
        for (bytes, kept) in [
            (95, 4),
            (94, 3),
            (85, 3),
            (84, 2),
            (25, 2),
            (24, 1),
            (14, 0),
        ] {
            let keep = fit_all(&selected(&spans), &sizes, 9, bytes);
            assert_eq!(keep.iter().filter(|kept| **kept).count(), kept, "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn what_is_left_is_one_tree_within_the_bounds(
            parents in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
            failed in prop::collection::vec(1_u64..40, 0..6),
            max_spans in 1_usize..50,
            bytes in 0_usize..500,
        ) {
            let parents: Vec<u64> = parents.iter().enumerate()
                .map(|(at, index)| u64::try_from(index.index(at + 1) + 1).unwrap())
                .collect();
            let spans = tree(&parents, &failed);
            prop_assert_eq!(spans.len(), parents.len() + 1);
            let ids = kept(&spans, max_spans, bytes);
            prop_assert!(ids.len() <= max_spans && ids.len() * 10 <= bytes.max(10));
            for id in &ids {
                prop_assert!(*id == 1 || ids.contains(&parents[usize::try_from(*id).unwrap() - 2]));
            }
            // Nothing is left out that would have fitted.
            let fits = max_spans.min(bytes / 10).min(spans.len());
            prop_assert_eq!(ids.len(), fits);
        }
    }
}
