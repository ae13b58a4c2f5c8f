//! The server of the tests, over stdio.

use support::server;

#[tokio::main]
async fn main() -> Result<(), glassbox::ServeError> {
    server::server().serve_stdio().await
}
