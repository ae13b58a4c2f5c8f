//! Why nothing was switched.

/// Why something was not switched. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolSwitchError {
    /// The switch is not, or not yet, that of a server.
    #[error(
        "the tool switch belongs to no server yet; give it to one, `.tool_switch(&switch)`, and build that first"
    )]
    NoServer,
    /// The server has no such tool.
    #[error("there is no tool `{tool}`; this server has: {known}", known = listed(known))]
    UnknownTool {
        /// The name that is not there.
        tool: String,
        /// Those that are.
        known: Vec<String>,
    },
    /// No function or method of the server is such a resource.
    #[error("there is no resource `{uri}`; this server has: {known}", known = listed(known))]
    UnknownResource {
        /// The URI that is not there.
        uri: String,
        /// Those that are.
        known: Vec<String>,
    },
    /// The server has no such prompt.
    #[error("there is no prompt `{prompt}`; this server has: {known}", known = listed(known))]
    UnknownPrompt {
        /// The name that is not there.
        prompt: String,
        /// Those that are.
        known: Vec<String>,
    },
}

fn listed(known: &[String]) -> String {
    match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    }
}
