//! The server of the tests, or the one that its argument describes, over stdio.

use support::matrix::Setup;
use support::server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1) {
        None => Ok(server::server().serve_stdio().await?),
        Some(setup) => serde_json::from_str::<Setup>(&setup)?.serve_stdio().await,
    }
}
