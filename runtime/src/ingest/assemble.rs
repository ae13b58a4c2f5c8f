//! Accepted spans as text again, byte for byte (SEP-2448 C03, C05).

use serde_json::value::RawValue;

use super::reason::RejectReason;
use super::source::Source;
use crate::otlp::OtlpPayload;

/// Puts entries side by side. An entry whose spans are all accepted goes on as it stands; of others, each part does.
///
/// `verdicts` has one for each span, in the order of the answer.
pub(super) fn assemble(
    sources: &[Source<'_>],
    verdicts: &[Result<(), RejectReason>],
) -> Option<OtlpPayload> {
    let mut text = String::new();
    let mut spans = 0;
    let mut verdicts = verdicts;
    for source in sources {
        let scopes = &source.entry().parts.scope_spans;
        let count = scopes
            .items
            .iter()
            .map(|scope| scope.spans.items.len())
            .sum();
        let (of_entry, rest) = verdicts.split_at_checked(count)?;
        verdicts = rest;
        let accepted = of_entry.iter().filter(|verdict| verdict.is_ok()).count();
        spans += accepted;
        if accepted == 0 {
            continue;
        }
        separate(&mut text);
        if accepted == count && source.is_plain() && !scopes.incomplete {
            text.push_str(source.entry().text);
        } else {
            write_entry(&mut text, source, of_entry)?;
        }
    }
    (spans > 0).then(|| OtlpPayload::new(text, spans))
}

fn write_entry(
    text: &mut String,
    source: &Source<'_>,
    verdicts: &[Result<(), RejectReason>],
) -> Option<()> {
    let parts = &source.entry().parts;
    text.push('{');
    write_member(text, "resource", parts.resource);
    separate(text);
    text.push_str("\"scopeSpans\":[");
    let mut verdicts = verdicts;
    for scope in &parts.scope_spans.items {
        let (of_scope, rest) = verdicts.split_at_checked(scope.spans.items.len())?;
        verdicts = rest;
        let pairs = scope.spans.items.iter().zip(of_scope);
        let mut accepted = pairs.filter(|(_, verdict)| verdict.is_ok()).peekable();
        if accepted.peek().is_none() {
            continue;
        }
        separate(text);
        text.push('{');
        write_member(text, "scope", scope.scope);
        separate(text);
        text.push_str("\"spans\":[");
        for (span, _) in accepted {
            separate(text);
            text.push_str(span.text);
        }
        text.push(']');
        write_member(text, "schemaUrl", scope.schema_url);
        text.push('}');
    }
    text.push(']');
    write_member(text, "schemaUrl", parts.schema_url);
    text.push('}');
    Some(())
}

fn write_member(text: &mut String, name: &str, value: Option<&RawValue>) {
    if let Some(value) = value {
        separate(text);
        text.extend(["\"", name, "\":", value.get()]);
    }
}

fn separate(text: &mut String) {
    if !text.is_empty() && !text.ends_with(['{', '[', ',']) {
        text.push(',');
    }
}
