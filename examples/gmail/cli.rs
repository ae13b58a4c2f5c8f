//! The command line.

use std::env::{self, VarError};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use axum::http::uri::Authority;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use glassbox::PassbackRequest;
use glassbox::forward::{Sink, SinkError};
use glassbox::render::printable;
use glassbox::tokens::{Arcade, FixedToken, RefreshingToken, SecretString, Tokens};
use tokio::net::TcpListener;
use tokio::signal;
use url::Url;

use crate::access::Access;
use crate::agent::{self, AgentError, AgentOptions, DEFAULT_QUERY, Galileo};
use crate::call::CallError;
use crate::client::{AccessToken, Gmail};
use crate::demo::{self, DemoError};
use crate::model::ModelOptions;
use crate::page::Page;
use crate::screen::{Screen, cut};
use crate::server;
use crate::sign_in::{SignIn, TokenCache, Visit};
use crate::simulator::{Simulator, SimulatorConfig};

const USAGE: u8 = 2;
/// The hosts that are always accepted.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Where Google refreshes tokens.
const GOOGLE_TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// What Arcade asks the user to allow.
const GMAIL_SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://www.googleapis.com/auth/gmail.send",
];
/// Columns of an error: a few lines of a terminal.
const MAX_MESSAGE: usize = 400;

const ABOUT: &str =
    "See inside an MCP tool call: a Gmail server whose spans come back to its client (SEP-2448)";

const LONG_ABOUT: &str = "\
See inside an MCP tool call: a Gmail server whose spans come back to its client (SEP-2448).

Without a command it runs the demo: a simulated Gmail, the MCP server and an agent in one process, and the same call \
first as a black box, then with the server's spans.";

const ENVIRONMENT: &str = "\
Environment of the server:
  GMAIL_ACCESS_TOKEN   OAuth access token for Gmail. With --gmail-api one of these is needed, and the first is used
  ARCADE_API_KEY       Arcade's key: it keeps Gmail's tokens, and asks the user (ARCADE_USER_ID; ARCADE_API_URL)
  GOOGLE_REFRESH_TOKEN OAuth refresh token for Gmail (GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET; GOOGLE_TOKEN_URL)
  GMAIL_ISSUER         Authorization servers whose tokens are taken; with it GMAIL_RESOURCE, GMAIL_AUDIENCE,
                       GMAIL_SCOPES, GMAIL_JWKS_URI and GMAIL_IDENTITY_CLAIM. See serve --help
  GMAIL_SIM_LATENCY    Factor on the simulator's latencies: 1 is about Gmail's (default), 0 is none
  GMAIL_SIM_FAIL       HTTP status that every simulated Gmail call fails with, for example 500

