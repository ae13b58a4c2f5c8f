//! One request over HTTP.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use super::answer::{Answer, Failure, MAX_ANSWER_BYTES, shown};
use super::sink::{Encoding, Sink};

/// How long connecting may take: shorter than a request, so that it is known whether the collector is there at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends a body, and says what came back.
pub(super) trait Transport: Send + Sync + 'static {
    fn post(&self, body: Bytes) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

/// A sink's address, headers and client.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
    encoding: Encoding,
}

impl Http {
    /// # Errors
    ///
    /// If there is no client of the sink's own and none can be made.
    pub(super) fn new(sink: &Sink) -> Result<Self, String> {
        let client = match &sink.client {
            Some(client) => client.clone(),
            None => client(sink.timeout)?,
        };
        let mut headers = HeaderMap::new();
        let agent = concat!("glassbox/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let own = sink.headers.iter();
        headers.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        let content_type = HeaderValue::from_static(sink.encoding.content_type());
        headers.insert(CONTENT_TYPE, content_type);
        headers.remove(CONTENT_ENCODING);
        if sink.gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self {
            client,
            url: sink.url.clone(),
            headers,
            timeout: sink.timeout,
            encoding: sink.encoding,
        })
    }

    async fn read(&self, mut response: Response) -> Answer {
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let retry_after = text(RETRY_AFTER);
        let encoding = match text(CONTENT_TYPE) {
            Some(media) if media.starts_with(Encoding::Json.content_type()) => Encoding::Json,
            Some(media) if media.starts_with(Encoding::Protobuf.content_type()) => {
                Encoding::Protobuf
            }
            _ => self.encoding,
        };
        let status = response.status();
        let mut body = Vec::new();
        // The status says enough if the rest is too long, too slow or cut off: what was taken must not be sent twice.
        while let Ok(Some(chunk)) = response.chunk().await {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                body.clear();
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Answer {
            status,
            retry_after,
            encoding,
            body,
        }
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        match () {
            () if error.is_connect() => Failure::Unreachable(cause(error)),
            () if error.is_timeout() => Failure::Timeout(self.timeout),
            () => Failure::Broken(cause(error)),
        }
    }
}

impl Transport for Http {
    async fn post(&self, body: Bytes) -> Result<Answer, Failure> {
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .timeout(self.timeout)
            .body(body);
        match request.send().await {
            Ok(response) => Ok(self.read(response).await),
            Err(error) => Err(self.failure(&error)),
        }
    }
}

/// A client that follows no redirect: spans go where they were meant to go.
fn client(timeout: Duration) -> Result<Client, String> {
    let builder = Client::builder()
        .redirect(Policy::none())
        .connect_timeout(timeout.min(CONNECT_TIMEOUT));
    // Built for a TLS library that the process has not installed, reqwest panics.
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(built) => built.map_err(|error| cause(&error)),
        Err(_) => Err("no provider for TLS is installed".to_owned()),
    }
}

/// What lies at the bottom of an error, without the URL.
fn cause(error: &reqwest::Error) -> String {
    let Some(mut source) = error.source() else {
        return match () {
            () if error.is_timeout() => "timed out".to_owned(),
            () => "the request cannot be made".to_owned(),
        };
    };
    while let Some(next) = source.source() {
        source = next;
    }
    match source.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(
            kind @ (io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::TimedOut),
        ) => kind.to_string(),
        _ => shown(&source.to_string()),
    }
}
