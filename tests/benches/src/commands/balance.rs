//! `balance`: two servers that share nothing, behind nginx.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::Args;
use glassbox_benches::load::{self, Connection, header, message};
use glassbox_benches::peers::Peer;
use glassbox_benches::process::Process;
use glassbox_benches::request::{Ask, Call, TRACEPARENT, returned_spans};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

const SPANS: u32 = 15;
const SERVERS: usize = 2;
/// How long nginx may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// Check that spans come back from two stateless servers behind nginx, turn by turn
#[derive(Args, Debug)]
pub(crate) struct Balance {
    /// Calls
    #[arg(long, default_value_t = 1_000)]
    calls: usize,
}

impl Balance {
    pub(crate) fn run(&self) {
        let servers = [(); SERVERS].map(|()| Process::start(Peer::Glassbox, 1, "0,1"));
        let nginx = Nginx::start(&servers);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let answered = runtime.block_on(async {
            nginx.listens().await;
            let request = load::stateless(Call {
                spans: SPANS,
                ask: Ask::Detailed,
            });
            let mut connection = Connection::open(nginx.address).await;
            let mut answered = BTreeMap::new();
            for _ in 0..self.calls {
                let answer = connection.exchange(&request).await;
                let server = header(answer, "x-server").unwrap().to_owned();
                *answered.entry(server).or_insert(0) += 1;
                check(&serde_json::from_slice(message(answer)).unwrap());
            }
            answered
        });
        assert_eq!(answered.len(), SERVERS, "{answered:?}");
        for (server, count) in answered {
            println!("{server} has answered {count} calls with {SPANS} spans each");
            assert_eq!(count, self.calls / SERVERS);
        }
    }
}

/// All spans are of the caller's trace, and hang together below its span.
fn check(answer: &Value) {
    assert_eq!(returned_spans(answer), SPANS as usize);
    let resource = &answer["result"]["_meta"]["otel"]["traces"]["resourceSpans"][0];
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    let ids: Vec<_> = spans.iter().map(|span| &span["spanId"]).collect();
    let mut roots = 0;
    for span in spans {
        assert!(TRACEPARENT.contains(span["traceId"].as_str().unwrap()));
        let parent = &span["parentSpanId"];
        if !ids.contains(&parent) {
            assert!(TRACEPARENT.contains(parent.as_str().unwrap()));
            roots += 1;
        }
    }
    assert_eq!(roots, 1);
}

/// nginx with a configuration of its own, until this is dropped.
struct Nginx {
    child: Child,
    address: SocketAddr,
    directory: std::path::PathBuf,
}

impl Nginx {
    fn start(servers: &[Process]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let name = format!("glassbox-balance-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("nginx.conf");
        fs::write(&file, configuration(&directory, address, servers)).unwrap();
        let child = Command::new("nginx")
            .args(["-e", "stderr", "-g", "daemon off;", "-p"])
            .arg(&directory)
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("nginx cannot be run ({error}); install nginx-light"));
        Self {
            child,
            address,
            directory,
        }
    }

    async fn listens(&self) {
        let connected = async {
            while TcpStream::connect(self.address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, connected).await.unwrap();
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// One process, so that it ends when it is killed.
fn configuration(directory: &Path, address: SocketAddr, servers: &[Process]) -> String {
    let directory = directory.display();
    let upstream: String = servers
        .iter()
        .map(|server| format!("server {};\n", server.address()))
        .collect();
    format!(
        "master_process off;
pid {directory}/pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    upstream servers {{
        {upstream}
        keepalive 16;
    }}
    server {{
        listen {address};
        keepalive_requests 1000000;
        location /mcp {{
            proxy_pass http://servers;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host 127.0.0.1;
            add_header X-Server $upstream_addr;
        }}
    }}
}}
"
    )
}
