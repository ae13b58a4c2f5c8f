//! Secrets that a call learns on its way.

use opentelemetry::Context;

use crate::passback::{RedactError, Scope};

/// Looks for `secret` in everything that leaves of the current request's
/// spans, from now on and back to the first one: for what a call learns on its
/// way, such as a token from a vault or of an OAuth exchange.
///
/// It works in any code that is part of a request: in tools, in resources, in
/// handlers that are wrapped by [`Instrumented`](crate::Instrumented), and in
/// work that [`spawn`](crate::spawn()) and its like have taken along. Elsewhere,
/// and where no client asked for spans, it does nothing. See
/// [`Secrets`](crate::Secrets) for what is found, and
/// [`ServerBuilder::redact`](crate::ServerBuilder::redact) for secrets that the
/// whole process knows.
///
/// # Errors
///
/// If the secret is shorter than
/// [`Secrets::MIN_LENGTH_BYTES`](crate::Secrets::MIN_LENGTH_BYTES): then
/// nothing has changed. Or if the request has 32 secrets already, or 64 KiB of
/// them, those in its headers included: what cannot be looked for must not
/// leave, so the answer comes without any span, and
/// [`PassbackCounts::unsearched_requests`](crate::PassbackCounts::unsearched_requests)
/// counts it. Neither harms the call, so the error may be ignored.
///
/// # Examples
///
/// ```
/// use glassbox::{mcp_tool, phase};
///
/// # async fn vault() -> String { String::new() }
/// # async fn charge(_: &str) {}
/// /// Pays an order.
/// #[mcp_tool]
/// async fn pay(order: u32) -> u32 {
///     #[phase("unlock")]
///     let token = vault().await;
///     glassbox::redact(&token).ok();
///     #[phase("charge")]
///     charge(&token).await;
///     order
/// }
/// ```
pub fn redact(secret: impl AsRef<str>) -> Result<(), RedactError> {
    Context::map_current(|context| match context.get::<Scope>() {
        Some(scope) if scope.collects() => scope.secrets().add(secret.as_ref()),
        _ => Ok(()),
    })
}
