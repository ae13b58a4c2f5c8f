//! The context that surrounds a request on this server, such as that of an HTTP
//! server span.

use opentelemetry::Context;
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// The context in which an HTTP request was taken in. rmcp handles requests in
/// tasks of their own, which do not have it.
#[derive(Clone, Debug)]
pub(crate) struct AmbientContext(pub(crate) Context);

impl AmbientContext {
    /// The context around `request`: that of the HTTP request it came in, or
    /// the current one.
    pub(super) fn of(request: &RequestContext<RoleServer>) -> Context {
        request
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Self>())
            .map_or_else(Context::current, |ambient| ambient.0.clone())
    }
}