Environment of the agent:
  OPENAI_API_KEY       Key of the model's API. Without it and OPENAI_BASE_URL the model is a script in this process
  OPENAI_BASE_URL      Any OpenAI-compatible chat-completions API (default: https://api.openai.com/v1)
  OPENAI_MODEL         Model to ask there; it has to be able to call tools (default: gpt-5.4-mini)
  OPENAI_REASONING_EFFORT  none, minimal, low, medium, high, xhigh or max (default: the model's own)
  GMAIL_TOKEN_CACHE    Directory where sign-ins are kept; for who it is there GMAIL_CLIENT_ID or
                       GMAIL_CLIENT_METADATA_URL. See agent --help

Where the agent sends the spans, besides --collector:
  OTEL_EXPORTER_OTLP_ENDPOINT         OTLP/HTTP receiver for the spans, for example http://localhost:4318
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT  The same, with the path: http://localhost:4318/v1/traces
  OTEL_EXPORTER_OTLP_HEADERS          Headers for it: name=value,name=value
  OTEL_EXPORTER_OTLP_PROTOCOL         http/protobuf (default) or http/json
  OTEL_EXPORTER_OTLP_COMPRESSION      gzip or none (default)
  OTEL_EXPORTER_OTLP_TIMEOUT          Milliseconds a request may take (default: 10000)
  GALILEO_API_KEY                     Sends the spans to Galileo, too
  GALILEO_PROJECT                     Project there
  GALILEO_LOG_STREAM                  Log stream there (default: default)
  GALILEO_OTLP_ENDPOINT               (default: https://app.galileo.ai/api/galileo/otel/traces)

Environment of the output:
  NO_COLOR             If set, no colours
  COLUMNS              Columns, 40 to 200 (default: the terminal's, or 80)";

#[derive(Debug, Parser)]
#[command(name = "gmail", version, about = ABOUT, long_about = LONG_ABOUT, after_help = ENVIRONMENT)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve Gmail over MCP
    ///
    /// Over Streamable HTTP at http://ADDR/mcp, or over standard input and output. The Gmail behind it is simulated
    /// unless --gmail-api names a real one.
    #[command(after_help = ENVIRONMENT)]
    Serve(ServeArgs),
    /// Ask a model that has a server's tools, and see inside its calls
    ///
    /// A ReAct agent: the model reads QUERY and the tools that the server lists, asks for calls, reads their results and
    /// answers. Below the answer is the tree of all of it, with what happened inside the server.
    ///
    /// With OPENAI_API_KEY or OPENAI_BASE_URL the model is a real one. Without them it is a script that answers over the
    /// same API: it lists emails (the first number of QUERY is how many, words with a Gmail operator such as from:grace,
    /// is:unread, -label:travel are the search), and sends one (Send "Lunch?" to grace@example.org saying "At noon?").
    #[command(after_help = ENVIRONMENT)]
    Agent(AgentArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Auth {
    /// Clients with an OAuth 2.1 access token
    Oauth,
    /// Anybody who can reach the address
    None,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Who may call")]
struct AccessArgs {
    /// Who may call over HTTP [default: oauth]
    #[arg(long, value_enum, conflicts_with = "stdio")]
    auth: Option<Auth>,
    /// Authorization server whose tokens are taken, as it calls itself; repeatable. Default: one in this process, for this
    /// machine and a demo user
    #[arg(long, value_name = "URL", env = "GMAIL_ISSUER", value_delimiter = ' ', value_parser = http_url)]
    issuer: Vec<Url>,
    /// URL of this server, as tokens name it (default: the URL in the first line)
    #[arg(long, value_name = "URL", env = "GMAIL_RESOURCE", value_parser = http_url)]
    resource: Option<Url>,
    /// Another name of this server in tokens (`aud`); repeatable
    #[arg(
        long,
        value_name = "AUDIENCE",
        env = "GMAIL_AUDIENCE",
        value_delimiter = ' ',
        requires = "issuer"
    )]
    audience: Vec<String>,
    /// Scopes that every call needs; repeatable
    #[arg(
        long,
        value_name = "SCOPES",
        env = "GMAIL_SCOPES",
        value_delimiter = ' ',
        requires = "issuer"
    )]
    scopes: Vec<String>,
    /// Where the issuer's keys are, if its metadata do not tell
    #[arg(long, value_name = "URL", env = "GMAIL_JWKS_URI", requires = "issuer", value_parser = http_url)]
    jwks_uri: Option<Url>,
    /// Claim that says who calls, such as email (default: sub)
    #[arg(
        long,
        value_name = "CLAIM",
        env = "GMAIL_IDENTITY_CLAIM",
        requires = "issuer"
    )]
    identity_claim: Option<String>,
}

impl AccessArgs {
    fn access(self, default: String) -> Access {
        let resource = self.resource.map_or(default, String::from);
        let mut access = Access::embedded(resource);
        // An issuer's name is compared as text: it has no slash at its end that it was not given.
        access.issuers = self.issuer.iter().map(issuer).collect();
        access.jwks_uri = self.jwks_uri;
        access.audiences = self.audience;
        access.scopes = self.scopes;
        access.identity_claim = self.identity_claim;
        access
    }
}

/// An issuer without a path, as servers call themselves: without the slash that URLs get.
fn issuer(url: &Url) -> String {
    let text = url.as_str();
    match url.path() {
        "/" => text.trim_end_matches('/').to_owned(),
        _ => text.to_owned(),
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Signing in, if the server asks for it")]
struct SignInArgs {
    /// Show the page for signing in, and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Directory where sign-ins are kept (default: glassbox-gmail/sign-ins in the user's directory for configuration)
    #[arg(long, value_name = "DIR", env = "GMAIL_TOKEN_CACHE")]
    token_cache: Option<PathBuf>,
    /// The id that the authorization server has given to this agent (default: it registers)
    #[arg(long, value_name = "ID", env = "GMAIL_CLIENT_ID")]
    client_id: Option<String>,
    /// The URL of this agent's metadata document, as its id where that is supported
    #[arg(long, value_name = "URL", env = "GMAIL_CLIENT_METADATA_URL", value_parser = http_url)]
    client_metadata_url: Option<Url>,
    /// Seconds that a person may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = value_parser!(u64).range(1..=3600))]
    sign_in_timeout: u64,
}

impl SignInArgs {
    fn sign_in(self) -> SignIn {
        let mut sign_in = SignIn::default();
        if self.no_browser {
            sign_in.visit = Visit::Print;
        }
        let named = self.token_cache.map(TokenCache::new);
        sign_in.cache = named.or_else(TokenCache::of_user);
        sign_in.client_id = self.client_id;
        sign_in.client_metadata_url = self.client_metadata_url.map(String::from);
        sign_in.timeout = Duration::from_secs(self.sign_in_timeout);
        sign_in
    }
}

#[derive(Debug, Args)]
struct AgentArgs {
    /// What to ask
    #[arg(default_value = DEFAULT_QUERY)]
    query: String,
    /// Ask for the whole tree of spans, not only its top level
    #[arg(long, conflicts_with = "no_passback")]
    detailed: bool,
    /// Ask for no spans: the server is a black box
    #[arg(long)]
    no_passback: bool,
    /// MCP endpoint of the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000/mcp", value_parser = http_url)]
    server_url: Url,
    /// OTLP/HTTP receiver for the spans, for example http://localhost:4318
    #[arg(long, value_name = "URL", value_parser = http_url)]
    collector: Option<Url>,
    /// Directory for spans that cannot be delivered now; the next run with it sends them
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    sign_in: SignInArgs,
}

#[derive(Debug, Args)]
struct PageArgs {
    /// Write the trace as a web page to this file (default: a new file in the temporary directory)
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Write no web page
    #[arg(long, conflicts_with = "page")]
    no_page: bool,
}

impl PageArgs {
    fn page(self) -> Option<Page> {
        match (self.page, self.no_page) {
            (_, true) => None,
            (Some(path), false) => Some(Page::File(path)),
            (None, false) => Some(Page::Temporary),
        }
    }
}

/// Runs the command line, and says how it went.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => run_demo(cli.page.page()).await,
        Some(Command::Serve(args)) => serve(args).await,
        Some(Command::Agent(args)) => run_agent(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The message may quote a server. If it cannot be written, there is nobody left to tell.
            let message = cut(&printable(&failure.message), MAX_MESSAGE);
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::from(failure.code)
        }
    }
}

