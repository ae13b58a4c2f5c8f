//! Text that every receiver reads as we do.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The member names of OTLP's trace messages.
const NAMES: [&str; 36] = [
    "arrayValue",
    "attributes",
    "boolValue",
    "bytesValue",
    "code",
    "doubleValue",
    "droppedAttributesCount",
    "droppedEventsCount",
    "droppedLinksCount",
    "endTimeUnixNano",
    "events",
    "flags",
    "intValue",
    "key",
    "kind",
    "kvlistValue",
    "links",
    "message",
    "name",
    "parentSpanId",
    "resource",
    "resourceSpans",
    "schemaUrl",
    "scope",
    "scopeSpans",
    "spanId",
    "spans",
    "startTimeUnixNano",
    "status",
    "stringValue",
    "timeUnixNano",
    "traceId",
    "traceState",
    "value",
    "values",
    "version",
];

/// What old receivers read in place of `scopeSpans`, and we do not.
const RETIRED_NAME: &str = "instrumentationLibrarySpans";

/// Whether every receiver reads a text, and none reads another meaning into it.
///
/// Refused are strings and numbers that only a parser which skips them takes (a lone surrogate, `1e999`), nesting over
/// serde_json's 127 levels, and members that differ from a name of OTLP only in case or underscores: protobuf's parsers
/// take `trace_id` for `traceId`, so a span with both would be one thing to us and another to them.
pub(crate) fn is_unambiguous(text: &str) -> bool {
    serde_json::from_str::<Strict>(text).is_ok()
}

struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Strict, A::Error> {
        while elements.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
        while members.next_entry::<Name, Strict>()?.is_some() {}
        Ok(Strict)
    }
}

struct Name;

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        if NAMES.contains(&name) {
            return Ok(Name);
        }
        let mut names = NAMES.iter().chain([&RETIRED_NAME]);
        if names.any(|known| letters(known).eq(letters(name))) {
            return Err(E::custom("another spelling of a name"));
        }
        Ok(Name)
    }
}

fn letters(name: &str) -> impl Iterator<Item = u8> + '_ {
    let letters = name.bytes().filter(|&byte| byte != b'_');
    letters.map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_json_with_members_of_any_other_name() {
        for text in [
            r#"{"traceId":"x","vendorField":[1,-1,1.5,null,true,{"a_b":"\ud83d\ude00"}]}"#,
            r#"{"traces":1,"trace":2,"_x":3,"":4,"_":5}"#,
            "3",
        ] {
            assert!(is_unambiguous(text), "{text}");
        }
    }

    #[test]
    fn refuses_what_only_a_skipping_parser_takes() {
        for text in [
            r#"{"x":"\ud800"}"#,
            r#"{"\ud800":1}"#,
            r#"{"x":[1e999]}"#,
            &format!("{{\"x\":{}}}", "9".repeat(5000)),
            &format!("{}{}", "[".repeat(128), "]".repeat(128)),
        ] {
            assert!(!is_unambiguous(text), "{text}");
        }
        assert!(is_unambiguous(&format!(
            "{}{}",
            "[".repeat(127),
            "]".repeat(127)
        )));
    }

    #[test]
    fn refuses_other_spellings_of_a_name() {
        for name in [
            "trace_id",
            "TraceId",
            "TRACE_ID",
            "parent_span_id",
            "string_value",
            "Key",
            "scope_spans",
            r"trace\u005fid",
            "instrumentationLibrarySpans",
            "instrumentation_library_spans",
        ] {
            let text = format!(r#"[{{"deep":{{"{name}":1}}}}]"#);
            assert!(!is_unambiguous(&text), "{name}");
        }
    }
}
