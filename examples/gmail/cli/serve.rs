//! `gmail serve`.

use std::net::SocketAddr;

use clap::{ArgMatches, Args};
use tokio::net::TcpListener;
use tokio::signal;
use url::Url;

use super::Failure;
use super::access::AccessArgs;
use super::banner::{Callers, LOCAL_HOSTS, Serving, reachable};
use super::environment::{access_token, simulator_config, tokens};
use super::value::{address, host, http_url};
use crate::client::{AccessToken, Gmail};
use crate::demo::DemoError;
use crate::server;
use crate::simulator::Simulator;

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
