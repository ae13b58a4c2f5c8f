//! `serve`: one peer, as a process of its own.

use std::io::{Read as _, stdin};

use clap::Args;
use glassbox_benches::peers::Peer;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Serve a peer over Streamable HTTP until standard input ends
#[derive(Args, Debug)]
pub(crate) struct Serve {
    peer: Peer,
    /// Threads that serve
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where it listens; the first line of output says it
    #[arg(long, default_value = "127.0.0.1:0")]
    address: String,
}

impl Serve {
    pub(crate) fn run(self) {
        let mut builder = match self.threads {
            1 => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        let runtime = builder
            .worker_threads(self.threads)
            .enable_all()
            .build()
            .unwrap();
        std::thread::spawn(|| {
            let _ = stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        runtime.block_on(async {
            let listener = TcpListener::bind(self.address).await.unwrap();
            println!("http://{}/mcp", listener.local_addr().unwrap());
            self.peer.serve_http(listener).await;
        });
    }
}
