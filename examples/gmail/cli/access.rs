//! Who may call: the options of `gmail serve` about tokens.

use std::io::{self, Write as _};

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};
use url::Url;

use super::Failure;
use super::value::{http_text, http_url};
use crate::access::Access;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Auth {
    /// Clients with an OAuth 2.1 access token
    Oauth,
    /// Anybody who can reach the address
    None,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Who may call")]
pub(super) struct AccessArgs {
    /// Who may call over HTTP [default: oauth]
    #[arg(long, value_enum, conflicts_with = "stdio")]
    auth: Option<Auth>,
    /// Authorization server whose tokens are taken, as it calls itself, to the last slash; repeatable. Default: one in this
    /// process, for this machine and a demo user
    #[arg(long, value_name = "URL", env = "GMAIL_ISSUER", value_delimiter = ' ', value_parser = http_text)]
    issuer: Vec<String>,
    /// URL of this server, as tokens name it (default: the URL in the first line)
    #[arg(long, value_name = "URL", env = "GMAIL_RESOURCE", value_parser = http_text)]
    resource: Option<String>,
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
    /// Take tokens without the scopes gmail.readonly, which every call needs otherwise, and gmail.send, for sending: of an
    /// issuer that does not know them
    #[arg(long, requires = "issuer")]
    any_scope: bool,
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

/// The options that say something about tokens, and their variables.
const ABOUT_TOKENS: [(&str, &str, &str); 7] = [
    ("issuer", "--issuer", "GMAIL_ISSUER"),
    ("resource", "--resource", "GMAIL_RESOURCE"),
    ("audience", "--audience", "GMAIL_AUDIENCE"),
    ("scopes", "--scopes", "GMAIL_SCOPES"),
    ("any_scope", "--any-scope", ""),
    ("jwks_uri", "--jwks-uri", "GMAIL_JWKS_URI"),
    ("identity_claim", "--identity-claim", "GMAIL_IDENTITY_CLAIM"),
];

impl AccessArgs {
    /// Whether tokens are looked at, over HTTP.
    pub(super) fn checks_tokens(&self) -> bool {
        self.auth != Some(Auth::None)
    }

    /// Whether tools are told apart by the scopes of tokens.
    pub(super) fn enforces_scopes(&self) -> bool {
        self.checks_tokens() && !self.any_scope
    }

    /// Whether it is known who calls. Two issuers may mean two people by one name, and the embedded one has a demo user.
    pub(super) fn knows_callers(&self) -> bool {
        self.checks_tokens() && self.issuer.len() == 1
    }

    /// Refuses what would be ignored: a server that somebody believes to be protected must not be open.
    pub(super) fn check(&self, is_stdio: bool, matches: &ArgMatches) -> Result<(), Failure> {
        let options = given(matches, ValueSource::CommandLine, |(_, option, _)| option);
        let variables = given(matches, ValueSource::EnvVariable, |(_, _, name)| name);
        if is_stdio {
            if !options.is_empty() {
                return Err(Failure::usage(format!(
                    "--stdio has no tokens to check: whoever starts the server is who calls; leave out {options}, or --stdio"
                )));
            }
            if !variables.is_empty() {
                // If nobody listens there, nobody can be told.
                let _ = writeln!(
                    io::stderr(),
                    "note: over --stdio there are no tokens to check; {variables} says nothing here"
                );
            }
            return Ok(());
        }
        if self.checks_tokens() {
            return Ok(());
        }
        if !options.is_empty() {
            return Err(Failure::usage(format!(
                "--auth none checks no tokens, so {options} would protect nothing; leave out {options}, or --auth none"
            )));
        }
        if !variables.is_empty() {
            return Err(Failure::usage(format!(
                "--auth none checks no tokens, so {variables} would protect nothing; unset {variables}, or leave out --auth none"
            )));
        }
        Ok(())
    }

    pub(super) fn access(self, default: String) -> Access {
        let mut access = Access::embedded(self.resource.unwrap_or(default));
        access.issuers = self.issuer;
        access.jwks_uri = self.jwks_uri;
        access.audiences = self.audience;
        access.scopes = self.scopes;
        access.any_scope = self.any_scope;
        access.identity_claim = self.identity_claim;
        access
    }
}

/// What was said about tokens there, by these names.
fn given(
    matches: &ArgMatches,
    source: ValueSource,
    name: impl Fn(&(&'static str, &'static str, &'static str)) -> &'static str,
) -> String {
    let given = ABOUT_TOKENS
        .iter()
        .filter(|(id, ..)| matches.value_source(id) == Some(source))
        .map(name);
    given.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches as _};

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<AccessArgs, clap::Error> {
        let command = AccessArgs::augment_args(Command::new("serve"));
        let command = command.arg(clap::Arg::new("stdio").long("stdio"));
        let arguments = [&["serve"], arguments].concat();
        AccessArgs::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }

    #[test]
    fn names_stay_as_they_were_given() {
        for name in [
            "https://tenant.auth0.com/",
            "https://tenant.auth0.com",
            "https://auth.example.com/realms/mail/",
            "https://AUTH.example.com:443/realms/mail",
            "http://127.0.0.1:9000",
        ] {
            let arguments = parsed(&["--issuer", name, "--resource", name]).unwrap();
            let access = arguments.access("http://127.0.0.1:8000/mcp".to_owned());
            assert_eq!(access.issuers, [name]);
            assert_eq!(access.resource, name);
        }
        for name in ["tenant.auth0.com", "ftp://tenant.auth0.com", ""] {
            assert!(parsed(&["--issuer", name]).is_err(), "{name}");
        }
    }
}
