//! Both revisions of the advertisement.

use rmcp::model::ServerCapabilities;
use serde_json::{Value, json};

/// Extension id of SEP-2448's July 2026 revision.
pub const EXTENSION_ID: &str = "io.modelcontextprotocol/server-execution-telemetry";

/// Top-level capability of SEP-2448's March 2026 revision.
pub const MARCH_CAPABILITY: &str = "serverExecutionTelemetry";

const MARCH_VERSION: &str = "2026-03-01";

/// Adds the July form to the capabilities a server announces. Settings that
/// the server chose itself stay.
pub(crate) fn advertise(capabilities: &mut ServerCapabilities) {
    capabilities
        .extensions
        .get_or_insert_default()
        .entry(EXTENSION_ID.to_owned())
        .or_default();
}

/// Adds the March form to a serialized `initialize` or `server/discover`
/// result that carries the July form.
///
/// rmcp's typed capabilities have no place for a top-level key of its own, so
/// this works on the serialized result. Says whether it changed anything.
pub(crate) fn advertise_march(result: &mut Value) -> bool {
    let Some(Value::Object(capabilities)) = result.get_mut("capabilities") else {
        return false;
    };
    let advertised = capabilities
        .get("extensions")
        .is_some_and(|extensions| extensions.get(EXTENSION_ID).is_some());
    if !advertised || capabilities.contains_key(MARCH_CAPABILITY) {
        return false;
    }
    capabilities.insert(
        MARCH_CAPABILITY.to_owned(),
        json!({"version": MARCH_VERSION, "signals": {"traces": {"supported": true}}}),
    );
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_stand_side_by_side() {
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        advertise(&mut capabilities);
        let mut result = json!({"capabilities": capabilities});
        assert!(advertise_march(&mut result));
        assert_eq!(
            result,
            json!({"capabilities": {
                "tools": {},
                "extensions": {EXTENSION_ID: {}},
                "serverExecutionTelemetry": {
                    "version": "2026-03-01",
                    "signals": {"traces": {"supported": true}},
                },
            }})
        );
        assert!(!advertise_march(&mut result), "once is enough");
    }

    #[test]
    fn a_server_that_does_not_pass_back_is_left_alone() {
        let mut result = json!({"capabilities": {"tools": {}}});
        assert!(!advertise_march(&mut result));
        assert!(!advertise_march(&mut json!({"tools": []})));
        assert!(!advertise_march(&mut json!(null)));
    }
}
