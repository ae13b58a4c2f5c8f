//! Options -> forwarder.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::Forwarder;
use super::backlog::Backlog;
use super::queue::{Batching, Bound};
use super::retry::Retries;
use super::sink::Sink;
use super::spool::Spool;
use super::transport::Http;
use super::worker::{Control, Ending, Plan, Worker};

/// The longest of delays: calculations with them must not overflow.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Options of a [`Forwarder`].
///
/// | option | default | because (ours, unless a source is given) |
/// |---|---|---|
/// | [`queue_bytes`](Self::queue_bytes) | 64 MiB a sink | 280 of the largest answers that servers of Glassbox give |
/// | [`queue_spans`](Self::queue_spans) | 100,000 a sink | the same for small spans |
/// | [`batch_bytes`](Self::batch_bytes) | 1 MiB | well below what receivers take, 4 to 20 MiB |
/// | [`batch_spans`](Self::batch_spans) | 2,048 | a fraction of a second's work for a receiver |
/// | [`batch_delay`](Self::batch_delay) | 200 ms | nobody looks at a trace sooner |
/// | [`retry_delays`](Self::retry_delays) | 1 s, doubling up to 30 s | few requests to a collector that has trouble |
/// | [`give_up_after`](Self::give_up_after) | 5 min | what the OpenTelemetry Collector does |
/// | [`spool`](Self::spool) | none | writes to disk are opt-in |
/// | [`spool_bytes`](Self::spool_bytes) | 256 MiB | four full queues |
#[derive(Debug, Clone)]
#[must_use]
pub struct ForwarderBuilder {
    sinks: Vec<Sink>,
    queue: Bound,
    batching: Batching,
    retries: Retries,
    spool: Option<PathBuf>,
    spool_bytes: u64,
}

/// Why a forwarder does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is nowhere to forward to.
    #[error("a forwarder needs a sink")]
    NoSink,
    /// Two sinks of one URL and name: reports and the spool could not tell them apart.
    #[error("there are two sinks {0}; give them names that differ")]
    SameSink(String),
    /// Forwarding happens on tokio.
    #[error("a forwarder starts within a tokio runtime")]
    NoRuntime,
    /// There is no HTTP client.
    #[error("there is no HTTP client for {sink}: {reason}")]
    Client {
        /// The sink's name.
        sink: String,
        /// What is wrong.
        reason: String,
    },
    /// The spool's directory is not there and cannot be made.
    #[error("the spool directory {path} cannot be used")]
    Spool {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
}

impl ForwarderBuilder {
    /// Bytes of OTLP JSON in a sink's queue unless set otherwise.
    pub const DEFAULT_QUEUE_BYTES: usize = 64 * 1024 * 1024;
    /// Spans in a sink's queue unless set otherwise.
    pub const DEFAULT_QUEUE_SPANS: usize = 100_000;
    /// Bytes of OTLP JSON in one request unless set otherwise.
    pub const DEFAULT_BATCH_BYTES: usize = 1024 * 1024;
    /// Spans in one request unless set otherwise.
    pub const DEFAULT_BATCH_SPANS: usize = 2048;
    /// How long a batch waits for more unless set otherwise.
    pub const DEFAULT_BATCH_DELAY: Duration = Duration::from_millis(200);
    /// The first wait before another try unless set otherwise.
    pub const DEFAULT_FIRST_RETRY: Duration = Duration::from_secs(1);
    /// The longest wait before another try unless set otherwise.
    pub const DEFAULT_LONGEST_RETRY: Duration = Duration::from_secs(30);
    /// How long a collector may fail over a batch unless set otherwise.
    pub const DEFAULT_GIVE_UP_AFTER: Duration = Duration::from_secs(5 * 60);
    /// Bytes in the spool's directory unless set otherwise.
    pub const DEFAULT_SPOOL_BYTES: u64 = 256 * 1024 * 1024;

    pub(super) fn new() -> Self {
        Self {
            sinks: Vec::new(),
            queue: Bound {
                bytes: Self::DEFAULT_QUEUE_BYTES,
                spans: Self::DEFAULT_QUEUE_SPANS,
            },
            batching: Batching {
                bound: Bound {
                    bytes: Self::DEFAULT_BATCH_BYTES,
                    spans: Self::DEFAULT_BATCH_SPANS,
                },
                delay: Self::DEFAULT_BATCH_DELAY,
            },
            retries: Retries {
                first: Self::DEFAULT_FIRST_RETRY,
                longest: Self::DEFAULT_LONGEST_RETRY,
                give_up_after: Self::DEFAULT_GIVE_UP_AFTER,
            },
            spool: None,
            spool_bytes: Self::DEFAULT_SPOOL_BYTES,
        }
    }

