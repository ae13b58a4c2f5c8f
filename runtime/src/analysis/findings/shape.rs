//! What makes two calls the same.

use opentelemetry_semantic_conventions::attribute::{
    HTTP_REQUEST_METHOD, SERVER_ADDRESS, URL_TEMPLATE,
};

use crate::otlp::Span;

/// What makes two calls the same: method and template say more than a name, and the peer tells two services apart.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Shape<'a> {
    what: (&'a str, Option<&'a str>),
    kind: u8,
    peer: Option<&'a str>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(span: &'a Span) -> Option<Self> {
        let template = span.text_attribute(URL_TEMPLATE);
        let method = span.text_attribute(HTTP_REQUEST_METHOD);
        let what = match (method, template) {
            (Some(method), Some(template)) => (method, Some(template)),
            _ if span.name().is_empty() => return None,
            _ => (span.name(), None),
        };
        let kind = span.kind() as u8;
        Some(Self {
            what,
            kind,
            peer: span.text_attribute(SERVER_ADDRESS),
        })
    }
}
