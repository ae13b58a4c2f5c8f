//! What requests are sent to.

use rmcp::service::Service;
use rmcp::{RoleServer, ServerHandler};

use crate::{Instrumented, Server};

/// A server that can be called in a test: a [`Server`], any rmcp handler in an
/// [`Instrumented`], or what you build around them.
pub trait UnderTest {
    /// What answers requests.
    fn service(&self) -> impl Service<RoleServer>;
}

impl UnderTest for Server {
    fn service(&self) -> impl Service<RoleServer> {
        self.handler()
    }
}

impl<H: ServerHandler> UnderTest for Instrumented<H> {
    fn service(&self) -> impl Service<RoleServer> {
        self.clone()
    }
}
