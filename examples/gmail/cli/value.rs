//! What stands on the command line, as values.

use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use axum::http::uri::Authority;
use url::Url;

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text
        .to_socket_addrs()
        .map_err(|_| "give a host and a port, for example 127.0.0.1:8000")?;
    addresses
        .next()
        .ok_or_else(|| "the host has no address".to_owned())
}

pub(super) fn host(text: &str) -> Result<String, String> {
    let is_authority = |text: &str| {
        text.parse::<Authority>()
            .is_ok_and(|authority| !authority.host().is_empty() && !text.contains('@'))
    };
    if text.parse::<Ipv6Addr>().is_ok() || is_authority(text) {
        Ok(text.to_owned())
    } else {
        Err("give a host name or an address, for example mail.example.com".to_owned())
    }
}

pub(super) fn http_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("give a URL that begins with http:// or https://".to_owned()),
    }
}

/// Such a URL as the text that was given: names of servers are compared byte by byte.
pub(super) fn http_text(text: &str) -> Result<String, String> {
    http_url(text).map(|_| text.to_owned())
}
