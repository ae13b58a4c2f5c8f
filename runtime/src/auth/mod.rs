//! Access tokens: who may call, and what.
//!
//! Over HTTP a server is an OAuth 2.1 resource server, as MCP, Authorization
//! (2025-11-25 and 2026-07-28) has it. It issues no tokens: it checks those of
//! authorization servers it trusts, before anything else looks at a request.
//! Nobody without a valid token reaches a tool, or learns which there are.
//!
//! ```text
//! request -> bearer       the one token, from the header only
//!         -> verifier     JWT with cached keys, introspection, or your own   jwt.rs, keys.rs, introspection.rs
//!         -> Identity     with the request, for tools: ToolContext::identity
//!         -> rmcp -> tool scopes are compared: auth.authorize                step_up.rs
//! refused <- challenge    401, 403 and 400 with WWW-Authenticate             challenge.rs
//! ```
//!
//! - [`Auth`] says how; [`ServerBuilder::auth`](crate::ServerBuilder::auth) takes
//!   it, or [`Auth::into_layer`] for a router of your own.
//! - [`Identity`] is who calls; [`authorize`] checks scopes in handlers that are
//!   not tools.
//! - [`TokenVerifier`] is for tokens that are not JWTs.
//!
//! Not done here: issuing tokens, signing in, tokens for other servers. The
//! token of a request is never sent on.
//!
//! # Telemetry
//!
//! Checking the token is the phase `auth.validate`, the first child of the SERVER
//! span, which begins when the request came in; comparing scopes is
//! `auth.authorize`. They say how long it took and whether it worked: no token,
//! claim, scope or identity is in them. A request that is refused for its token
//! gets no telemetry; one that is refused for a scope gets the stages that ran
//! (SEP-2448, S15).
//!
//! # Step-up over HTTP
//!
//! A missing scope is HTTP 403 with the scopes that are needed, and the JSON-RPC
//! error as its body, in both lifecycles. [`authorize`] in a handler of your own
//! does the same where rmcp answers with JSON; where it answers with an event
//! stream, the status is on its way before the handler runs, and the JSON-RPC
//! error has to do.

mod bearer;
mod challenge;
mod checked;
mod counts;
mod error;
mod fetch;
mod guarded;
mod identity;
mod introspection;
mod jwt;
mod key_set;
mod keys;
mod layer;
mod metadata;
mod needs;
mod options;
mod sessions;
mod step_up;
mod verifier;

pub use counts::AuthCounts;
pub use error::AuthError;
pub use identity::Identity;
pub use introspection::Introspection;
pub use layer::{AuthLayer, AuthService};
pub(crate) use needs::Needs;
pub use options::{Auth, AuthorizationServer};
pub(crate) use sessions::UnknownSessions;
pub use step_up::authorize;
pub(crate) use step_up::{has_all, note_refusal};
pub use verifier::{TokenError, TokenVerifier};
