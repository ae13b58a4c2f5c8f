//! `gmail agent`.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};
use glassbox::PassbackRequest;
use url::Url;

use super::environment::{sinks, variable};
use super::serve::interrupted;
use super::value::http_url;
use super::{Failure, PageArgs, unless_unread};
use crate::agent::{self, AgentError, AgentOptions, DEFAULT_QUERY};
use crate::call::CallError;
use crate::model::ModelOptions;
use crate::screen::Screen;
use crate::sign_in::{SignIn, TokenCache, Visit};

#[derive(Debug, Args)]
pub(super) struct AgentArgs {
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

/// What the process ends with when it was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Args)]
#[command(next_help_heading = "Signing in, if the server asks for it")]
struct SignInArgs {
    /// Show the page for signing in, and those that calls need, and open no browser
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
    /// Seconds that a person may take, for this and for pages that a call needs
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

pub(super) async fn run_agent(args: AgentArgs) -> Result<(), Failure> {
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
    let mut out = io::stdout();
    let ended = tokio::select! {
        ended = agent::run(&options, Screen::of_stdout(), &mut out) => ended,
        () = interrupted() => {
            return Err(Failure {
                code: INTERRUPTED,
                message: "interrupted before the run had ended".to_owned(),
            });
        }
    };
    match ended {
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
