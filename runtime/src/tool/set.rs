//! Sets of tools, resources and prompts: what modules give to a server.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Tool;
use super::method::ToolMethods;
use super::offer::{Item, Offer};
use super::receiver::Receiver;
use super::registered::{RegisteredPrompt, RegisteredResource, RegisteredTool};
use crate::prompt::Prompt;
use crate::resource::Resource;

/// Tools that belong together, and resources and prompts beside them. Modules and
/// values make them, servers and other sets take them.
///
/// # Examples
///
/// ```
/// use glassbox::{Server, ToolSet, mcp_tool, mcp_tools};
///
/// mod clock {
///     # use glassbox::{ToolSet, mcp_tool};
///     /// The time since the server was started, in seconds.
///     #[mcp_tool(read_only)]
///     pub fn uptime() -> u64 {
///         # 0
///     }
///
///     pub fn tools() -> ToolSet {
///         ToolSet::new().tool::<uptime>()
///     }
/// }
///
/// struct Mailbox {
///     owner: String,
/// }
///
/// #[mcp_tools]
/// impl Mailbox {
///     /// Says whose mailbox this is.
///     #[mcp_tool(read_only)]
///     fn owner(&self) -> String {
///         self.owner.clone()
///     }
/// }
///
/// # fn build() -> Result<(), glassbox::BuildError> {
/// let work = ToolSet::of(Mailbox { owner: "ada@work".to_owned() }).prefixed("work_");
/// let home = ToolSet::of(Mailbox { owner: "ada@home".to_owned() }).prefixed("home_");
/// let tools = clock::tools().with(work).with(home);
/// assert_eq!(tools.names(), ["uptime", "work_owner", "home_owner"]);
///
/// let server = Server::builder("desk", "1.0.0").tools(tools).build()?;
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
#[derive(Clone, Default)]
#[must_use = "a set does nothing until a server takes it: `.tools(set)`"]
pub struct ToolSet {
    pub(crate) tools: Vec<RegisteredTool>,
    pub(crate) resources: Vec<RegisteredResource>,
    pub(crate) prompts: Vec<RegisteredPrompt>,
}