/// One clear line, and what the process ends with.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
    fn new(message: impl ToString) -> Self {
        Self {
            code: 1,
            message: message.to_string(),
        }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            message: message.into(),
        }
    }
}

/// A reader that went away (`| head`) has seen what it wanted.
fn unless_unread(error: &io::Error) -> Option<()> {
    (error.kind() == io::ErrorKind::BrokenPipe).then_some(())
}

async fn run_demo(page: Option<Page>) -> Result<(), Failure> {
    let config = simulator_config()?;
    let screen = Screen::of_stdout();
    match demo::run(config, page.as_ref(), screen, &mut io::stdout()).await {
        Err(DemoError::Output(error)) if unless_unread(&error).is_some() => Ok(()),
        other => other.map_err(Failure::new),
    }
}

async fn run_agent(args: AgentArgs) -> Result<(), Failure> {
    let has_spool = args.spool.is_some();
    let mut options = AgentOptions::new(args.query, args.server_url);
    options.passback = match (args.no_passback, args.detailed) {
        (true, _) => PassbackRequest::Off,
        (false, true) => PassbackRequest::Detailed,
        (false, false) => PassbackRequest::TopLevel,
    };
    options.sign_in = Some(args.sign_in.sign_in());
    options.collector = args.collector;
    options.sinks = sinks()?;
    options.spool = args.spool;
    if has_spool && options.collector.is_none() && options.sinks.is_empty() {
        return Err(Failure::usage(
            "--spool keeps spans for a collector; name one with --collector or OTEL_EXPORTER_OTLP_ENDPOINT",
        ));
    }
    options.page = args.page.page();
    options.model = ModelOptions::from_variables(
        variable("OPENAI_API_KEY")?,
        variable("OPENAI_BASE_URL")?.as_deref(),
        variable("OPENAI_MODEL")?,
        variable("OPENAI_REASONING_EFFORT")?.as_deref(),
    )
    .map_err(|error| Failure::usage(error.to_string()))?;
    match agent::run(&options, Screen::of_stdout(), &mut io::stdout()).await {
        Err(AgentError::Output(error)) if unless_unread(&error).is_some() => Ok(()),
        Err(error @ AgentError::Call(CallError::NotListening { .. })) => Err(Failure::new(
            format!("{error}; is it running? `gmail serve` starts one"),
        )),
        Err(error @ AgentError::Call(CallError::NotMcp { .. }))
            if options.server_url.path() != "/mcp" =>
        {
            Err(Failure::new(format!(
                "{error}; is the path right? `gmail serve` answers at /mcp"
            )))
        }
        Err(error @ AgentError::NotDelivered(_)) if !has_spool => Err(Failure::new(format!(
            "{error}; with --spool DIR, the next run sends what is left"
        ))),
        other => other.map_err(Failure::new),
    }
}

