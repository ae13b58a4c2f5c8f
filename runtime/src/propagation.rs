//! W3C trace context and baggage, read from and written to `_meta` (SEP-414)
//! and HTTP headers.

use std::str::FromStr;

use opentelemetry::Context;
#[cfg(feature = "client")]
use opentelemetry::propagation::Injector;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::BaggagePropagator;
use rmcp::model::MetaObject;

/// `_meta` key and header name of the W3C trace context.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// `_meta` key and header name of the vendors' part of the trace context.
pub(crate) const TRACESTATE: &str = "tracestate";
/// `_meta` key and header name of W3C baggage.
pub(crate) const BAGGAGE: &str = "baggage";

/// Longest `tracestate` that is taken over, in bytes: what W3C asks for at
/// least. It is repeated on every span and in every outgoing call, where
/// servers refuse headers that are too large.
pub(crate) const MAX_TRACESTATE_BYTES: usize = 512;

/// The context a request was made in, as far as its `_meta` tells; the rest of
/// it is `ambient`.
///
/// `None` when `_meta` carries neither a usable `traceparent` nor baggage, so
/// that the ambient context stays as it is.
pub(crate) fn extract(meta: &MetaObject, ambient: &Context) -> Option<Context> {
    let fields = Fields::of(meta);
    let remote = fields.remote_parent();
    let with_baggage = fields
        .baggage
        .map(|_| BaggagePropagator::new().extract_with_context(ambient, &MetaCarrier(meta)));
    match remote {
        Some(remote) => {
            let context = with_baggage.as_ref().unwrap_or(ambient);
            Some(context.with_remote_span_context(remote))
        }
        None => with_baggage,
    }
}

/// What `_meta` says of the context. Values that are no text are not there.
#[derive(Default)]
struct Fields<'a> {
    traceparent: Option<&'a str>,
    tracestate: Option<&'a str>,
    baggage: Option<&'a str>,
}

impl<'a> Fields<'a> {
    /// In one pass: `_meta` has few members, and each of three searches would
    /// compare with most of them.
    fn of(meta: &'a MetaObject) -> Self {
        let mut fields = Self::default();
        for (key, value) in meta.iter() {
            match key.as_str() {
                TRACEPARENT => fields.traceparent = value.as_str(),
                TRACESTATE => fields.tracestate = value.as_str(),
                BAGGAGE => fields.baggage = value.as_str(),
                _ => {}
            }
        }
        fields
    }

    /// The span that the `traceparent` names, with its `tracestate`.
    fn remote_parent(&self) -> Option<SpanContext> {
        let (trace_id, span_id, flags) = parse_traceparent(self.traceparent?)?;
        let trace_state = self
            .tracestate
            .filter(|text| text.len() <= MAX_TRACESTATE_BYTES)
            .and_then(|text| TraceState::from_str(text).ok())
            .unwrap_or_default();
        Some(SpanContext::new(
            trace_id,
            span_id,
            flags,
            true,
            trace_state,
        ))
    }
}

/// Parses a `traceparent` (W3C Trace Context, section 3.2.2).
///
/// Stricter than the SDK's propagator, which accepts `+` signs and short
/// ids; as there, flags other than the sampled flag are cleared, and a higher
/// version may carry further fields.
pub(crate) fn parse_traceparent(text: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let (version, rest) = text.as_bytes().trim_ascii().split_first_chunk::<2>()?;
    let (high, rest) = rest.strip_prefix(b"-")?.split_first_chunk::<16>()?;
    let (low, rest) = rest.split_first_chunk::<16>()?;
    let (span_id, rest) = rest.strip_prefix(b"-")?.split_first_chunk::<16>()?;
    let (flags, rest) = rest.strip_prefix(b"-")?.split_first_chunk::<2>()?;
    match (lower_hex(version)?, rest) {
        (0..0xff, []) | (1..0xff, [b'-', ..]) => {}
        _ => return None,
    }
    let [high, low] = [lower_hex(high)?, lower_hex(low)?];
    let trace_id = TraceId::from(u128::from(high) << 64 | u128::from(low));
    let span_id = SpanId::from(lower_hex(span_id)?);
    let flags = TraceFlags::new(u8::try_from(lower_hex(flags)?).ok()?);
    let valid = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
    valid.then_some((trace_id, span_id, flags & TraceFlags::SAMPLED))
}

/// What is no digit, in [`lower_hex`].
const NO_DIGIT: u8 = 0xff;

/// A number of at most 16 lower-case hex digits.
fn lower_hex<const DIGITS: usize>(digits: &[u8; DIGITS]) -> Option<u64> {
    // One step after the other, each for all digits at once.
    let values = digits.map(|digit| match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => NO_DIGIT,
    });
    let is_number = values.iter().fold(0, |all, value| all | value) != NO_DIGIT;
    let number = values
        .iter()
        .fold(0, |number, value| number << 4 | u64::from(*value));
    is_number.then_some(number)
}

/// Writes the context into a request's `_meta`: `traceparent`, `tracestate`
/// where there is one, and baggage if wanted (SEP-414).
#[cfg(feature = "client")]
pub(crate) fn inject(context: &Context, meta: &mut MetaObject, with_baggage: bool) {
    let span = context.span();
    let span = span.span_context();
    meta.insert(TRACEPARENT.to_owned(), format_traceparent(span).into());
    let state = span.trace_state().header();
    if !state.is_empty() && state.len() <= MAX_TRACESTATE_BYTES {
        meta.insert(TRACESTATE.to_owned(), state.into());
    } else {
        // What is there belongs to another traceparent.
        meta.remove(TRACESTATE);
    }
    if with_baggage {
        BaggagePropagator::new().inject_context(context, &mut MetaCarrierMut(meta));
    }
}

