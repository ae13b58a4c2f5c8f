//! What a request asks for in `_meta.otel`.

use rmcp::model::MetaObject;
use serde_json::Value;

/// Key of `_meta` under which telemetry travels, both ways (SEP-2448).
pub(crate) const OTEL_KEY: &str = "otel";
/// Key of `_meta.otel` that holds the signal "traces" (SEP-2448).
pub(crate) const TRACES_KEY: &str = "traces";
const REQUEST_KEY: &str = "request";
const DETAILED_KEY: &str = "detailed";

/// What a client asks to see of the request it makes (SEP-2448, Request).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the set is closed by SEP-2448")]
pub enum PassbackRequest {
    /// Nothing: the answer stays as it is (S01).
    Off,
    /// The root span and its direct children (S08).
    TopLevel,
    /// The whole tree (S08).
    Detailed,
}

impl PassbackRequest {
    /// Reads `_meta.otel`. Never fails: anything but
    /// `{"traces": {"request": true}}` means [`Off`](Self::Off) (S01, S02).
    #[must_use]
    pub fn from_meta(meta: &MetaObject) -> Self {
        let otel = meta.get(OTEL_KEY).and_then(Value::as_object);
        let traces = otel.and_then(|otel| otel.get(TRACES_KEY));
        let Some(traces) = traces.and_then(Value::as_object) else {
            return Self::Off;
        };
        let (mut request, mut detailed) = (false, false);
        for (key, value) in traces {
            match key.as_str() {
                REQUEST_KEY => request = *value == Value::Bool(true),
                DETAILED_KEY => detailed = *value == Value::Bool(true),
                _ => {}
            }
        }
        match (request, detailed) {
            (false, _) => Self::Off,
            (true, false) => Self::TopLevel,
            (true, true) => Self::Detailed,
        }
    }

    /// Writes the flag into a request's `_meta`; [`Off`](Self::Off) takes it out.
    #[cfg(any(feature = "client", feature = "testing"))]
    pub(crate) fn write_to(self, meta: &mut MetaObject) {
        let detailed = match self {
            Self::Off => {
                meta.remove(OTEL_KEY);
                return;
            }
            Self::TopLevel => false,
            Self::Detailed => true,
        };
        let flags = serde_json::json!({REQUEST_KEY: true, DETAILED_KEY: detailed});
        meta.insert(OTEL_KEY.to_owned(), serde_json::json!({TRACES_KEY: flags}));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(otel: Value) -> PassbackRequest {
        let mut meta = MetaObject::new();
        meta.insert(OTEL_KEY.to_owned(), otel);
        PassbackRequest::from_meta(&meta)
    }

    #[test]
    fn reads_the_two_flags() {
        use PassbackRequest::{Detailed, Off, TopLevel};
        for (otel, expected) in [
            (json!({"traces": {"request": true}}), TopLevel),
            (
                json!({"traces": {"request": true, "detailed": false}}),
                TopLevel,
            ),
            (
                json!({"traces": {"request": true, "detailed": true}}),
                Detailed,
            ),
            (
                json!({"traces": {"request": true, "detailed": "yes", "new": 1}}),
                TopLevel,
            ),
            (json!({"traces": {"request": false, "detailed": true}}), Off),
            (json!({"traces": {"request": 1}}), Off),
            (json!({"traces": {"request": "true"}}), Off),
            (json!({"traces": [true]}), Off),
            (json!({"traces": null}), Off),
            (json!(true), Off),
        ] {
            assert_eq!(read(otel.clone()), expected, "{otel}");
        }
        assert_eq!(PassbackRequest::from_meta(&MetaObject::new()), Off);
    }

    fn junk() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let key = prop_oneof![
                Just("traces".to_owned()),
                Just("request".to_owned()),
                "[a-z]{1,5}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn junk_is_on_only_with_a_boolean_true(otel in junk()) {
            let asked = otel.pointer("/traces/request") == Some(&Value::Bool(true))
                && otel.get("traces").is_some_and(Value::is_object);
            prop_assert_eq!(read(otel) != PassbackRequest::Off, asked);
        }
    }
}