    /// Adds a sink. Each has a queue of its own, so one that is down does not hold up the others; the text of spans is
    /// shared among them.
    pub fn sink(mut self, sink: Sink) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Bytes of OTLP JSON that may wait for a sink. What comes beyond is lost, and counted.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue.bytes = bytes;
        self
    }

    /// Spans that may wait for a sink. What comes beyond is lost, and counted.
    pub fn queue_spans(mut self, spans: usize) -> Self {
        self.queue.spans = spans;
        self
    }

    /// Bytes of OTLP JSON in one request; a payload that is larger goes alone.
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batching.bound.bytes = bytes;
        self
    }

    /// Spans in one request; a payload that has more goes alone.
    pub fn batch_spans(mut self, spans: usize) -> Self {
        self.batching.bound.spans = spans;
        self
    }

    /// How long a batch that is not full waits for more. A day at most.
    pub fn batch_delay(mut self, delay: Duration) -> Self {
        self.batching.delay = delay.min(DAY);
        self
    }

    /// The first and the longest wait before a request is tried again. A collector's `Retry-After` can make a wait
    /// longer, up to 5 min. A day at most.
    pub fn retry_delays(mut self, first: Duration, longest: Duration) -> Self {
        self.retries.first = first.min(DAY);
        self.retries.longest = longest.min(DAY);
        self
    }

    /// How long a collector that is there may fail over a batch, or not answer, until the batch is lost, and counted.
    /// A collector that cannot be reached is waited for without end.
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.retries.give_up_after = time;
        self
    }

    /// The directory for what cannot be delivered before the end. The next forwarder with such a sink and this
    /// directory sends it. It is made if need be, readable for its owner only.
    pub fn spool(mut self, directory: impl Into<PathBuf>) -> Self {
        self.spool = Some(directory.into());
        self
    }

    /// Bytes that the spool's directory may hold. What comes beyond is lost, and counted.
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.spool_bytes = bytes;
        self
    }

    /// Starts a task for each sink.
    ///
    /// # Errors
    ///
    /// If there is no sink, or two that cannot be told apart, no tokio runtime, no HTTP client, or no spool directory.
    pub fn start(self) -> Result<Forwarder, StartError> {
        if self.sinks.is_empty() {
            return Err(StartError::NoSink);
        }
        let mut known = HashSet::new();
        if let Some(sink) = self
            .sinks
            .iter()
            .find(|sink| !known.insert(sink.identity()))
        {
            return Err(StartError::SameSink(sink.name()));
        }
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let (sender, control) = watch::channel(Control::Run);
        let workers: Vec<_> = self
            .sinks
            .iter()
            .map(|sink| self.worker(sink, &control))
            .collect::<Result<_, _>>()?;
        drop(control);
        let backlogs = workers
            .iter()
            .map(|worker| Arc::clone(&worker.ending.backlog))
            .collect();
        let forwarder = Forwarder::new(backlogs, sender);
        for worker in workers {
            runtime.spawn(worker.run());
        }
        Ok(forwarder)
    }

    fn worker(
        &self,
        sink: &Sink,
        control: &watch::Receiver<Control>,
    ) -> Result<Worker<Http>, StartError> {
        let transport = Http::new(sink).map_err(|reason| StartError::Client {
            sink: sink.name(),
            reason,
        })?;
        let max_file_bytes = u64::try_from(self.queue.bytes).unwrap_or(u64::MAX);
        let open = |path: &PathBuf| {
            Spool::open(path, sink.identity(), self.spool_bytes, max_file_bytes).map_err(|source| {
                StartError::Spool {
                    path: path.clone(),
                    source,
                }
            })
        };
        Ok(Worker {
            transport,
            plan: Plan {
                batching: self.batching,
                retries: self.retries,
                encoding: sink.encoding,
                gzip: sink.gzip,
            },
            control: control.clone(),
            pending: None,
            ending: Ending {
                spool: self.spool.as_ref().map(open).transpose()?,
                backlog: Arc::new(Backlog::new(sink.name(), self.queue)),
                batching: self.batching,
                _done: control.clone(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::OtlpPayload;

    /// The examples build reqwest without a provider for TLS, and all members of a workspace share one build: so one is
    /// chosen here.
    fn sink(url: &str) -> Sink {
        // Fails only if there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Sink::new(url)
            .unwrap()
            .with_client(reqwest::Client::builder().build().unwrap())
    }

    #[test]
    fn says_why_it_does_not_start() {
        let builder = ForwarderBuilder::new;
        let error = |builder: ForwarderBuilder| builder.start().unwrap_err().to_string();
        assert_eq!(error(builder()), "a forwarder needs a sink");
        let twice = builder().sink(sink("http://h")).sink(sink("http://h"));
        assert!(error(twice).starts_with("there are two sinks http://h;"));
        let outside = builder().sink(sink("http://h"));
        assert_eq!(error(outside), "a forwarder starts within a tokio runtime");
    }

    #[tokio::test]
    async fn any_number_is_taken() {
        let huge = ForwarderBuilder::new()
            .sink(sink("http://127.0.0.1:9").with_timeout(Duration::MAX))
            .queue_bytes(usize::MAX)
            .queue_spans(usize::MAX)
            .batch_bytes(usize::MAX)
            .batch_spans(usize::MAX)
            .batch_delay(Duration::MAX)
            .retry_delays(Duration::MAX, Duration::MAX)
            .give_up_after(Duration::MAX);
        let none = ForwarderBuilder::new()
            .sink(sink("http://127.0.0.1:9").with_timeout(Duration::ZERO))
            .queue_bytes(0)
            .queue_spans(0)
            .batch_bytes(0)
            .batch_spans(0)
            .batch_delay(Duration::ZERO)
            .retry_delays(Duration::ZERO, Duration::ZERO)
            .give_up_after(Duration::ZERO);
        for (builder, waits) in [(huge, 1), (none, 0)] {
            let forwarder = builder.start().unwrap();
            forwarder.forward(OtlpPayload::new("{}", 1));
            assert_eq!(forwarder.report().sinks()[0].queued, waits);
            tokio::task::yield_now().await;
            let report = forwarder.shutdown(Duration::ZERO).await;
            assert_eq!((report.lost(), report.sinks()[0].total()), (1, 1));
        }
    }

    #[tokio::test]
    async fn a_spool_that_is_no_directory_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let builder = ForwarderBuilder::new().sink(sink("http://h"));
        let error = builder.spool(file.path()).start().unwrap_err();
        assert!(matches!(error, StartError::Spool { .. }));
    }
}
