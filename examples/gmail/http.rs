//! The HTTP client under the example's two sides.

use std::net::IpAddr;
use std::sync::Once;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use url::{Host, Url};

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
