//! Why a server cannot be protected as it was told to.

/// Why options of [`Auth`](super::Auth) do not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The URL of the server is none that a token can be issued for (RFC 9728,
    /// section 1.2; RFC 8707, section 2).
    #[error("`{resource}` cannot be the server's URL: {reason}")]
    Resource {
        /// As it was given.
        resource: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nobody issues tokens (MCP, Authorization Server Location).
    #[error(
        "nobody issues tokens for this server; name who does: `.authorization_server(\"https://..\")`"
    )]
    NoAuthorizationServer,
    /// The URL of an authorization server, or of its keys, is not usable.
    #[error("`{url}` cannot be used: {reason}")]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// One authorization server was named twice.
    #[error("the authorization server `{issuer}` is named twice; keep one")]
    DuplicateIssuer {
        /// Its issuer.
        issuer: String,
    },
    /// A scope has characters that no scope has (RFC 6749, section 3.3).
    #[error(
        "`{scope}` is not a scope: a scope has no spaces, quotes, backslashes or control characters"
    )]
    Scope {
        /// As it was given.
        scope: String,
    },
    /// A scope is for refresh tokens (MCP, Refresh Tokens).
    #[error(
        "`offline_access` is not a server's to ask for: refresh tokens are between clients and their authorization \
         server; leave it out"
    )]
    OfflineAccess,
    /// There is no HTTP client to fetch keys with.
    #[error(
        "there is no HTTP client to fetch keys with: {reason}; give one with `.http_client(..)`"
    )]
    HttpClient {
        /// What is wrong.
        reason: String,
    },
}
