//! Tokens of third parties: what a tool needs to call another service on its user's behalf.
//!
//! ```text
//! TokenProvider   where tokens come from          FixedToken        one that was given
//! Tokens          a provider, shared by tools     RefreshingToken   OAuth 2.0, refreshed in time
//! TokenState      a token, or a page to visit     Arcade            kept by Arcade, which asks the user
//! ```
//!
//! A user who has not allowed it yet has to visit a page. [`Tokens::get`] says
//! so as an error, and when the tool fails with it, the server's answer shows
//! the page as the client can take it: as input that is required (2026-07-28),
//! as an elicitation that is required (2025-11-25), or in the tool's error.
//!
//! Tokens are [`SecretString`]s: no `Debug` shows them. [`Tokens::get`] also makes
//! sure that they are in no span that leaves ([`redact`](crate::redact())).
//!
//! Not done here: the tokens with which clients call this server. Those are never
//! sent on (MCP, Authorization, "Token Passthrough").
//!
//! # Examples
//!
//! ```
//! use glassbox::tokens::{FixedToken, SecretString, TokenError, Tokens};
//! use glassbox::{Server, ToolContext, ToolError, mcp_tool, phase};
//!
//! # async fn fetch(_: &SecretString) -> u32 { 0 }
//! /// Counts the user's unread messages.
//! #[mcp_tool(read_only)]
//! async fn unread(tokens: &Tokens, context: &ToolContext) -> Result<u32, ToolError> {
//!     #[phase("mail.token")]
//!     let token = tokens.get(context).await.map_err(TokenError::into_tool_error)?;
//!     Ok(fetch(&token).await)
//! }
//!
//! let tokens = Tokens::new(FixedToken::new("from the environment"));
//! let server = Server::builder("mail", "1.0.0").inject(tokens).tool::<unread>();
//! ```

mod arcade;
mod consent;
mod error;
mod fetch;
mod fixed;
mod provider;
mod refreshing;
mod shared;

pub use secrecy::{ExposeSecret, SecretString};

pub use arcade::Arcade;
pub(crate) use consent::Asking;
pub use error::TokenError;
pub use fixed::FixedToken;
pub use provider::{Consent, TokenProvider, TokenState};
pub use refreshing::RefreshingToken;
pub use shared::Tokens;
