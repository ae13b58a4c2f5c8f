//! HTTP clients.

use std::sync::Once;

/// An HTTP client. The examples build reqwest without a provider for TLS, and
/// all members of a workspace share one build: so one is chosen here.
#[must_use]
pub fn client() -> reqwest::Client {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Fails only if there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("an HTTP client")
}
