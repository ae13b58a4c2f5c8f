//! The command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::run::{self, Verdict};

const ABOUT: &str = "Soak test: many calls of every kind, each answer checked, memory watched";

const LONG_ABOUT: &str = "\
Soak test: many calls of every kind, each answer checked, memory watched.

Drives a Glassbox server in this process with a mix of calls: answered with all spans, with the top level only, with \
none; succeeding, failing as a tool, failing as a protocol error, panicking; cancelled by a notification; cut off by a \
client that goes away; leaving work behind that outlives them; making more spans than an answer may have; with a \
`_meta` that is junk. Half of the calls share one traceparent.

Each call has a number, which all its phases carry as a public attribute. Its answer must have exactly its own spans: \
the right ones, with the right number, below one root, with the right count of those left out.

The panics are planned: their messages are kept off stderr. Any other panic is printed as usual.";

const AFTER: &str = "\
Exit status:
  0  Every answer was right, no span was left open, and memory stayed within its bound
  1  Something was wrong; the last lines say what
  2  The command line was wrong

Columns of the table, printed to standard output each time a tenth of the calls is done:
  calls    Calls that are done
  calls/s  In this row's part of the run
  rss MB   Resident memory of this process, server and clients together (Linux only, MB = 1,000,000 bytes)
  open     Spans that are being recorded right now: the size of the routing table
  inside   Calls that are in a tool and wait to be cancelled or cut off
  late     Tasks that have outlived their call and are not done
  wrong    Answers that were not right so far";

#[derive(Debug, Parser)]
#[command(name = "soak", version, about = ABOUT, long_about = LONG_ABOUT, after_help = AFTER)]
pub(crate) struct Options {
    /// How many calls to make
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) calls: u64,
    /// How many calls are in flight at the same time, each on a connection of its own
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: u16,
    /// How the calls get there
    #[arg(long, value_enum, default_value_t = Transport::Duplex)]
    pub(crate) transport: Transport,
    /// Which call is of which kind follows from this number and the call's own
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// By how much memory may grow between a tenth of the calls and the end
    ///
    /// Generous: caches of the allocator and calls that are still being given up are in it. At a million calls the
    /// default is 64 bytes a call, less than any span takes.
    #[arg(long, default_value_t = 64, value_name = "MB")]
    pub(crate) max_growth_mb: u64,
    /// Use a bare rmcp server instead, to compare with: the same tools, no Glassbox
    ///
    /// Results are checked, spans are not: there are none.
    #[arg(long)]
    pub(crate) bare: bool,
}

/// How calls get to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// Pipes in memory: stdio but for the process, with the older lifecycle
    Duplex,
    /// Streamable HTTP over loopback, stateless
    ///
    /// There is no notification that cancels a call: those calls are cut off instead.
    Http,
    /// Streamable HTTP over loopback, with sessions
    Sessions,
}

/// Runs the command line, and says how it went.
pub(crate) async fn run() -> ExitCode {
    let options = Options::parse();
    match run::run(&options).await {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::FAILURE,
        Err(error) => {
            // If it cannot be written, there is nobody left to tell.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }
}
