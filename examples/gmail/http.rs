//! The HTTP client under the example's two sides.

use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

use url::{Host, Url};

/// A client for one service, which talks to this machine directly, whatever proxy is configured.
///
/// Redirects are not followed: none of our peers sends them, and a credential should go where it was meant to.
///
/// # Errors
///
/// If the TLS backend cannot be set up.
pub fn client(base: &Url, timeout: Option<Duration>) -> reqwest::Result<reqwest::Client> {
    install_crypto();
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    if let Some(timeout) = timeout {
        builder = builder.timeout(timeout);
    }
    builder.build()
}

/// Chooses ring for TLS, once: reqwest is built without a provider of its own, and panics if there is none.
fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Fails only if the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}
