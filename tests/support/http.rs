//! HTTP clients.

use std::sync::Once;

use reqwest::header::{HeaderName, HeaderValue};

/// An HTTP client. The examples build reqwest without a provider for TLS, and
/// all members of a workspace share one build: so one is chosen here.
#[must_use]
pub fn client() -> reqwest::Client {
    client_with([])
}

/// An HTTP client that sends these headers with every request.
#[must_use]
pub fn client_with(
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> reqwest::Client {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Fails only if there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .default_headers(headers.into_iter().collect())
        .build()
        .expect("an HTTP client")
}
