//! The HTTP client under the example's two sides.

use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use url::{Host, Url};

/// How long an authorization server may take for an answer.
pub(crate) const OAUTH_TIMEOUT: Duration = Duration::from_secs(30);

/// The beginnings of a client for one service, which talks to this machine directly, whatever proxy is configured.
///
/// Redirects are not followed: none of our peers sends them, and a credential should go where it was meant to.
pub fn client(base: &Url) -> ClientBuilder {
    install_crypto();
    let builder = reqwest::Client::builder().redirect(Policy::none());
    if is_loopback(base) {
        builder.no_proxy()
    } else {
        builder
    }
}

/// Chooses ring for TLS, once: reqwest is built without a provider of its own, and panics if there is none.
pub(crate) fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Fails only if the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Why the body of an answer was not read to its end.
pub(crate) enum BodyError {
    /// It is larger than it may be.
    TooLarge,
    /// The connection was lost.
    Lost(reqwest::Error),
}

/// The body of an answer, of at most so many bytes.
pub(crate) async fn body(
    response: &mut reqwest::Response,
    max_bytes: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Lost)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}
