//! Sets of tools, resources and prompts: what modules give to a server.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Tool;
use super::call::{CallTool, Receiver};
use super::definition::ToolDefinition;
use super::method::ToolMethods;
use crate::prompt::{GetPrompt, Prompt, PromptDefinition};
use crate::resource::{ReadResource, Resource, ResourceDefinition};

/// Tools that belong together, and resources and prompts beside them. Modules
/// make them, servers and other sets take them.
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

/// A resource as it was given to a set or a server.
#[derive(Clone, Copy)]
pub(crate) struct RegisteredResource {
    /// The function, for messages.
    pub(crate) origin: &'static str,
    pub(crate) definition: ResourceDefinition,
    pub(crate) read: ReadResource,
}

/// A prompt as it was given to a set or a server.
#[derive(Clone)]
pub(crate) struct RegisteredPrompt {
    pub(crate) name: Cow<'static, str>,
    /// The function, for messages.
    pub(crate) origin: &'static str,
    pub(crate) definition: PromptDefinition,
    pub(crate) get: GetPrompt,
}

/// A tool as it was given to a set or a server.
#[derive(Clone)]
pub(crate) struct RegisteredTool {
    pub(crate) name: Cow<'static, str>,
    /// The function or method, for messages.
    pub(crate) origin: Cow<'static, str>,
    pub(crate) definition: ToolDefinition,
    pub(crate) call: CallTool,
    /// The `self` of a method.
    pub(crate) receiver: Option<Receiver>,
    pub(crate) starts_disabled: bool,
}

impl ToolSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tools of a value: what [`ServerBuilder::tools`](crate::ServerBuilder::tools) takes, as a set that can be
    /// changed first.
    pub fn of(tools: impl IntoToolSet) -> Self {
        tools.into_tool_set()
    }

    /// The methods of `receiver`, which they share.
    pub(super) fn of_methods<Set, T: ToolMethods<Set>>(receiver: Arc<T>) -> Self {
        let receiver: Receiver = receiver;
        let tools = T::METHODS.iter().map(|method| RegisteredTool {
            name: Cow::Borrowed(method.definition.name),
            origin: Cow::Owned(method.origin::<T>()),
            definition: method.definition,
            call: method.call,
            receiver: Some(Arc::clone(&receiver)),
            starts_disabled: false,
        });
        Self {
            tools: tools.collect(),
            ..Self::default()
        }
    }

    /// Adds a tool: the name of a function marked `#[mcp_tool]`.
    pub fn tool<T: Tool>(/* .tool::<name>() */ mut self) -> Self {
        self.tools.push(RegisteredTool {
            name: Cow::Borrowed(T::DEFINITION.name),
            origin: Cow::Borrowed(type_name::<T>()),
            definition: T::DEFINITION,
            call: T::call,
            receiver: None,
            starts_disabled: false,
        });
        self
    }

    /// Adds a resource: the name of a function marked `#[mcp_resource]`.
    pub fn resource<R: Resource>(/* .resource::<name>() */ mut self) -> Self {
        self.resources.push(RegisteredResource {
            origin: type_name::<R>(),
            definition: R::DEFINITION,
            read: R::read,
        });
        self
    }

    /// Adds a prompt: the name of a function marked `#[mcp_prompt]`.
    pub fn prompt<P: Prompt>(/* .prompt::<name>() */ mut self) -> Self {
        self.prompts.push(RegisteredPrompt {
            name: Cow::Borrowed(P::DEFINITION.name),
            origin: type_name::<P>(),
            definition: P::DEFINITION,
            get: P::get,
        });
        self
    }

    /// Adds all of another set, or the tools of a value whose type is marked
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
    /// in the set by now; resources keep their URIs. Whether MCP allows the names
    /// is checked when the server is built.
    pub fn prefixed(mut self, prefix: &str) -> Self {
        for tool in &mut self.tools {
            tool.name = Cow::Owned(format!("{prefix}{name}", name = tool.name));
        }
        for prompt in &mut self.prompts {
            prompt.name = Cow::Owned(format!("{prefix}{name}", name = prompt.name));
        }
        self
    }

    /// Lets every tool that is in the set by now start disabled: it is neither
    /// listed nor called until a [`ToolSwitch`](crate::ToolSwitch) enables it.
    pub fn disabled(mut self) -> Self {
        for tool in &mut self.tools {
            tool.starts_disabled = true;
        }
        self
    }

    /// The names of the tools, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.tools.iter().map(|tool| tool.name.clone().into_owned());
        names.collect()
    }
}

impl fmt::Debug for ToolSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools = self.tools.iter().map(|tool| (&tool.name, &tool.origin));
        formatter.debug_map().entries(tools).finish()
    }
}

/// The set of one of several blocks of a type; what `#[mcp_tools(set = name)]` calls.
pub fn named_set<Set, T: ToolMethods<Set>>(receiver: impl Into<Arc<T>>) -> ToolSet {
    ToolSet::of_methods::<Set, T>(receiver.into())
}

/// What tools can be taken from: a [`ToolSet`], a value of a type whose `impl`
/// block is marked `#[mcp_tools]`, or an `Arc` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of tools",
    label = "has no methods that are tools",
    note = "put `#[mcp_tools]` on an `impl` block of it and `#[mcp_tool]` on the methods, or collect functions: `ToolSet::new().tool::<name>()`"
)]
pub trait IntoToolSet {
    /// The tools.
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
