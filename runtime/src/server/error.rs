//! Why a server is not built or does not serve.

use std::{fmt, io};

use crate::passback::SecretsError;
use crate::tool::{Injection, Injections};

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
    /// Something starts disabled, and nothing could ever enable it.
    #[error(
        "{item} starts disabled, and nothing can enable it; add `.tool_switch(&switch)` with a `ToolSwitch`"
    )]
    DisabledForEver {
        /// What starts disabled, as in ``tool `list` ``.
        item: String,
    },
    /// A switch belongs to one server.
    #[error("the tool switch belongs to another server already; make a `ToolSwitch` for each")]
    SwitchInUse,
    /// Two resources have one URI.
    #[error(
        "two resources have the URI `{uri}`: `{first}` and `{second}`; give one of them another, or its set a prefix, `.uris_prefixed(\"..\")`"
    )]
    DuplicateResource {
        /// The URI.
        uri: String,
        /// The function or method that has it.
        first: String,
        /// The function or method that wants it too.
        second: String,
    },
    /// A prefix makes what is no URI.
    #[error("the URI `{uri}` of `{origin}` {reason}; change the prefix")]
    ResourceUri {
        /// The URI, or the template of URIs.
        uri: String,
        /// The function or method.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A resource is never read, since all of its URIs are those of one before it.
    #[error(
        "resource `{template}` of `{origin}` is never read: `{by}` of `{by_origin}` stands before it and takes all of its URIs; register it first, change one of them, or give its set a prefix, `.uris_prefixed(\"..\")`"
    )]
    HiddenResource {
        /// The template that is never reached.
        template: String,
        /// Its function or method.
        origin: String,
        /// The template before it.
        by: String,
        /// The function or method of that.
        by_origin: String,
    },
    /// Two prompts have one name.
    #[error(
        "two prompts are named `{prompt}`: `{first}` and `{second}`; give one of them another name, `#[mcp_prompt(name = \"..\")]`, or its set a prefix, `.prefixed(\"..\")`"
    )]
    DuplicatePrompt {
        /// The name.
        prompt: String,
        /// The function or method that has it.
        first: String,
        /// The function or method that wants it too.
        second: String,
    },
    /// Something borrows what nobody provides.
    #[error(
        "{item} borrows `{parameter}: &{type_name}`, but nothing of that type was injected; add `.inject(..)` with a value of type `{type_name}`"
    )]
    MissingInjection {
        /// What borrows, as in ``tool `list` ``.
        item: String,
        /// Its parameter.
        parameter: String,
        /// The parameter's type.
        type_name: String,
    },
    /// One type was injected twice; nobody could tell which is meant.
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
    /// Something asks for scopes, and this build cannot check them.
    #[cfg(not(feature = "auth"))]
    #[error(
        "{item} asks for scopes, which nothing checks in this build; enable the feature `auth` of `glassbox`"
    )]
    UncheckedScopes {
        /// The tool, resource or prompt.
        item: String,
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

/// Checks that everything is provided that `item` borrows.
pub(super) fn check_injections(
    borrowed: &[Injection],
    injections: &Injections,
    item: impl FnOnce() -> String,
) -> Result<(), BuildError> {
    let missing = borrowed
        .iter()
        .find(|injection| !injections.provides(injection));
    match missing {
        None => Ok(()),
        Some(missing) => Err(BuildError::MissingInjection {
            item: item(),
            parameter: missing.parameter.to_owned(),
            type_name: (missing.type_name)().to_owned(),
        }),
    }
}

/// Refuses scopes, which nothing checks in this build.
#[cfg(not(feature = "auth"))]
pub(super) fn check_scopes(
    scopes: &[&str],
    item: impl FnOnce() -> String,
) -> Result<(), BuildError> {
    if scopes.is_empty() {
        return Ok(());
    }
    Err(BuildError::UncheckedScopes { item: item() })
}

/// With the feature `auth`, all are checked.
#[cfg(feature = "auth")]
#[expect(clippy::unnecessary_wraps, reason = "as without the feature")]
pub(super) fn check_scopes(
    _scopes: &[&str],
    _item: impl FnOnce() -> String,
) -> Result<(), BuildError> {
    Ok(())
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

#[cfg(all(test, not(feature = "auth")))]
mod tests {
    use crate::Server;
    use crate::prompt::{Prompt, PromptCall, PromptDefinition, PromptFuture};
    use crate::resource::{Resource, ResourceCall, ResourceDefinition, ResourceFuture, UriPart};
    use crate::tool::{Tool, ToolCall, ToolDefinition, ToolFuture};

    enum Scoped {}

    impl Tool for Scoped {
        const DEFINITION: ToolDefinition = ToolDefinition::new("scoped").scopes(&["read"]);

        fn call(_: ToolCall) -> ToolFuture {
            Box::pin(std::future::pending())
        }
    }

    impl Resource for Scoped {
        const DEFINITION: ResourceDefinition =
            ResourceDefinition::new("scoped", "a:b", &[UriPart::Literal("a:b")]).scopes(&["read"]);

        fn read(_: ResourceCall) -> ResourceFuture {
            Box::pin(std::future::pending())
        }
    }

    impl Prompt for Scoped {
        const DEFINITION: PromptDefinition = PromptDefinition::new("scoped").scopes(&["read"]);

        fn get(_: PromptCall) -> PromptFuture {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn scopes_that_nothing_checks_are_refused() {
        let server = || Server::builder("test", "1.0.0");
        for (builder, item) in [
            (server().tool::<Scoped>(), "tool `scoped`"),
            (server().resource::<Scoped>(), "resource `a:b`"),
            (server().prompt::<Scoped>(), "prompt `scoped`"),
        ] {
            assert_eq!(
                builder.build().unwrap_err().to_string(),
                format!(
                    "{item} asks for scopes, which nothing checks in this build; enable the feature `auth` of `glassbox`"
                )
            );
        }
    }
}
