//! What a server says when it starts.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::uri::Authority;

use crate::server;

/// The hosts that are always accepted.
pub(super) const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What there is to say of a server that starts.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    pub(super) url: Option<String>,
    pub(super) gmail: String,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) callers: Callers,
}

/// Who may call.
pub(super) enum Callers {
    Anybody,
    /// Whoever signs in at the embedded provider with this issuer.
    OfThisMachine(String),
    WithToken,
}

impl Serving {
    /// On standard error, so that standard output stays free for whoever wants it.
    pub(super) fn banner(&self) {
        let mut stderr = io::stderr();
        let (name, gmail) = (server::SERVICE_NAME, &self.gmail);
        let _ = match &self.url {
            Some(url) => writeln!(stderr, "{name} at {url} (Gmail: {gmail})"),
            None => writeln!(stderr, "{name} on {} (Gmail: {gmail})", self.address),
        };
        let _ = match &self.callers {
            Callers::OfThisMachine(issuer) => {
                writeln!(
                    stderr,
                    "Callers sign in at {issuer}, as a demo user, on this machine only."
                )
            }
            Callers::Anybody | Callers::WithToken => Ok(()),
        };
        self.warn(&mut stderr);
        let hint = match &self.url {
            Some(url) => format!("Try: gmail agent --detailed --server-url {url}"),
            None => format!(
                "No client gets in without --allowed-host {}",
                self.address.ip()
            ),
        };
        let _ = writeln!(stderr, "Ctrl-C stops it. {hint}");
    }

    fn warn(&self, stderr: &mut io::Stderr) {
        if self.address.ip().is_loopback() || !matches!(self.callers, Callers::Anybody) {
            return;
        }
        let _ = writeln!(
            stderr,
            "warning: with --auth none, whoever reaches this address can read and send mail"
        );
        if self.allowed_hosts.is_empty() {
            let _ = writeln!(
                stderr,
                "note: only requests to this machine's own name (localhost, 127.0.0.1, ::1) are accepted, which stops web \
                 pages but nobody who makes up a Host header; --allowed-host <HOST> adds names"
            );
        }
    }
}

/// The MCP endpoint under a name that is accepted, if there is one at this address.
pub(super) fn reachable(address: SocketAddr, allowed_hosts: &[String]) -> Option<String> {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let allowed = allowed_hosts.iter().map(String::as_str);
    let authority = if LOCAL_HOSTS
        .into_iter()
        .chain(allowed)
        .any(|host| host == ip.to_string())
    {
        SocketAddr::new(ip, address.port()).to_string()
    } else {
        with_port(allowed_hosts.first()?, address.port())
    };
    Some(format!("http://{authority}/mcp"))
}

/// A host as it stands in a URL: IPv6 in brackets, and with this port unless it has one.
fn with_port(host: &str, port: u16) -> String {
    match host.parse::<Ipv6Addr>() {
        Ok(ip) => SocketAddr::from((ip, port)).to_string(),
        Err(_) => match host.parse::<Authority>() {
            Ok(authority) if authority.port().is_some() => host.to_owned(),
            _ => format!("{host}:{port}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_names_a_url_that_is_accepted() {
        let url = |address: &str, hosts: &[&str]| {
            let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
            reachable(address.parse().unwrap(), &hosts).unwrap_or_default()
        };
        assert_eq!(url("127.0.0.1:80", &[]), "http://127.0.0.1:80/mcp");
        assert_eq!(url("0.0.0.0:80", &[]), "http://127.0.0.1:80/mcp");
        assert_eq!(url("[::]:80", &["a.example"]), "http://[::1]:80/mcp");
        assert_eq!(url("192.0.2.1:80", &[]), "");
        assert_eq!(
            url("192.0.2.1:80", &["192.0.2.1"]),
            "http://192.0.2.1:80/mcp"
        );
        assert_eq!(
            url("192.0.2.1:80", &["a.example"]),
            "http://a.example:80/mcp"
        );
        assert_eq!(
            url("192.0.2.1:80", &["a.example:9"]),
            "http://a.example:9/mcp"
        );
        assert_eq!(
            url("[2001:db8::2]:80", &["2001:db8::1"]),
            "http://[2001:db8::1]:80/mcp"
        );
    }
}
