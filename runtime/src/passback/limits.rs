//! How much may leave the server, and what goes first.

use std::ops::Range;

use opentelemetry::trace::Status;

use super::selection::Selected;

/// Bounds on the telemetry of one answer (S09, S10, S18).
///
/// Spans beyond a bound are left out, deepest and youngest first; the root,
/// failed spans and their ancestors go last, and what is left is always one
/// tree. How many were left out stands in the answer (`truncated`,
/// `droppedSpanCount`); attributes, events and links beyond their bounds are
/// counted in OTLP's own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassbackLimits {
    /// Spans in one answer. Default 256: a tree that a person can still read,
    /// and what receivers are expected to take.
    pub max_spans: usize,
    /// Attributes on one span. Default 128 (SEP-2448, S09).
    pub max_attributes_per_span: u32,
    /// Events on one span. Default 128 (SEP-2448, S09).
    pub max_events_per_span: u32,
    /// Links on one span. Default 128 (SEP-2448, S09).
    pub max_links_per_span: u32,
    /// Bytes of UTF-8 of a name or of one string value; longer ones are cut at
    /// a character. Default 1,024: enough for a URL template or a message, too
    /// little for a payload.
    pub max_value_length_bytes: usize,
    /// Bytes of OTLP JSON in one answer. Default 240,000: far from the 16 MiB
    /// that rmcp's clients accept for a whole answer, and from making an
    /// answer slow.
    pub max_total_bytes: usize,
}

impl PassbackLimits {
    /// Spans in one answer unless set otherwise.
    pub const DEFAULT_MAX_SPANS: usize = 256;
    /// Attributes, events and links on a span unless set otherwise.
    pub const DEFAULT_MAX_PER_SPAN: u32 = 128;
    /// Bytes of one string value unless set otherwise.
    pub const DEFAULT_MAX_VALUE_LENGTH_BYTES: usize = 1024;
    /// Bytes of OTLP JSON in one answer unless set otherwise.
    pub const DEFAULT_MAX_TOTAL_BYTES: usize = 240_000;
}

impl Default for PassbackLimits {
    fn default() -> Self {
        Self {
            max_spans: Self::DEFAULT_MAX_SPANS,
            max_attributes_per_span: Self::DEFAULT_MAX_PER_SPAN,
            max_events_per_span: Self::DEFAULT_MAX_PER_SPAN,
            max_links_per_span: Self::DEFAULT_MAX_PER_SPAN,
            max_value_length_bytes: Self::DEFAULT_MAX_VALUE_LENGTH_BYTES,
            max_total_bytes: Self::DEFAULT_MAX_TOTAL_BYTES,
        }
    }
}

/// Which spans stay, by index, so that at most `limits.max_spans` spans and
/// `budget_bytes` bytes remain. `sizes` are the encoded spans, in the same
/// order as `spans`, which is parents first.
pub(super) fn fit(
    spans: &[Selected],
    sizes: &[Range<usize>],
    limits: &PassbackLimits,
    budget_bytes: usize,
) -> Vec<bool> {
    let mut keep = vec![true; spans.len()];
    let mut count = spans.len();
    let mut bytes: usize = sizes.iter().map(|size| size.len() + 1).sum();
    let protected = protected(spans);

    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|index| {
        let span = spans.get(*index);
        (
            protected.get(*index).copied().unwrap_or(false),
            std::cmp::Reverse(span.map_or(0, |span| span.depth)),
            std::cmp::Reverse(span.map(|span| span.span.start_time)),
        )
    });
    for index in order {
        if count <= limits.max_spans && bytes <= budget_bytes {
            break;
        }
        if let (Some(kept), Some(size)) = (keep.get_mut(index), sizes.get(index)) {
            *kept = false;
            count -= 1;
            bytes -= size.len() + 1;
        }
    }
    keep
}

/// Failed spans, their ancestors and the root.
fn protected(spans: &[Selected]) -> Vec<bool> {
    let mut protected = vec![false; spans.len()];
    for (index, span) in spans.iter().enumerate() {
        if span.depth > 0 && !matches!(span.span.status, Status::Error { .. }) {
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

/// `text`, cut at a character so that it has at most `max_bytes` bytes.
pub(crate) fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanId;
    use proptest::prelude::*;

    use super::super::bucket::tests::span;
    use super::super::request::PassbackRequest;
    use super::super::selection::select;
    use super::*;

    /// Span 1 is the root; span `n` hangs below `parents[n - 2]`.
    fn tree(parents: &[u64], failed: &[u64]) -> Vec<Selected> {
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
        select(spans, SpanId::from(1), PassbackRequest::Detailed).0
    }

    fn kept(spans: &[Selected], max_spans: usize, bytes: usize) -> Vec<u64> {
        let sizes = vec![0..9; spans.len()];
        let limits = PassbackLimits {
            max_spans,
            ..PassbackLimits::default()
        };
        let keep = fit(spans, &sizes, &limits, bytes);
        let mut ids: Vec<u64> = spans
            .iter()
            .zip(keep)
            .filter(|(_, keep)| *keep)
            .map(|(span, _)| u64::from_be_bytes(span.span.span_context.span_id().to_bytes()))
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
    fn cuts_at_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc");
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("é", 0), "");
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
