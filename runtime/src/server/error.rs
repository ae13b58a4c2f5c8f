//! Why a server is not built or does not serve.

use std::{fmt, io};

use crate::passback::SecretsError;

/// Why a server cannot be built.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The server has no name, which would be the `service.name` of its spans
    /// (SEP-2448, S07).
    #[error("the server has no name; give it one: `Server::builder(\"my-server\", ..)`")]
    NoName,
    /// Two tools have one name.
    #[error(
        "two tools are named `{tool}`: `{first}` and `{second}`; give one of them another name, `#[mcp_tool(name = \"..\")]`, or its set a prefix, `.prefixed(\"..\")`"
    )]
    DuplicateTool {
        /// The name.
        tool: String,
        /// The function or method that has it.
        first: String,
        /// The function or method that wants it too.
        second: String,
    },
    /// A prefix makes a name that MCP does not allow.
    #[error("the name `{tool}` of `{origin}` {reason}; shorten or change the prefix")]
    ToolName {
        /// The name.
        tool: String,
        /// The function or method.
        origin: String,
        /// What is wrong with the name.
        reason: String,
    },
    /// A tool starts disabled, and nothing could ever enable it.
    #[error(
        "tool `{tool}` starts disabled, and nothing can enable it; add `.tool_switch(&switch)` with a `ToolSwitch`"
    )]
    DisabledForEver {
        /// The tool.
        tool: String,
    },
    /// A switch belongs to one server.
    #[error("the tool switch belongs to another server already; make a `ToolSwitch` for each")]
    SwitchInUse,
    /// A tool borrows what nobody provides.
    #[error(
        "tool `{tool}` borrows `{parameter}: &{type_name}`, but nothing of that type was injected; add `.inject(..)` with a value of type `{type_name}`"
    )]
    MissingInjection {
        /// The tool.
        tool: String,
        /// Its parameter.
        parameter: String,
        /// The parameter's type.
        type_name: String,
    },
    /// One type was injected twice; a tool could not tell which it gets.
    #[error("`{type_name}` was injected twice; inject one value a type")]
    DuplicateInjection {
        /// The type.
        type_name: String,
    },
    /// An argument contradicts itself.
    #[error("tool `{tool}`: argument `{argument}` {reason}")]
    Argument {
        /// The tool.
        tool: String,
        /// The argument.
        argument: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tool asks for scopes, and this build cannot check them.
    #[cfg(not(feature = "auth"))]
    #[error(
        "tool `{tool}` asks for scopes, which nothing checks in this build; enable the feature `auth` of `glassbox`"
    )]
    UncheckedScopes {
        /// The tool.
        tool: String,
    },
    /// The server cannot be protected as it was told to.
    #[cfg(feature = "auth")]
    #[error(transparent)]
    Auth(#[from] crate::auth::AuthError),
    /// What was to be redacted cannot be looked for.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Why a server stopped serving, or never began.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The server could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address as it was given.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The transport failed.
    #[error("serving failed: {0}")]
    Io(#[from] io::Error),
    /// The client's first messages were not MCP.
    #[error("the client did not start an MCP session: {0}")]
    Initialize(String),
}

/// Reads as the message does: it is what `main` prints of an error it returns.
impl fmt::Debug for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Reads as the message does: it is what `main` prints of an error it returns.
impl fmt::Debug for ServeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
