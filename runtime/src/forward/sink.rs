//! Where spans are sent, and how.

use std::fmt;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

/// An OTLP/HTTP receiver of traces: a collector, Jaeger, or a vendor.
///
/// # Examples
///
/// ```
/// use glassbox::forward::{Encoding, Sink};
///
/// # fn main() -> Result<(), glassbox::forward::SinkError> {
/// let jaeger = Sink::from_base_url("http://localhost:4318")?;
/// let vendor = Sink::new("https://api.example.com/otel/traces")?
///     .with_name("vendor")
///     .with_encoding(Encoding::Protobuf)
///     .with_gzip(true)
///     .with_header("x-api-key", "secret")?;
/// assert_eq!(jaeger.name(), "http://localhost:4318");
/// # let _ = vendor;
/// # Ok(())
/// # }
/// ```
///
/// # Privacy
///
/// Values of headers, credentials and queries of URLs stand in no message and in no `Debug`.
#[derive(Clone)]
pub struct Sink {
    pub(super) url: Url,
    pub(super) encoding: Encoding,
    pub(super) gzip: bool,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Duration,
    pub(super) client: Option<reqwest::Client>,
    name: Option<String>,
}

/// How spans are written (OTLP/HTTP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_enums, reason = "the set is closed by OTLP/HTTP")]
pub enum Encoding {
    /// `application/json`: the text that the producer wrote, byte for byte.
    #[default]
    Json,
    /// `application/x-protobuf`: the same, converted. Smaller, and what some vendors insist on.
    Protobuf,
}

/// Why there is no such sink. Says nothing of what may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The address is no URL.
    #[error("not a URL: {0}")]
    Url(String),
    /// The address is a URL of something else.
    #[error("not an http or https URL, such as http://localhost:4318")]
    Scheme,
    /// A header's name. Whoever writes `name: value` there has written a secret.
    #[error("not the name of an HTTP header")]
    HeaderName,
    /// A header's value.
    #[error("the value of header {0} holds what no header may hold")]
    HeaderValue(String),
    /// A variable of the environment.
    #[error("{variable} is {problem}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Sink {
    /// How long a request may take unless set otherwise: 10 s (OpenTelemetry, OTLP exporter configuration).
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// A sink at exactly this URL, as in `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    ///
    /// # Errors
    ///
    /// If it is not an `http` or `https` URL.
    pub fn new(url: &str) -> Result<Self, SinkError> {
        let mut url = Url::parse(url).map_err(|error| SinkError::Url(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SinkError::Scheme);
        }
        url.set_fragment(None);
        Ok(Self {
            url,
            encoding: Encoding::default(),
            gzip: false,
            headers: HeaderMap::new(),
            timeout: Self::DEFAULT_TIMEOUT,
            client: None,
            name: None,
        })
    }

    /// A sink at `v1/traces` below this URL, as in `OTEL_EXPORTER_OTLP_ENDPOINT`.
    ///
    /// # Errors
    ///
    /// If it is not an `http` or `https` URL.
    pub fn from_base_url(url: &str) -> Result<Self, SinkError> {
        let mut sink = Self::new(url)?;
        let path = format!("{}/v1/traces", sink.url.path().trim_end_matches('/'));
        sink.url.set_path(&path);
        Ok(sink)
    }

    /// The name in reports and messages. Default: the URL, without `/v1/traces`, credentials and query.
    ///
    /// Sinks that share a URL, say two projects of a vendor, need names that tell them apart.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How spans are written. Default [`Encoding::Json`]: it goes out as it came in, and costs the least.
    #[must_use]
    pub fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Whether requests are compressed. Default no: on the same machine it costs more than it saves.
    #[must_use]
    pub fn with_gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// Adds a header to every request, in place of one of the same name.
    ///
    /// # Errors
    ///
    /// If name or value are not those of an HTTP header.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, SinkError> {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| SinkError::HeaderName)?;
        let mut value =
            HeaderValue::from_str(value).map_err(|_| SinkError::HeaderValue(key.to_string()))?;
        value.set_sensitive(true);
        self.headers.insert(key, value);
        Ok(self)
    }

    /// How long a request may take. Default [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The HTTP client to use, for proxies, certificates and the like. It should not follow redirects, and must not
    /// trace its requests.
    #[must_use]
    pub fn with_client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// The name in reports and messages.
    #[must_use]
    pub fn name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let address = self.address();
        let base = address.as_str().trim_end_matches("/v1/traces");
        base.trim_end_matches('/').to_owned()
    }

    /// The URL without what may be secret in it.
    fn address(&self) -> Url {
        let mut url = self.url.clone();
        url.set_query(None);
        // Fails only where there are no credentials, either.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url
    }

    /// What tells the sink from others in all runs of a program; nothing secret goes into it.
    pub(super) fn identity(&self) -> String {
        let address = self.address();
        let name = self.name.as_deref().unwrap_or_default();
        // FNV-1a: of no use against an attacker, but the same in every version of Rust.
        let bytes = address.as_str().bytes().chain([0]).chain(name.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("Sink")
            .field("name", &self.name())
            .field("url", &self.address().as_str())
            .field("encoding", &self.encoding)
            .field("gzip", &self.gzip)
            .field("headers", &headers)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Encoding {
    /// The media type of requests.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_the_path_to_a_base_url_alone() {
        for (base, url) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://h/otlp/?k=v#f", "https://h/otlp/v1/traces?k=v"),
        ] {
            assert_eq!(Sink::from_base_url(base).unwrap().url.as_str(), url);
            assert_eq!(Sink::new(url).unwrap().url.as_str(), url);
        }
    }

    #[test]
    fn refuses_what_is_no_http_url() {
        for url in [
            "",
            "localhost",
            "localhost:4318",
            "ftp://h",
            "grpc://h:4317",
            "http://",
        ] {
            assert!(Sink::new(url).is_err(), "{url}");
        }
    }

    #[test]
    fn shows_no_secret() {
        let sink = Sink::new("https://user:hunter2@h/v1/traces?token=hunter2")
            .unwrap()
            .with_header("x-key", "hunter2")
            .unwrap();
        let shown = format!("{sink:?} {} {:?}", sink.name(), sink.headers);
        assert!(
            !shown.contains("hunter2") && !shown.contains("user"),
            "{shown}"
        );
        assert!(shown.contains("x-key") && sink.name() == "https://h");
        let error = Sink::new("http://h").unwrap().with_header("k", "hunter2\n");
        assert!(!format!("{:?}", error.unwrap_err()).contains("hunter2"));
    }

    #[test]
    fn is_told_from_others_by_address_and_name() {
        let sink = Sink::new("https://h/v1/traces").unwrap();
        let secret = Sink::new("https://u:p@h/v1/traces?token=1").unwrap();
        assert_eq!(sink.identity(), "3126f1fbd9c36a2b");
        assert_eq!(sink.identity(), secret.identity());
        assert_ne!(sink.identity(), sink.clone().with_name("n").identity());
        assert_ne!(
            sink.identity(),
            Sink::new("https://h/v1").unwrap().identity()
        );
    }
}
