//! What the environment says, beside the options that have a variable.

use std::env::{self, VarError};

use glassbox::forward::{Sink, SinkError};
use glassbox::tokens::{Arcade, FixedToken, RefreshingToken, SecretString, Tokens};
use url::Url;

use super::Failure;
use super::value::http_url;
use crate::agent::Galileo;
use crate::client::AccessToken;
use crate::simulator::SimulatorConfig;

/// Where Google refreshes tokens.
const GOOGLE_TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// What Arcade asks the user to allow.
const GMAIL_SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://www.googleapis.com/auth/gmail.send",
];

pub(super) fn simulator_config() -> Result<SimulatorConfig, Failure> {
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

/// Where the tokens for a real Gmail come from: the first of three ways that the environment names. `knows_callers` is
/// whether it is known who calls, by a name that only one person has.
pub(super) fn tokens(knows_callers: bool) -> Result<Tokens, Failure> {
    if let Some(token) = access_token()? {
        return Ok(Tokens::new(FixedToken::new(token)));
    }
    if let Some(key) = variable("ARCADE_API_KEY")? {
        return arcade(key, knows_callers).map(Tokens::new);
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

fn arcade(key: String, knows_callers: bool) -> Result<Arcade, Failure> {
    let user = variable("ARCADE_USER_ID")?;
    if user.is_none() && !knows_callers {
        return Err(Failure::usage(
            "ARCADE_API_KEY needs ARCADE_USER_ID, your Arcade account's email, unless the tokens of one --issuer tell who calls",
        ));
    }
    let base = url_variable("ARCADE_API_URL", Arcade::DEFAULT_URL)?;
    let client = http_client(&base)?;
    let arcade = Arcade::for_provider(base, client, key, "google", GMAIL_SCOPES);
    Ok(match user {
        Some(user) => arcade.with_user(user),
        None => arcade,
    })
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
pub(super) fn access_token() -> Result<Option<String>, Failure> {
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
pub(super) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::usage(format!("{name} is not valid UTF-8"))),
    }
}

/// The sinks that the environment names.
pub(super) fn sinks() -> Result<Vec<Sink>, Failure> {
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