/// The sinks that the environment names.
fn sinks() -> Result<Vec<Sink>, Failure> {
    crate::http::install_crypto();
    let usage = |error: SinkError| Failure::usage(error.to_string());
    let standard = Sink::from_env().map_err(usage)?;
    let galileo = match variable("GALILEO_API_KEY")? {
        Some(key) => {
            let mut galileo = Galileo::new(key);
            galileo.project = variable("GALILEO_PROJECT")?;
            galileo.log_stream = variable("GALILEO_LOG_STREAM")?;
            galileo.url = variable("GALILEO_OTLP_ENDPOINT")?;
            Some(galileo.sink().map_err(usage)?)
        }
        None => None,
    };
    Ok(standard.into_iter().chain(galileo).collect())
}

async fn serve(args: ServeArgs) -> Result<(), Failure> {
    // Runs until the server ends; dropped earlier, it would take the mailbox with it.
    let mut simulator = None;
    let gmail = match &args.gmail_api {
        Some(url) => Gmail::with_tokens(url.as_str(), tokens()?),
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
    if args.access.auth != Some(Auth::None) {
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
async fn interrupted() {
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

fn simulator_config() -> Result<SimulatorConfig, Failure> {
    let mut config = SimulatorConfig::default();
    if let Some(factor) = variable("GMAIL_SIM_LATENCY")? {
        let parsed = factor
            .parse()
            .ok()
            .filter(|factor| (0.0..=100.0).contains(factor));
        config.latency = parsed.ok_or_else(|| {
            Failure::usage(format!(
                "GMAIL_SIM_LATENCY is {factor:?}; give a factor from 0 to 100"
            ))
        })?;
    }
    if let Some(status) = variable("GMAIL_SIM_FAIL")? {
        let parsed = status
            .parse()
            .ok()
            .filter(|status| (400..=599).contains(status));
        config.fail = Some(parsed.ok_or_else(|| {
            Failure::usage(format!(
                "GMAIL_SIM_FAIL is {status:?}; give an HTTP status from 400 to 599"
            ))
        })?);
    }
    Ok(config)
}

/// Where the tokens for a real Gmail come from: the first of three ways that the environment names.
fn tokens() -> Result<Tokens, Failure> {
    if let Some(token) = access_token()? {
        return Ok(Tokens::new(FixedToken::new(token)));
    }
    if let Some(key) = variable("ARCADE_API_KEY")? {
        return arcade(key).map(Tokens::new);
    }
    if let Some(token) = variable("GOOGLE_REFRESH_TOKEN")? {
        let id = variable("GOOGLE_CLIENT_ID")?
            .ok_or_else(|| Failure::usage("GOOGLE_REFRESH_TOKEN needs GOOGLE_CLIENT_ID"))?;
        let secret = variable("GOOGLE_CLIENT_SECRET")?.map(SecretString::from);
        let endpoint = url_variable("GOOGLE_TOKEN_URL", GOOGLE_TOKEN_URL)?;
        let client = http_client(&endpoint)?;
        let tokens = RefreshingToken::new(endpoint, client, id, secret, token);
        return Ok(Tokens::new(tokens));
    }
    Err(Failure::usage(
        "--gmail-api needs an OAuth access token in GMAIL_ACCESS_TOKEN, or ARCADE_API_KEY, or GOOGLE_REFRESH_TOKEN",
    ))
}

fn arcade(key: String) -> Result<Arcade, Failure> {
    let user = variable("ARCADE_USER_ID")?.ok_or_else(|| {
        Failure::usage("ARCADE_API_KEY needs ARCADE_USER_ID, your Arcade account's email")
    })?;
    let base = url_variable("ARCADE_API_URL", Arcade::DEFAULT_URL)?;
    let client = http_client(&base)?;
    Ok(Arcade::for_provider(
        base,
        client,
        key,
        user,
        "google",
        GMAIL_SCOPES,
    ))
}

fn http_client(url: &Url) -> Result<reqwest::Client, Failure> {
    crate::http::client(url).build().map_err(Failure::new)
}

fn url_variable(name: &str, default: &str) -> Result<Url, Failure> {
    let text = variable(name)?;
    http_url(text.as_deref().unwrap_or(default))
        .map_err(|error| Failure::usage(format!("{name}: {error}")))
}

/// The token of the environment. What is wrong with it is said without it.
fn access_token() -> Result<Option<String>, Failure> {
    let token = variable("GMAIL_ACCESS_TOKEN")?;
    match &token {
        Some(token) if !AccessToken::new(token.as_str()).is_valid() => Err(Failure::usage(
            "GMAIL_ACCESS_TOKEN has characters that cannot stand in an HTTP header; give the token alone, without spaces or line \
             breaks",
        )),
        _ => Ok(token),
    }
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::usage(format!("{name} is not valid UTF-8"))),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text
        .to_socket_addrs()
        .map_err(|_| "give a host and a port, for example 127.0.0.1:8000")?;
    addresses
        .next()
        .ok_or_else(|| "the host has no address".to_owned())
}

fn host(text: &str) -> Result<String, String> {
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

fn http_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("give a URL that begins with http:// or https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

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

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