impl ToolSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a value has for a server: what [`ServerBuilder::tools`](crate::ServerBuilder::tools) takes, as a set that can be
    /// changed first.
    pub fn of(tools: impl IntoToolSet) -> Self {
        tools.into_tool_set()
    }

    /// The methods of `receiver` that are offered; they share it.
    pub(super) fn of_methods<Set, T: ToolMethods<Set>>(receiver: Arc<T>) -> Self {
        let receiver = Receiver::of(receiver);
        let tools = T::TOOLS.iter();
        let resources = T::RESOURCES.iter();
        let prompts = T::PROMPTS.iter();
        Self {
            tools: tools
                .map(|method| RegisteredTool::method::<T>(method, &receiver))
                .collect(),
            resources: resources
                .map(|method| RegisteredResource::method::<T>(method, &receiver))
                .collect(),
            prompts: prompts
                .map(|method| RegisteredPrompt::method::<T>(method, &receiver))
                .collect(),
        }
    }

    /// Adds a tool: the name of a function marked `#[mcp_tool]`.
    pub fn tool<T: Tool>(/* .tool::<name>() */ mut self) -> Self {
        self.tools.push(RegisteredTool::function::<T>());
        self
    }

    /// Adds a resource: the name of a function marked `#[mcp_resource]`.
    pub fn resource<R: Resource>(/* .resource::<name>() */ mut self) -> Self {
        self.resources.push(RegisteredResource::function::<R>());
        self
    }

    /// Adds a prompt: the name of a function marked `#[mcp_prompt]`.
    pub fn prompt<P: Prompt>(/* .prompt::<name>() */ mut self) -> Self {
        self.prompts.push(RegisteredPrompt::function::<P>());
        self
    }

    /// Adds all of another set, or what a value has whose type is marked
    /// `#[mcp_tools]`.
    pub fn with(mut self, tools: impl IntoToolSet) -> Self {
        let Self {
            tools,
            resources,
            prompts,
        } = tools.into_tool_set();
        self.tools.extend(tools);
        self.resources.extend(resources);
        self.prompts.extend(prompts);
        self
    }

    /// Puts `prefix` in front of the name of every tool and every prompt that is
    /// in the set by now. Resources have no such names: what tells them apart are
    /// their URIs, see [`uris_prefixed`](Self::uris_prefixed). Whether MCP allows
    /// the names is checked when the server is built.
    pub fn prefixed(mut self, prefix: &str) -> Self {
        for tool in &mut self.tools {
            tool.name = Cow::Owned(format!("{prefix}{name}", name = tool.name));
        }
        for prompt in &mut self.prompts {
            prompt.name = Cow::Owned(format!("{prefix}{name}", name = prompt.name));
        }
        self
    }

    /// Puts `prefix` behind the scheme in the URI of every resource that is in
    /// the set by now: with `"work/"`, `mail://messages/{id}` becomes
    /// `mail://work/messages/{id}`. Whether the text may stand in a URI is checked
    /// when the server is built.
    ///
    /// # Examples
    ///
    /// Two values of one type have the same URIs, so that a server could not tell
    /// which of them is meant:
    ///
    /// ```
    /// use glassbox::{Server, ToolSet, mcp_resource, mcp_tools};
    ///
    /// struct Mailbox {
    ///     owner: &'static str,
    /// }
    ///
    /// #[mcp_tools]
    /// impl Mailbox {
    ///     /// Whose mailbox it is.
    ///     #[mcp_resource("mail://owner")]
    ///     fn owner(&self) -> &'static str {
    ///         self.owner
    ///     }
    /// }
    ///
    /// let home = ToolSet::of(Mailbox { owner: "ada" });
    /// let work = ToolSet::of(Mailbox { owner: "a.lovelace" });
    /// let server = Server::builder("mail", "1.0.0")
    ///     .tools(home) // mail://owner
    ///     .tools(work.uris_prefixed("work/")) // mail://work/owner
    ///     .build();
    /// # server.unwrap();
    /// ```
    pub fn uris_prefixed(mut self, prefix: &str) -> Self {
        for resource in &mut self.resources {
            resource.uri.prefix(prefix);
        }
        self
    }

    /// Lets everything that is in the set by now start disabled: it is neither
    /// listed nor answered until a [`ToolSwitch`](crate::ToolSwitch) enables it.
    pub fn disabled(mut self) -> Self {
        for tool in &mut self.tools {
            tool.starts_disabled = true;
        }
        for resource in &mut self.resources {
            resource.starts_disabled = true;
        }
        for prompt in &mut self.prompts {
            prompt.starts_disabled = true;
        }
        self
    }

    /// The names of the tools, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.tools.iter().map(|tool| tool.name.clone().into_owned());
        names.collect()
    }

    /// Everything in it; what is offered as the same, in order.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let tools = self.tools.iter().map(|tool| Item {
            offer: Offer::Tool,
            key: &tool.name,
            starts_disabled: tool.starts_disabled,
        });
        let resources = self.resources.iter().map(|resource| Item {
            offer: Offer::Resource,
            key: resource.uri.as_str(),
            starts_disabled: resource.starts_disabled,
        });
        let prompts = self.prompts.iter().map(|prompt| Item {
            offer: Offer::Prompt,
            key: &prompt.name,
            starts_disabled: prompt.starts_disabled,
        });
        tools.chain(resources).chain(prompts)
    }
}

impl fmt::Debug for ToolSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools = self.tools.iter();
        let resources = self.resources.iter();
        let prompts = self.prompts.iter();
        formatter
            .debug_map()
            .entries(tools.map(|tool| (&*tool.name, &tool.origin)))
            .entries(resources.map(|resource| (resource.uri.as_str(), &resource.origin)))
            .entries(prompts.map(|prompt| (&*prompt.name, &prompt.origin)))
            .finish()
    }
}

/// The set of one of several blocks of a type; what `#[mcp_tools(set = name)]` calls.
pub fn named_set<Set, T: ToolMethods<Set>>(receiver: impl Into<Arc<T>>) -> ToolSet {
    ToolSet::of_methods::<Set, T>(receiver.into())
}

/// What a set can be taken from: a [`ToolSet`], a value of a type whose `impl`
/// block is marked `#[mcp_tools]`, or an `Arc` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of tools",
    label = "has no methods that are tools",
    note = "put `#[mcp_tools]` on an `impl` block of it and `#[mcp_tool]` on the methods, or collect functions: `ToolSet::new().tool::<name>()`"
)]
pub trait IntoToolSet {
    /// The tools, and the resources and prompts beside them.
    fn into_tool_set(self) -> ToolSet;
}

impl IntoToolSet for ToolSet {
    fn into_tool_set(self) -> ToolSet {
        self
    }
}

impl<T: ToolMethods> IntoToolSet for T {
    fn into_tool_set(self) -> ToolSet {
        ToolSet::of_methods::<(), T>(Arc::new(self))
    }
}

impl<T: ToolMethods> IntoToolSet for Arc<T> {
    fn into_tool_set(self) -> ToolSet {
        ToolSet::of_methods::<(), T>(self)
    }
}
