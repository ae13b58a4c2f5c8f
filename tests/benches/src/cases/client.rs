//! The other side: a client that gets a result with 15 spans.

use glassbox::PassbackRequest;
use glassbox::client::Client;
use glassbox::client::lift::Lift;
use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{RoleClient, ServiceExt as _};
use tokio::io::DuplexStream;
use tokio::runtime::{Builder, Runtime};

use super::{Case, Work};
use crate::answers::{Answers, SPANS};

const PIPE_BYTES: usize = 1 << 16;

pub(super) const CASES: [Case; 2] = [
    Case {
        name: "client/rmcp",
        prepare: rmcp,
    },
    Case {
        name: "client/glassbox",
        prepare: glassbox,
    },
];

/// A runtime with a server, and the client's end of the pipe to it.
fn server() -> (Runtime, DuplexStream) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    runtime.spawn(Answers::record().serve(far));
    (runtime, near)
}

fn params() -> CallToolRequestParams {
    CallToolRequestParams::new("list_emails")
}

/// Decodes `_meta`, as rmcp does, and does not look at it.
fn rmcp() -> Work {
    let (runtime, stream) = server();
    let (read, write) = tokio::io::split(stream);
    let transport = AsyncRwTransport::new_client(read, write);
    let client: RunningService<RoleClient, ()> = runtime.block_on(().serve(transport)).unwrap();
    Box::new(move || {
        let result = runtime.block_on(client.call_tool(params())).unwrap();
        assert!(result.meta.is_some());
    })
}

/// Takes the spans in.
fn glassbox() -> Work {
    let (runtime, stream) = server();
    let (read, write) = tokio::io::split(stream);
    let lift = Lift::new();
    let client = runtime.block_on(().serve(lift.stdio(read, write))).unwrap();
    let provider = SdkTracerProvider::builder().build();
    let calls = Client::new(client.peer().clone())
        .with_passback(PassbackRequest::Detailed)
        .with_lift(lift)
        .with_tracer_provider(&provider);
    Box::new(move || {
        let _connected = &client;
        let outcome = runtime.block_on(calls.call_tool(params()));
        assert_eq!(outcome.report().accepted(), SPANS as usize);
    })
}
