//! Where the spans go: the server's as they came, and the agent's own beside them.

use glassbox::forward::{Encoding, Forwarder, Sink, SinkError, StartError};
use opentelemetry::trace::TraceId;
use url::Url;

use super::error::AgentError;
use crate::client::root_cause;

/// Where Jaeger takes OTLP/HTTP, and where its UI is.
const OTLP_PORT: u16 = 4318;
const JAEGER_PORT: u16 = 16686;

/// Galileo's endpoint, if no other is given.
const GALILEO_URL: &str = "https://app.galileo.ai/api/galileo/otel/traces";
/// Galileo's log stream, if no other is given.
const GALILEO_LOG_STREAM: &str = "default";

/// What Galileo is to be told. Values come from the environment.
#[derive(Clone)]
#[non_exhaustive]
pub struct Galileo {
    /// `GALILEO_API_KEY`.
    pub api_key: String,
    /// `GALILEO_PROJECT`.
    pub project: Option<String>,
    /// `GALILEO_LOG_STREAM`.
    pub log_stream: Option<String>,
    /// `GALILEO_OTLP_ENDPOINT`.
    pub url: Option<String>,
}

impl Galileo {
    /// Sends to Galileo's own endpoint.
    #[must_use]
    pub fn new(api_key: impl Into<String>) -> Self {
        Self {
            api_key: api_key.into(),
            project: None,
            log_stream: None,
            url: None,
        }
    }

    /// Galileo as a sink: OTLP/HTTP with protobuf, and three headers.
    ///
    /// # Errors
    ///
    /// If the URL is none, or a value cannot stand in a header.
    pub fn sink(&self) -> Result<Sink, SinkError> {
        let log_stream = self.log_stream.as_deref().unwrap_or(GALILEO_LOG_STREAM);
        let sink = Sink::new(self.url.as_deref().unwrap_or(GALILEO_URL));
        let sink = sink
            .map_err(|_| SinkError::Variable {
                variable: "GALILEO_OTLP_ENDPOINT",
                problem: "not an http or https URL",
            })?
            .with_name("Galileo")
            .with_encoding(Encoding::Protobuf)
            .with_gzip(true)
            .with_header("Galileo-API-Key", &self.api_key)?
            .with_header("logstream", log_stream)?;
        match &self.project {
            Some(project) => sink.with_header("project", project),
            None => Ok(sink),
        }
    }
}

impl std::fmt::Debug for Galileo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Galileo")
            .field("project", &self.project)
            .field("log_stream", &self.log_stream)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A sink at a collector, which talks to this machine directly whatever proxy is configured.
///
/// # Errors
///
/// [`AgentError::Sink`].
pub(super) fn collector(url: &Url) -> Result<Sink, AgentError> {
    let http = crate::http::client(url).build();
    let http = http.map_err(|error| AgentError::Sink(root_cause(&error)))?;
    Ok(Sink::from_base_url(url.as_str())?.with_client(http))
}

/// Starts to forward; `None` if there is nowhere to forward to.
///
/// # Errors
///
/// [`AgentError::Sink`].
pub(super) fn start(options: &super::AgentOptions) -> Result<Option<Forwarder>, AgentError> {
    let mut builder = Forwarder::builder();
    let collector = options.collector.as_ref().map(collector).transpose()?;
    // One that the environment names, too, is one sink: the environment's, which may have headers for it.
    let is_new = |sink: &Sink| {
        let mut others = options.sinks.iter();
        others.all(|other| other.name() != sink.name())
    };
    let collector = collector.filter(is_new);
    let sinks: Vec<_> = collector.into_iter().chain(options.sinks.clone()).collect();
    if sinks.is_empty() {
        return Ok(None);
    }
    for sink in sinks {
        builder = builder.sink(sink);
    }
    if let Some(directory) = &options.spool {
        builder = builder.spool(directory);
    }
    let forwarder = builder.start().map_err(|error| {
        AgentError::Sink(match &error {
            StartError::Spool { source, .. } => format!("{error}: {source}"),
            error => root_cause(error),
        })
    });
    forwarder.map(Some)
}

/// Where a trace can be looked at, if the collector listens where Jaeger does.
pub(super) fn jaeger_link(collector: &Url, trace: TraceId) -> Option<String> {
    let is_jaeger = collector.port_or_known_default() == Some(OTLP_PORT);
    let host = collector.host_str().filter(|_| is_jaeger)?;
    Some(format!("http://{host}:{JAEGER_PORT}/trace/{trace}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_jaegers_ui() {
        let link = |url: &str| jaeger_link(&url.parse().unwrap(), TraceId::from(1_u128));
        assert_eq!(
            link("http://jaeger:4318").unwrap(),
            "http://jaeger:16686/trace/00000000000000000000000000000001"
        );
        assert_eq!(link("https://collector.example"), None);
    }

    #[test]
    fn galileos_key_is_in_no_debug() {
        let galileo = Galileo::new("canary");
        assert!(!format!("{galileo:?}{:?}", galileo.sink()).contains("canary"));
    }
}
