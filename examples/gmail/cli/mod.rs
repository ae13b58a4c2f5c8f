//! The command line.
//!
//! ```text
//! serve    `gmail serve`, and        access   who may call      environment   what else variables say
//! banner   what it says first        help     texts             value         text to values
//! agent    `gmail agent`
//! ```

mod access;
mod agent;
mod banner;
mod environment;
mod help;
mod serve;
mod value;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use glassbox::render::printable;

use self::agent::AgentArgs;
use self::environment::simulator_config;
use self::help::{ABOUT, ENVIRONMENT, LONG_ABOUT};
use self::serve::ServeArgs;
use crate::demo::{self, DemoError};
use crate::page::Page;
use crate::screen::{Screen, cut, notice};

const USAGE: u8 = 2;
/// Columns of an error: a few lines of a terminal.
const MAX_MESSAGE: usize = 400;

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
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let outcome = match cli.command {
        None => run_demo(cli.page.page()).await,
        Some(Command::Serve(args)) => serve::serve(args, given(&matches)).await,
        Some(Command::Agent(args)) => agent::run_agent(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The message may quote a server. If it cannot be written, there is nobody left to tell.
            let message = cut(&printable(&failure.message), MAX_MESSAGE);
            notice(&format!("error: {message}"));
            ExitCode::from(failure.code)
        }
    }
}

/// What was given to the command.
fn given(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, given)| given)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
