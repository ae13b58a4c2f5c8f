//! A collector that does as it is told.

use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::any;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// An OTLP/HTTP receiver on a real socket that remembers what it was sent.
#[derive(Debug)]
pub struct Collector {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    received: Mutex<Vec<Received>>,
    arrived: Notify,
    script: Mutex<Vec<Reply>>,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Received {
    /// The path and query.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

/// What the collector answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status, headers and a body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Nothing, ever.
    Silence,
    /// The connection is closed in the middle of an answer's head or body.
    Drop,
    /// Success, with a body that never ends.
    Endless,
}

impl Reply {
    /// A status and no more.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new(), Vec::new())
    }

    /// A status, and when to come back.
    #[must_use]
    pub fn retry_after(status: u16, value: &str) -> Self {
        Self::Answer(status, vec![("retry-after", value.to_owned())], Vec::new())
    }

    /// Success with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        let media = vec![("content-type", "application/json".to_owned())];
        Self::Answer(status, media, body.as_bytes().to_vec())
    }
}

impl Received {
    /// The spans' names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let request = self.request();
        let scopes = request
            .resource_spans
            .into_iter()
            .flat_map(|entry| entry.scope_spans);
        scopes
            .flat_map(|scope| scope.spans)
            .map(|span| span.name)
            .collect()
    }

    /// The request, decoded as its content type says.
    #[must_use]
    pub fn request(&self) -> ExportTraceServiceRequest {
        match self.header("content-type") {
            "application/json" => serde_json::from_slice(&self.body).unwrap(),
            "application/x-protobuf" => ExportTraceServiceRequest::decode(&self.body[..]).unwrap(),
            other => panic!("{other}"),
        }
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Collector {
    /// Starts a collector that answers so, one reply after another, and then takes everything.
    pub async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::listen(listener, script)
    }

    /// The same at a socket that is already bound.
    #[must_use]
    pub fn listen(listener: TcpListener, script: impl IntoIterator<Item = Reply>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut script: Vec<_> = script.into_iter().collect();
        script.reverse();
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            arrived: Notify::new(),
            script: Mutex::new(script),
        });
        let router = Router::new()
            .fallback(any(take))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All requests so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Forgets the first so many requests.
    pub fn forget(&self, requests: usize) {
        self.shared.received.lock().unwrap().drain(..requests);
    }

    /// Answers so from here on, and then takes everything.
    pub fn answer(&self, script: impl IntoIterator<Item = Reply>) {
        let mut script: Vec<_> = script.into_iter().collect();
        script.reverse();
        *self.shared.script.lock().unwrap() = script;
    }

    /// Waits until there have been so many requests.
    pub async fn wait_for(&self, requests: usize) {
        let enough = async {
            while self.shared.received.lock().unwrap().len() < requests {
                self.shared.arrived.notified().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), enough).await;
        waited.expect("the collector to be sent more");
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let body = match headers.get("content-encoding") {
        Some(_) => {
            let mut decompressed = Vec::new();
            flate2::read::GzDecoder::new(&body[..])
                .read_to_end(&mut decompressed)
                .unwrap();
            decompressed.into()
        }
        None => body,
    };
    shared
        .received
        .lock()
        .unwrap()
        .push(Received { uri, headers, body });
    shared.arrived.notify_one();
    let reply = shared.script.lock().unwrap().pop();
    match reply {
        None => StatusCode::OK.into_response(),
        Some(Reply::Answer(status, headers, body)) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Some(Reply::Silence) => std::future::pending().await,
        // axum closes a connection whose handler panics; nothing is printed for this payload.
        Some(Reply::Drop) => std::panic::resume_unwind(Box::new("dropped")),
        Some(Reply::Endless) => {
            let chunks = futures_util::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 4096]))
            });
            Response::new(Body::from_stream(chunks))
        }
    }
}
