//! A server further up, which tools call.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::get;
use tokio::net::TcpListener;

/// An HTTP server that remembers the headers it was sent.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Upstream {
    /// Starts the server. `/fail` answers 500, all else 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let remember = Arc::clone(&seen);
        let answer = async move |headers: HeaderMap, uri: Uri| {
            remember.lock().unwrap().push(headers);
            if uri.path() == "/fail" {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::OK
            }
        };
        let router = Router::new().route("/{*path}", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// Where the server is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers of all requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap().clone()
    }
}
