//! `gmail serve`.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::uri::Authority;
use clap::{ArgMatches, Args};
use tokio::net::TcpListener;
use tokio::signal;
use url::Url;

use super::Failure;
use super::access::AccessArgs;
use super::environment::{access_token, simulator_config, tokens};
use super::value::{address, host, http_url};
use crate::client::{AccessToken, Gmail};
use crate::demo::DemoError;
use crate::server;
use crate::simulator::Simulator;

/// The hosts that are always accepted.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDR", value_parser = address)]
    addr: SocketAddr,
    /// Name or address under which clients reach the server, beside localhost, 127.0.0.1 and ::1; repeatable
    ///
    /// Requests whose Host header names anything else are refused, so that a web page cannot reach the server under a
    /// name of its own (DNS rebinding).
    #[arg(long, value_name = "HOST", conflicts_with = "stdio", value_parser = host)]
    allowed_host: Vec<String>,
    /// Serve on standard input and output instead
    #[arg(long, conflicts_with = "addr")]
    stdio: bool,
    #[command(flatten)]
    access: AccessArgs,
    /// Gmail to use, for example https://gmail.googleapis.com, with the token in GMAIL_ACCESS_TOKEN
    #[arg(long, value_name = "URL", value_parser = http_url)]
    gmail_api: Option<Url>,
}

pub(super) async fn serve(args: ServeArgs, given: &ArgMatches) -> Result<(), Failure> {
    args.access.check(args.stdio, given)?;
    // Runs until the server ends; dropped earlier, it would take the mailbox with it.
    let mut simulator = None;
    let gmail = match &args.gmail_api {
        Some(url) => Gmail::with_tokens(
            url.as_str(),
            tokens(!args.stdio && args.access.knows_callers())?,
        ),
        None => {
            let mut config = simulator_config()?;
            if let Some(token) = access_token()? {
                config.access_token = token;
            }
            let token = AccessToken::new(config.access_token.as_str());
            let started = Simulator::start(config)
                .await
                .map_err(|error| DemoError::Simulator(error).to_string());
            let started = simulator.insert(started.map_err(Failure::new)?);
            Gmail::new(&started.url(), token)
        }
    };
    let allowed = args.allowed_host.iter().map(String::as_str);
    let mut builder = server::builder(gmail.map_err(Failure::new)?)
        .allowed_hosts(LOCAL_HOSTS.into_iter().chain(allowed));
    let gmail = match &args.gmail_api {
        Some(url) => url.to_string(),
        None => "simulated".to_owned(),
    };
    if args.stdio || !args.access.enforces_scopes() {
        builder = builder.enforce_scopes(false);
    }
    if args.stdio {
        let server = builder.build().map_err(Failure::new)?;
        return server.serve_stdio().await.map_err(Failure::new);
    }
    // The address comes first: tokens name it.
    let in_use = |error| {
        let address = args.addr;
        Failure::new(format!(
            "cannot listen on {address}: {error}; choose another address with --addr"
        ))
    };
    let listener = TcpListener::bind(args.addr).await.map_err(in_use)?;
    let address = listener.local_addr().map_err(in_use)?;
    let url = reachable(address, &args.allowed_host);
    let mut serving = Serving {
        address,
        url: url.clone(),
        gmail,
        allowed_hosts: args.allowed_host,
        callers: Callers::Anybody,
    };
    // Stops when dropped.
    let mut provider = None;
    if args.access.checks_tokens() {
        let url = url.unwrap_or_else(|| format!("http://{address}/mcp"));
        let (auth, embedded) = args
            .access
            .access(url)
            .protection()
            .await
            .map_err(Failure::new)?;
        serving.callers = match provider.insert(embedded) {
            Some(provider) => Callers::OfThisMachine(provider.issuer().to_owned()),
            None => Callers::WithToken,
        };
        builder = builder.auth(auth);
    }
    let server = builder.build().map_err(Failure::new)?;
    let bound = server.on_listener(listener).map_err(Failure::new)?;
    serving.banner();
    bound.serve_until(interrupted()).await.map_err(Failure::new)
}

/// What there is to say of a server that starts.
struct Serving {
    address: SocketAddr,
    url: Option<String>,
    gmail: String,
    allowed_hosts: Vec<String>,
    callers: Callers,
}

/// Who may call.
enum Callers {
    Anybody,
    /// Whoever signs in at the embedded provider with this issuer.
    OfThisMachine(String),
    WithToken,
}

impl Serving {
    /// On standard error, so that standard output stays free for whoever wants it.
    fn banner(&self) {
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
fn reachable(address: SocketAddr, allowed_hosts: &[String]) -> Option<String> {
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

/// SIGINT, or what else asks the process to end. Where it cannot be listened for, it simply kills the process.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = terminated => {}
        () = interrupted => {}
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
