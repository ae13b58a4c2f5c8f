//! What makes two calls the same.

use std::collections::HashMap;

use opentelemetry_semantic_conventions::attribute::{
    DB_QUERY_TEXT, HTTP_REQUEST_METHOD, SERVER_ADDRESS, URL_FULL, URL_TEMPLATE,
};

use crate::analysis::Node;
use crate::otlp::Span;
use crate::semconv::{
    EXECUTE_TOOL, GEN_AI_OPERATION_NAME, GEN_AI_TOOL_CALL_ARGUMENTS, MCP_RESOURCE_URI,
};

/// What older producers say for `db.query.text`.
const DB_STATEMENT: &str = "db.statement";
/// What older producers say for `url.full`.
const HTTP_URL: &str = "http.url";

/// What redacting writes in the place of a value (OpenTelemetry, `url.full`): then two URLs may only look the same.
const REDACTED: &str = "REDACTED";
/// Signs that stand for a parameter in the text of a query, whose value the span does not show.
const PLACEHOLDERS: [char; 5] = ['?', '$', '%', ':', '@'];

/// The kind of call: method and template say more than a name, and the peer tells two services apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// The children of a span by their shape, the shape that came first at the front; each group ordered by start.
///
/// What a model answers decides what is called next, so a model call between two calls parts them.
pub(super) fn siblings<'a>(parent: Node<'a>) -> Vec<Vec<Node<'a>>> {
    let mut index_of = HashMap::new();
    let mut groups: Vec<Vec<Node<'a>>> = Vec::new();
    let mut answers = 0;
    for child in parent.children().filter(|child| child.span().is_timed()) {
        let Some(shape) = Shape::of(child.span()) else {
            continue;
        };
        let is_model_call = is_model_call(child.span());
        answers += usize::from(is_model_call);
        let after = if is_model_call { 0 } else { answers };
        let index = *index_of.entry((shape, after)).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(child),
            None => groups.push(vec![child]),
        }
    }
    groups
}

/// Whether a span asks a model (OpenTelemetry, GenAI spans), rather than running a tool.
pub(super) fn is_model_call(span: &Span) -> bool {
    span.text_attribute(GEN_AI_OPERATION_NAME)
        .is_some_and(|operation| operation != EXECUTE_TOOL)
}

/// What a call was about, if its attributes show all of it: two calls of one shape and subject are the same call.
pub(super) fn subject(span: &Span) -> Option<&str> {
    let text = |key| span.text_attribute(key).filter(|text| !text.is_empty());
    if let Some(arguments) = text(GEN_AI_TOOL_CALL_ARGUMENTS).or_else(|| text(MCP_RESOURCE_URI)) {
        return Some(arguments);
    }
    if let Some(query) = text(DB_QUERY_TEXT).or_else(|| text(DB_STATEMENT)) {
        return Some(query).filter(|query| !query.contains(PLACEHOLDERS));
    }
    // A request that carries a body is about more than its URL.
    let method = text(HTTP_REQUEST_METHOD).unwrap_or_else(|| {
        let (first, _) = span.name().split_once(' ').unwrap_or((span.name(), ""));
        first
    });
    text(URL_FULL)
        .or_else(|| text(HTTP_URL))
        .filter(|url| ["GET", "HEAD"].contains(&method) && !url.contains(REDACTED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::SpanTree;
    use crate::analysis::fixture::{CLIENT, payload};

    #[test]
    fn the_subject_is_known_only_if_all_of_it_shows() {
        for (name, attributes, expected) in [
            ("GET", &["url.full=https://a/1"][..], Some("https://a/1")),
            (
                "GET /a/{id}",
                &["url.full=https://a/1?q=x"],
                Some("https://a/1?q=x"),
            ),
            ("GET", &["url.full=https://a/?q=REDACTED"], None),
            ("POST", &["url.full=https://a/1"], None),
            (
                "x",
                &["http.request.method=GET", "url.full=https://a"],
                Some("https://a"),
            ),
            ("SELECT", &["db.query.text=SELECT 1"], Some("SELECT 1")),
            ("SELECT", &["db.query.text=SELECT a WHERE b = ?"], None),
            (
                "tools/call x",
                &["gen_ai.tool.call.arguments={}"],
                Some("{}"),
            ),
            ("GET", &["url.template=/a"], None),
        ] {
            let json = payload("s", &[(1, 0, CLIENT, name, 0, 1, attributes)]);
            let tree = SpanTree::from_otlp(&json).unwrap();
            let root = tree.roots().next().unwrap();
            assert_eq!(subject(root.span()), expected, "{attributes:?}");
        }
    }
}
