//! Every way to ask for the same thing: tools and resources of a server of ours, tools, resources and prompts of a
//! plain rmcp server that is wrapped, over every transport. A test is written once, and says where it failed.
//!
//! ```text
//! Case     one of the ways; asks, and knows how the answer looks there      case.rs
//! Setup    what a server is told, here or in another process                setup.rs
//! deeds    what a server does when it is asked, whichever way               deeds.rs
//! own      a server of ours that does it                                    own.rs
//! plain    a plain rmcp server that does it                                 plain.rs
//! raw      answers as bytes                                                 raw.rs
//! ```

mod case;
mod deeds;
mod own;
mod plain;
mod raw;
mod setup;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

pub use case::{Case, Method, Transport};
pub use deeds::{ROOM, SECRET};
pub use own::own;
pub use plain::{Plain, wrapped};
pub use raw::exchange;
pub use setup::{Host, Serving, Setup};

/// Name of all servers, their `service.name`.
pub const NAME: &str = "matrix-server";
/// Version of all servers.
pub const VERSION: &str = "1.2.3";

/// Runs `test` for every case of the matrix, and fails if it fails in one, with the names of those.
///
/// `program` is the path of the servers' program.
pub async fn everywhere(program: &str, setup: &Setup, test: impl AsyncFn(&mut Case)) {
    let mut failed = Vec::new();
    for host in [Host::Own, Host::Wrapped] {
        let setup = setup.clone().with_host(host);
        for transport in Transport::ALL {
            let serving = Serving::start(program, &setup, transport).await;
            let mut case = Case::new(host, transport, serving);
            for &method in host.methods() {
                case.method = method;
                let outcome = AssertUnwindSafe(test(&mut case)).catch_unwind().await;
                if outcome.is_err() {
                    failed.push(case.to_string());
                }
            }
        }
    }
    assert!(failed.is_empty(), "failed for:\n{}", failed.join("\n"));
}
