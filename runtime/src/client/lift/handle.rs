//! The handle that makes transports.

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::{AsyncRwTransport, DEFAULT_MAX_LINE_LENGTH};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use tokio::io::{AsyncRead, AsyncWrite};

use super::counts::{Counters, Findings, LiftCounts};
use super::http::LiftingHttpClient;
use super::reader::LiftingReader;
use super::scan::Lifter;

/// Bytes of telemetry that are taken from one answer by default: 16 MiB, as
/// much as a stock rmcp client takes of a whole answer.
pub const DEFAULT_MAX_TELEMETRY_BYTES: usize = 16 * 1024 * 1024;

/// A transport over a pair of streams whose answers are lifted.
pub type StdioTransport<R, W> = AsyncRwTransport<RoleClient, LiftingReader<R>, W>;

/// Makes transports for rmcp clients that cut telemetry out of answers.
///
/// Clones share their counters.
#[derive(Clone, Debug)]
pub struct Lift {
    max_telemetry_bytes: usize,
    counters: Arc<Counters>,
}

impl Default for Lift {
    fn default() -> Self {
        Self::new()
    }
}

impl Lift {
    /// Lifts with the default bound.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_telemetry_bytes: DEFAULT_MAX_TELEMETRY_BYTES,
            counters: Arc::default(),
        }
    }

    /// Takes telemetry of at most so many bytes from one answer (SEP-2448 C04;
    /// default [`DEFAULT_MAX_TELEMETRY_BYTES`]). Larger telemetry is counted
    /// and dropped as it comes in; the answer arrives.
    #[must_use]
    pub fn with_max_telemetry_bytes(mut self, bytes: usize) -> Self {
        self.max_telemetry_bytes = bytes;
        self
    }

    /// What was found in all answers so far.
    #[must_use]
    pub fn counts(&self) -> LiftCounts {
        self.counters.counts()
    }

    /// A Streamable HTTP transport to the server at `url`, with rmcp's defaults.
    pub fn http(
        &self,
        client: reqwest::Client,
        url: impl Into<Arc<str>>,
    ) -> StreamableHttpClientTransport<LiftingHttpClient> {
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        StreamableHttpClientTransport::with_client(self.http_client(client), config)
    }

    /// The HTTP client for an rmcp transport of your own configuration, or for
    /// rmcp's `AuthClient`.
    ///
    /// What remains of an answer is subject to the limits of the transport, as
    /// ever; the telemetry is not counted.
    #[must_use]
    pub fn http_client(&self, client: reqwest::Client) -> LiftingHttpClient {
        LiftingHttpClient::new(self.clone(), client)
    }

    /// A transport over the output and the input of a server's process, or any
    /// other pair of streams with one message a line.
    ///
    /// rmcp drops lines that are over its limit, and the call then waits for
    /// ever. The limit is raised by what lifted telemetry can take.
    pub fn stdio<R, W>(&self, reader: R, writer: W) -> StdioTransport<R, W>
    where
        R: AsyncRead + Send + Unpin,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        AsyncRwTransport::new(self.reader(reader), writer)
            .with_max_line_length(self.max_line_length())
    }

    /// The reader of [`stdio`](Self::stdio), for a transport that is put
    /// together by hand. Give that a limit of
    /// [`max_line_length`](Self::max_line_length).
    pub fn reader<R>(&self, reader: R) -> LiftingReader<R> {
        LiftingReader::new(self.clone(), reader)
    }

    /// Bytes of the longest line that a [`reader`](Self::reader) can make of a
    /// line whose other parts are within rmcp's limit.
    #[must_use]
    pub fn max_line_length(&self) -> usize {
        // The text is one JSON string: at worst every byte needs a backslash.
        let telemetry = self.max_telemetry_bytes.saturating_mul(2);
        DEFAULT_MAX_LINE_LENGTH
            .saturating_add(telemetry)
            .saturating_add(MAX_ENVELOPE_BYTES)
    }

    pub(super) fn lifter(&self) -> Lifter {
        Lifter::new(self.max_telemetry_bytes)
    }

    pub(super) fn count(&self, findings: Findings) {
        self.counters.add(findings);
    }
}

/// Bytes of an envelope around its text, rounded up.
const MAX_ENVELOPE_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_their_counters() {
        let lift = Lift::new();
        let clone = lift.clone().with_max_telemetry_bytes(1);
        let mut findings = Findings::default();
        findings.telemetry(Ok(1));
        clone.count(findings);
        assert_eq!(lift.counts().lifted, 1);
    }
}
