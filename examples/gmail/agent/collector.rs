//! The spans, sent to an OTLP/HTTP receiver: the server's as they came, and the agent's own beside them.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::TraceId;
use serde_json::Value;
use url::Url;

use super::error::AgentError;
use super::react::Run;
use super::report::spans;
use crate::client::root_cause;

/// How long a collector may take for one request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where Jaeger takes OTLP/HTTP, and where its UI is.
const OTLP_PORT: u16 = 4318;
const JAEGER_PORT: u16 = 16686;

/// What was sent where.
#[derive(Debug)]
pub(super) struct Forwarded {
    url: String,
    collector: Url,
    trace_id: TraceId,
    received: usize,
    forwarded: usize,
}

impl fmt::Display for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            received,
            forwarded,
            url,
            ..
        } = self;
        write!(
            f,
            "{received} spans received, {forwarded} forwarded to {url}"
        )
    }
}

impl Forwarded {
    /// Where the trace can be looked at: in Jaeger, if the collector listens where Jaeger does.
    pub(super) fn links(&self) -> impl Iterator<Item = String> {
        let is_jaeger = self.collector.port_or_known_default() == Some(OTLP_PORT);
        let host = self.collector.host_str().filter(|_| is_jaeger);
        host.map(|host| {
            format!(
                "Jaeger: http://{host}:{JAEGER_PORT}/trace/{}",
                self.trace_id
            )
        })
        .into_iter()
    }
}

/// Sends everything, one payload after another.
///
/// # Errors
///
/// [`AgentError::Collector`] of the first payload that is not taken.
pub(super) async fn forward(
    collector: &Url,
    run: &Run,
    own_spans: &Value,
) -> Result<Forwarded, AgentError> {
    let failed = |reason: String| AgentError::Collector {
        url: collector.clone(),
        reason,
    };
    let url = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
    let http = crate::http::client(collector).timeout(TIMEOUT).build();
    let http = http.map_err(|error| failed(root_cause(&error)))?;
    let server_spans = run.observed.iter();
    let server_spans = server_spans.filter_map(|observed| observed.server_spans.as_ref());
    let received = server_spans.clone().map(spans).sum();
    for payload in server_spans.chain([own_spans]) {
        let answer = http.post(&url).json(payload).send().await;
        let response = answer.map_err(|error| failed(root_cause(&error.without_url())))?;
        if !response.status().is_success() {
            return Err(failed(format!("it answered {}", response.status())));
        }
    }
    Ok(Forwarded {
        forwarded: received + spans(own_spans),
        received,
        url,
        collector: collector.clone(),
        trace_id: run.trace_id,
    })
}
