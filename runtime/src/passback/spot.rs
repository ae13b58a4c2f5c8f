//! Where telemetry goes in an answer.

use rmcp::ErrorData;
use rmcp::model::{JsonObject, MetaObject};
use serde_json::Value;

use super::request::{OTEL_KEY, TRACES_KEY};

const META_KEY: &str = "_meta";
const DATA_KEY: &str = "data";

/// The object that takes the telemetry of an answer, under
/// [`TRACES_KEY`]: `_meta.otel` of a result, `error.data._meta.otel` of a
/// JSON-RPC error, the only place there where it survives.
///
/// What the author of the answer put there stays; objects that were missing
/// are made.
#[derive(Debug)]
pub(crate) struct Spot<'a> {
    otel: &'a mut JsonObject,
    made: &'static [&'static str],
}

impl<'a> Spot<'a> {
    /// In the `_meta` of a result. `None` if there is something else than an
    /// object in the way.
    pub(crate) fn in_meta(meta: &'a mut Option<MetaObject>) -> Option<Self> {
        let makes_meta = meta.is_none();
        let (otel, makes_otel) = object_at(meta.get_or_insert_default(), OTEL_KEY)?;
        let made: &[_] = match (makes_otel, makes_meta) {
            (false, _) => &[],
            (true, false) => &[OTEL_KEY],
            (true, true) => &[OTEL_KEY, META_KEY],
        };
        Some(Self { otel, made })
    }

    /// In the data of an error. `None` if there is something else than an object
    /// in the way.
    pub(crate) fn in_error(error: &'a mut ErrorData) -> Option<Self> {
        let makes_data = error.data.is_none();
        let data = error
            .data
            .get_or_insert_with(|| Value::Object(JsonObject::new()));
        let (meta, makes_meta) = object_at(data.as_object_mut()?, META_KEY)?;
        let (otel, makes_otel) = object_at(meta, OTEL_KEY)?;
        let made: &[_] = match (makes_otel, makes_meta, makes_data) {
            (false, ..) => &[],
            (true, false, _) => &[OTEL_KEY],
            (true, true, false) => &[OTEL_KEY, META_KEY],
            (true, true, true) => &[OTEL_KEY, META_KEY, DATA_KEY],
        };
        Some(Self { otel, made })
    }

    /// Whether the author has put something there.
    pub(crate) fn is_taken(&self) -> bool {
        self.otel.contains_key(TRACES_KEY)
    }

    /// Puts telemetry there. Gives the keys of the objects that are there only
    /// for its sake, from the inside out.
    pub(crate) fn put(self, traces: Value) -> &'static [&'static str] {
        self.otel.insert(TRACES_KEY.to_owned(), traces);
        self.made
    }
}

/// The object under `key`, and whether it was made because there was nothing;
/// `None` if there is something else.
fn object_at<'a>(object: &'a mut JsonObject, key: &str) -> Option<(&'a mut JsonObject, bool)> {
    let makes = !object.contains_key(key);
    let value = object
        .entry(key)
        .or_insert_with(|| Value::Object(JsonObject::new()));
    Some((value.as_object_mut()?, makes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn meta(value: &Value) -> Option<MetaObject> {
        value.as_object().cloned().map(MetaObject)
    }

    #[test]
    fn what_the_author_put_into_meta_stays() {
        let mut mine = meta(&json!({"a": 1, "otel": {"b": 2}}));
        assert!(Spot::in_meta(&mut mine).unwrap().put(json!({})).is_empty());
        let expected = json!({"a": 1, "otel": {"b": 2, "traces": {}}});
        assert_eq!(mine, meta(&expected));
        assert!(Spot::in_meta(&mut mine).unwrap().is_taken());

        let mut odd = meta(&json!({"otel": "mine"}));
        assert!(Spot::in_meta(&mut odd).is_none());
        assert_eq!(odd, meta(&json!({"otel": "mine"})));
    }

    #[test]
    fn tells_which_objects_it_made() {
        for (mut before, made) in [
            (None, &["otel", "_meta"][..]),
            (meta(&json!({})), &["otel"]),
            (meta(&json!({"otel": {}})), &[]),
        ] {
            assert_eq!(Spot::in_meta(&mut before).unwrap().put(json!(1)), made);
            assert_eq!(before, meta(&json!({"otel": {"traces": 1}})));
        }
        for (data, made) in [
            (None, &["otel", "_meta", "data"][..]),
            (Some(json!({"hint": "yes"})), &["otel", "_meta"]),
            (Some(json!({"_meta": {"mine": 1}})), &["otel"]),
            (Some(json!({"_meta": {"otel": {"mine": 1}}})), &[]),
        ] {
            let mut expected = data.clone().unwrap_or(json!({}));
            expected["_meta"]["otel"]["traces"] = json!(1);
            let mut error = ErrorData::invalid_params("no", data);
            assert_eq!(Spot::in_error(&mut error).unwrap().put(json!(1)), made);
            assert_eq!(error.data.unwrap(), expected);
        }
    }

    #[test]
    fn data_that_is_no_object_stays_alone() {
        for data in [
            json!("text"),
            json!({"_meta": 1}),
            json!({"_meta": {"otel": []}}),
        ] {
            let mut error = ErrorData::invalid_params("no", Some(data.clone()));
            assert!(Spot::in_error(&mut error).is_none());
            assert_eq!(error.data.unwrap(), data);
        }
    }
}
