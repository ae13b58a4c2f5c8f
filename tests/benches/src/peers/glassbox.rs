//! The tool with Glassbox.

use glassbox::{BuildError, PassbackLimits, Server, TelemetryOptions, mcp_tool, phase};
use opentelemetry_sdk::trace::SimpleSpanProcessor;

use super::exporter::Discard;
use super::work;

/// More than any call here makes.
const MAX_SPANS: usize = 2_000;
const MAX_TOTAL_BYTES: usize = 4 << 20;

/// The server. It exports what it samples if asked to.
///
/// # Errors
///
/// If it cannot be built.
pub fn server(exports: bool) -> Result<Server, BuildError> {
    let mut limits = PassbackLimits::default();
    limits.max_spans = MAX_SPANS;
    limits.max_total_bytes = MAX_TOTAL_BYTES;
    let server = Server::builder("mail", "1.0.0")
        .passback_limits(limits)
        .tool::<list_emails>()
        .tool::<ping>();
    if exports {
        let telemetry =
            TelemetryOptions::new().with_span_processor(SimpleSpanProcessor::new(Discard));
        return server.telemetry(telemetry).build();
    }
    server.build()
}

/// Says that it is there
#[mcp_tool]
fn ping() -> String {
    work::shown(0)
}

/// List recent emails
#[mcp_tool]
async fn list_emails(
    /// Number of emails to return
    messages: u32,
) -> String {
    #[phase("auth.validate")]
    work::token().await;

    #[phase("gmail.list_messages", gmail.max_results = messages)]
    let listed = {
        get().await;
        messages
    };

    #[phase("gmail.fetch_details", gmail.fetch_count = listed)]
    let found = {
        work::GATE.pass().await;
        let mut found = 0;
        for _ in 0..listed {
            found += get().await;
        }
        found
    };

    #[phase("format_response")]
    let shown = work::shown(found);
    shown
}

#[phase(
    "GET",
    kind = client,
    http.request.method = "GET",
    http.response.status_code = 200,
    server.address = "gmail.googleapis.com"
)]
async fn get() -> u32 {
    work::get().await
}
