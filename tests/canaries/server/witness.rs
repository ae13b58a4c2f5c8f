//! What the server's author has seen, written where only the test reads.

use std::fmt::Debug;
use std::io::Write as _;

use glassbox::ToolContext;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;

/// Appends a line to the file that the variable names.
pub fn append(variable: &str, line: &str) {
    let path = std::env::var(variable).unwrap();
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Something was seen.
pub fn saw(what: impl Debug) {
    append("CANARY_SEEN", &format!("{what:?}"));
}

/// All that a request brings along was seen.
pub fn saw_request(context: &ToolContext) {
    saw(context.request_id());
    saw(context.meta());
    if let Some(parts) = context
        .request()
        .extensions
        .get::<axum::http::request::Parts>()
    {
        // `Debug` of headers hides the values of those that are sensitive.
        for (name, value) in &parts.headers {
            saw((name, value.to_str().unwrap_or_default()));
        }
        saw(&parts.uri);
    }
    Context::map_current(|context| saw(context.baggage()));
}