/// The `traceparent` that names `span` as the parent.
#[cfg(any(feature = "client", feature = "http-client"))]
pub(crate) fn format_traceparent(span: &SpanContext) -> String {
    let flags = span.trace_flags() & TraceFlags::SAMPLED;
    format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), flags)
}

/// `_meta` as the SDK's propagators read it.
struct MetaCarrier<'a>(&'a MetaObject);

impl Extractor for MetaCarrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE, BAGGAGE]
    }
}

/// `_meta` as the SDK's propagators write it.
#[cfg(feature = "client")]
struct MetaCarrierMut<'a>(&'a mut MetaObject);

#[cfg(feature = "client")]
impl Injector for MetaCarrierMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::baggage::BaggageExt;
    use serde_json::{Value, json};

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "00f067aa0ba902b7";

    fn meta(value: &Value) -> MetaObject {
        MetaObject(value.as_object().cloned().unwrap())
    }

    fn read(value: &Value) -> Option<Context> {
        extract(&meta(value), &Context::new())
    }

    #[test]
    fn reads_a_traceparent_and_its_sampled_flag() {
        let (trace_id, span_id, flags) =
            parse_traceparent(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!(trace_id.to_string(), TRACE);
        assert_eq!(span_id.to_string(), SPAN);
        assert!(flags.is_sampled());
        let (_, _, flags) = parse_traceparent(&format!("00-{TRACE}-{SPAN}-00")).unwrap();
        assert!(!flags.is_sampled());
    }

    #[test]
    fn white_space_around_a_traceparent_is_none_of_it() {
        let text = format!(" \t00-{TRACE}-{SPAN}-01 \r\n");
        assert_eq!(
            parse_traceparent(&text),
            parse_traceparent(&format!("00-{TRACE}-{SPAN}-01"))
        );
        assert!(parse_traceparent(&text).is_some());
    }

    #[test]
    fn each_digit_counts() {
        let digits: String = "0123456789abcdef".chars().rev().collect();
        let (trace_id, span_id, _) =
            parse_traceparent(&format!("00-{digits}{SPAN}-{digits}-01")).unwrap();
        assert_eq!(trace_id.to_string(), format!("{digits}{SPAN}"));
        assert_eq!(span_id.to_string(), digits);
        for at in 0..55 {
            let mut text = format!("00-{TRACE}-{SPAN}-01");
            for wrong in ["g", "`", ":", "/", "A", "@", "\u{7f}"] {
                text.replace_range(at..=at, wrong);
                assert_eq!(parse_traceparent(&text), None, "{text:?}");
            }
        }
    }

    #[test]
    fn a_higher_version_may_carry_more() {
        assert!(parse_traceparent(&format!("01-{TRACE}-{SPAN}-01-more")).is_some());
        assert!(parse_traceparent(&format!("01-{TRACE}-{SPAN}-01")).is_some());
        assert!(parse_traceparent(&format!("01-{TRACE}-{SPAN}-01more")).is_none());
    }

    #[test]
    fn refuses_what_the_specification_refuses() {
        for text in [
            "",
            "junk",
            "00-0af7-00f0-01",
            &format!("00-{TRACE}-{SPAN}"),
            &format!("00-{TRACE}-{SPAN}-"),
            &format!("00-{TRACE}-{SPAN}-01-more"),
            &format!("ff-{TRACE}-{SPAN}-01"),
            &format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            &format!("00-{}-{SPAN}-01", "0".repeat(32)),
            &format!("00-{TRACE}-{}-01", "0".repeat(16)),
            &format!("00-{TRACE}-+{}-01", "0".repeat(15)),
            &format!("00-{TRACE}-{SPAN}-+1"),
            &format!("00-{TRACE}_{SPAN}-01"),
            &format!("00-é{}-{SPAN}-01", "0".repeat(30)),
        ] {
            assert_eq!(parse_traceparent(text), None, "{text:?}");
        }
    }

    #[test]
    fn values_of_other_types_are_not_there() {
        assert!(read(&json!({"traceparent": 7, "baggage": {}})).is_none());
        assert!(read(&json!({})).is_none());
    }

    #[test]
    fn reads_tracestate_and_baggage() {
        let context = read(&json!({
            "traceparent": format!("00-{TRACE}-{SPAN}-01"),
            "tracestate": "vendor=1",
            "baggage": "tenant=acme",
        }))
        .unwrap();
        let span = context.span();
        assert_eq!(span.span_context().trace_state().header(), "vendor=1");
        assert!(span.span_context().is_remote());
        assert_eq!(context.baggage().get("tenant").unwrap().as_str(), "acme");
    }

    #[test]
    fn a_tracestate_is_bounded() {
        for (length, kept) in [(511, true), (512, true), (513, false)] {
            // Members of 256 bytes with their commas; the last one fills up.
            let full = format!("v={}", "a".repeat(253));
            let mut members = vec![full; (length - 100) / 256];
            let rest = length - 256 * members.len();
            members.push(format!("w={}", "a".repeat(rest - 2)));
            let state = members.join(",");
            assert_eq!(state.len(), length);
            let context = read(&json!({
                "traceparent": format!("00-{TRACE}-{SPAN}-01"),
                "tracestate": state,
            }))
            .unwrap();
            let span = context.span();
            let taken = span.span_context().trace_state().header();
            assert_eq!(taken == state, kept, "{length}: {} bytes", taken.len());
        }
    }

    #[test]
    fn a_bad_tracestate_costs_only_itself() {
        let context = read(&json!({
            "traceparent": format!("00-{TRACE}-{SPAN}-01"),
            "tracestate": "=,=;",
        }))
        .unwrap();
        assert_eq!(context.span().span_context().trace_id().to_string(), TRACE);
    }
}
