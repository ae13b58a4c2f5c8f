//! Links from a phase to other spans.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use crate::passback::BoundedLinks;

/// Spans that `#[phase(link = ...)]` can point at: a span context, the span of
/// a context, or several of them.
///
/// The first 128 are kept; the rest is in `droppedLinksCount` (SEP-2448, S09).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing a phase can link to",
    label = "not a span context",
    note = "write an `opentelemetry::trace::SpanContext`, an `opentelemetry::Context`, or an `Option`, array, slice or `Vec` of them"
)]
pub trait Links {
    /// Adds the links to those of the span. Invalid span contexts add none.
    fn add_to(&self, list: &mut LinkList);
}

/// The links of one phase.
#[derive(Debug, Default)]
pub struct LinkList(pub(super) BoundedLinks);

impl Links for SpanContext {
    fn add_to(&self, list: &mut LinkList) {
        if self.is_valid() {
            list.0.add(self);
        }
    }
}

impl Links for Context {
    fn add_to(&self, list: &mut LinkList) {
        self.span().span_context().add_to(list);
    }
}

impl<L: Links> Links for Option<L> {
    fn add_to(&self, list: &mut LinkList) {
        if let Some(link) = self {
            link.add_to(list);
        }
    }
}

impl<L: Links> Links for [L] {
    fn add_to(&self, list: &mut LinkList) {
        self.iter().for_each(|link| link.add_to(list));
    }
}

impl<L: Links, const N: usize> Links for [L; N] {
    fn add_to(&self, list: &mut LinkList) {
        self.as_slice().add_to(list);
    }
}

impl<L: Links> Links for Vec<L> {
    fn add_to(&self, list: &mut LinkList) {
        self.as_slice().add_to(list);
    }
}

impl<L: Links + ?Sized> Links for &L {
    fn add_to(&self, list: &mut LinkList) {
        (**self).add_to(list);
    }
}
