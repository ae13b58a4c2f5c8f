//! Options into a server.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;

use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};

use super::error::BuildError;
use super::handler::ToolHandler;
use super::prompts::Prompts;
use super::provider::{DynResources, ResourceProvider};
use super::resources::Resources;
use super::switch::ToolSwitch;
use super::tools::Tools;
use crate::instrument::{Instrumented, PassbackOptions, TelemetryOptions};
use crate::passback::{
    PassbackCounts, PassbackGrant, PassbackLimits, PassbackPolicy, PassbackRateLimit, Secrets,
};
use crate::prompt::Prompt;
use crate::resource::Resource;
use crate::tool::{Injections, IntoToolSet, Tool, ToolSet};

/// A server of annotated tools, ready to serve.
///
/// Cheap to clone; clones are the same server.
///
/// # Examples
///
/// ```
/// use glassbox::{Server, mcp_tool};
///
/// /// Greets somebody.
/// #[mcp_tool(read_only)]
/// fn greet(name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// # fn build() -> Result<(), glassbox::BuildError> {
/// let server = Server::builder("greeter", "1.0.0").tool::<greet>().build()?;
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) handler: Instrumented<ToolHandler>,
    #[cfg(feature = "http-server")]
    pub(super) http: super::http::HttpOptions,
    #[cfg(feature = "auth")]
    pub(super) auth: Option<crate::auth::AuthLayer>,
}

impl Server {
    /// Starts the description of a server. Its name is the `service.name` of
    /// its spans.
    pub fn builder(name: impl Into<String>, version: impl Into<String>) -> ServerBuilder {
        ServerBuilder {
            implementation: Implementation::new(name, version),
            instructions: None,
            tools: ToolSet::new(),
            switch: None,
            injections: Injections::default(),
            duplicate_injections: Vec::new(),
            resources: None,
            passback: PassbackOptions::default(),
            secrets: Vec::new(),
            telemetry: TelemetryOptions::new(),
            #[cfg(feature = "http-server")]
            http: super::http::HttpOptions::default(),
            #[cfg(feature = "auth")]
            auth: None,
            #[cfg(feature = "auth")]
            access: super::access::Access::default(),
        }
    }

    /// The server as an rmcp handler, for a transport of your own.
    #[must_use]
    pub fn handler(&self) -> impl ServerHandler + Clone + fmt::Debug + use<> {
        self.handler.clone()
    }

    /// The provider that records, for other instrumentation whose spans are to
    /// join those of the request. See [`Instrumented::tracer_provider`].
    #[must_use]
    pub fn tracer_provider(&self) -> SdkTracerProvider {
        self.handler.tracer_provider()
    }

    /// Spans that are being recorded right now for clients that asked, over all
    /// requests; 0 when no request that asked for spans is in flight.
    #[must_use]
    pub fn open_spans(&self) -> usize {
        self.handler.open_spans()
    }

    /// What became of requests and their tokens so far, if the server checks
    /// them.
    #[cfg(feature = "auth")]
    #[must_use]
    pub fn auth_counts(&self) -> Option<crate::auth::AuthCounts> {
        self.auth.as_ref().map(crate::auth::AuthLayer::counts)
    }

    /// What was held back and refused so far, over all requests.
    #[must_use]
    pub fn passback_counts(&self) -> PassbackCounts {
        self.handler.passback_counts()
    }
}

/// What a server will be. See [`Server::builder`].
#[must_use = "a builder does nothing until it is built or served"]
pub struct ServerBuilder {
    implementation: Implementation,
    instructions: Option<String>,
    tools: ToolSet,
    switch: Option<ToolSwitch>,
    injections: Injections,
    duplicate_injections: Vec<&'static str>,
    resources: Option<Box<dyn DynResources>>,
    passback: PassbackOptions,
    secrets: Vec<String>,
    telemetry: TelemetryOptions,
    #[cfg(feature = "http-server")]
    pub(super) http: super::http::HttpOptions,
    #[cfg(feature = "auth")]
    pub(super) auth: Option<crate::auth::Auth>,
    #[cfg(feature = "auth")]
    pub(super) access: super::access::Access,
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServerBuilder")
            .field("name", &self.implementation.name)
            .field("tools", &self.tools)
            .field("injections", &self.injections)
            .finish_non_exhaustive()
    }
}

impl ServerBuilder {
    /// Tells the model how to use the server.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Adds a tool: the name of a function marked `#[mcp_tool]`.
    pub fn tool<T: Tool>(/* .tool::<name>() */ mut self) -> Self {
        self.tools = self.tools.tool::<T>();
        self
    }

    /// Adds what is in a [`ToolSet`], or the methods of a value whose type is
    /// marked `#[mcp_tools]`; the value is their `self`. Resources and prompts
    /// among them are added as well.
    ///
    /// # Examples
    ///
    /// ```
    /// use glassbox::{Server, mcp_tool, mcp_tools};
    ///
    /// struct Counter {
    ///     start: u32,
    /// }
    ///
    /// #[mcp_tools(prefix = "counter_")]
    /// impl Counter {
    ///     /// Where the counting starts.
    ///     #[mcp_tool(read_only)]
    ///     fn start(&self) -> u32 {
    ///         self.start
    ///     }
    /// }
    ///
    /// let server = Server::builder("counters", "1.0.0").tools(Counter { start: 1 }).build();
    /// # server.unwrap();
    /// ```
    pub fn tools(mut self, tools: impl IntoToolSet) -> Self {
        self.tools = self.tools.with(tools);
        self
    }

    /// Lets tools, resources and prompts be enabled and disabled while the server
    /// runs, and tells clients so (`listChanged` of each). Default: all of them,
    /// always.
    pub fn tool_switch(mut self, switch: &ToolSwitch) -> Self {
        self.switch = Some(switch.clone());
        self
    }

    /// Adds a resource, or a template of resources: the name of a function
    /// marked `#[mcp_resource]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use glassbox::{Server, mcp_resource};
    ///
    /// /// What the server is for.
    /// #[mcp_resource("about://this")]
    /// fn about() -> &'static str {
    ///     "It keeps notes."
    /// }
    ///
    /// let server = Server::builder("notes", "1.0.0").resource::<about>().build();
    /// # server.unwrap();
    /// ```
    pub fn resource<R: Resource>(/* .resource::<name>() */ mut self) -> Self {
        self.tools = self.tools.resource::<R>();
        self
    }

    /// Adds a prompt: the name of a function marked `#[mcp_prompt]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use glassbox::{Server, mcp_prompt};
    ///
    /// /// Asks for a summary.
    /// #[mcp_prompt]
    /// fn summarize(topic: String) -> String {
    ///     format!("Summarize what the notes say of {topic}.")
    /// }
    ///
    /// let server = Server::builder("notes", "1.0.0").prompt::<summarize>().build();
    /// # server.unwrap();
    /// ```
    pub fn prompt<P: Prompt>(/* .prompt::<name>() */ mut self) -> Self {
        self.tools = self.tools.prompt::<P>();
        self
    }

    /// Provides `value` to everything that borrows its type.
    pub fn inject<T: Any + Send + Sync>(mut self, value: T) -> Self {
        if !self.injections.insert(value) {
            self.duplicate_injections.push(type_name::<T>());
        }
        self
    }

    /// Offers resources that are found at run time, beside those of
    /// [`resource`](Self::resource), which come first: in the list, and where a
    /// URI is read. A second call replaces the first.
    pub fn resources(mut self, provider: impl ResourceProvider) -> Self {
        self.resources = Some(Box::new(provider));
        self
    }

    /// Sets what of the spans may leave. Default:
    /// [`PassbackPolicy::default`].
    pub fn passback_policy(mut self, policy: PassbackPolicy) -> Self {
        self.passback.policy = policy;
        self
    }

    /// Sets how much telemetry may leave. Default: [`PassbackLimits::default`].
    pub fn passback_limits(mut self, limits: PassbackLimits) -> Self {
        self.passback.limits = limits;
        self
    }

    /// Decides for each request that asks for spans how much it gets. Default:
    /// whatever it asks for.
    ///
    /// A refused request is answered as if it had not asked (SEP-2448, S01). A
    /// function that panics refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// use glassbox::{PassbackGrant, Server};
    ///
    /// let server = Server::builder("orders", "1.0.0").passback_grant(|request| {
    ///     let parts = request.extensions.get::<http::request::Parts>();
    ///     match parts.and_then(|parts| parts.headers.get("x-customer")) {
    ///         Some(customer) if customer == "acme" => PassbackGrant::Detailed,
    ///         Some(_) => PassbackGrant::TopLevel,
    ///         None => PassbackGrant::Refuse,
    ///     }
    /// });
    /// ```
    pub fn passback_grant(
        mut self,
        grant: impl Fn(&RequestContext<RoleServer>) -> PassbackGrant + Send + Sync + 'static,
    ) -> Self {
        self.passback.gate.set_grant(grant);
        self
    }

    /// Bounds how often callers get spans. Default: no bound. Requests that
    /// the grant refuses do not count.
    pub fn passback_rate_limit(mut self, limit: PassbackRateLimit) -> Self {
        self.passback.gate.set_rate_limit(limit);
        self
    }

    /// Names a secret of this process, such as a key to another service, that
    /// is looked for in everything that leaves. See [`Secrets`] for what is
    /// found. The credentials of the request itself need not be named; what a
    /// call learns on its way is named with [`redact`](crate::redact()).
    pub fn redact(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Whether spans also carry the attributes that some GenAI back ends need
    /// to show them at all. Default: `false`. See
    /// [`Instrumented::reference_profile`].
    pub fn reference_profile(mut self, reference_profile: bool) -> Self {
        self.passback.has_reference_profile = reference_profile;
        self
    }

    /// Whether the spans of prompts are in answers too, as those of tools and
    /// resources are. Default: `false`: SEP-2448 names the other two. Your own
    /// export and metrics see prompts in any case.
    pub fn passback_for_prompts(mut self, passback_for_prompts: bool) -> Self {
        self.passback.covers_prompts = passback_for_prompts;
        self
    }

    /// Sets what is exported, measured and handed on, beside passback. Default:
    /// [`TelemetryOptions::new`].
    pub fn telemetry(mut self, options: TelemetryOptions) -> Self {
        self.telemetry = options;
        self
    }

    /// Builds the server.
    ///
    /// # Errors
    ///
    /// If the server has no name, two tools or prompts have one name, two resources one URI, a
    /// resource is hidden behind another one, a prefix makes a name that MCP does not allow or what
    /// is no URI, a function borrows what was not injected, a type was injected twice, an argument
    /// contradicts its default, something is disabled for ever, the switch is another server's, a
    /// secret is too short to be one, or what `auth` was given cannot be used.
    pub fn build(mut self) -> Result<Server, BuildError> {
        if self.implementation.name.trim().is_empty() {
            return Err(BuildError::NoName);
        }
        if let Some(type_name) = self.duplicate_injections.first() {
            return Err(BuildError::DuplicateInjection {
                type_name: (*type_name).to_owned(),
            });
        }
        self.passback.secrets = Secrets::new(self.secrets)?;
        let switch = self.switch;
        if switch.is_none() {
            check_all_enabled(&self.tools)?;
        }
        let ToolSet {
            tools,
            resources,
            prompts,
        } = self.tools.clone();
        let tools = Tools::build(tools, &self.injections, switch.clone())?;
        let provider = self.resources;
        let resources = Resources::build(resources, provider, &self.injections, switch.clone())?;
        let prompts = Prompts::build(prompts, &self.injections, switch.clone())?;
        #[cfg(feature = "auth")]
        let needs = if self.access.enforces_scopes {
            crate::auth::Needs {
                tools: tools.scoped().collect(),
                prompts: prompts.scoped().collect(),
                resources: resources.scoped().collect(),
            }
        } else {
            crate::auth::Needs::default()
        };
        #[cfg(feature = "auth")]
        let auth = self
            .auth
            .map(|auth| auth.into_layer_for(needs, crate::auth::UnknownSessions::Refuse));
        #[cfg(feature = "auth")]
        let auth = auth.transpose()?;
        // Last: the switch of a server that cannot be built stays free.
        if let Some(switch) = &switch {
            switch.serve(&self.tools)?;
        }
        let mut capabilities = ServerCapabilities::default();
        capabilities.tools = tools.capability();
        capabilities.resources = resources.capability();
        capabilities.prompts = prompts.capability();
        let mut info = ServerConfig::new(capabilities).with_server_info(self.implementation);
        info.instructions = self.instructions;
        let handler = ToolHandler {
            info,
            tools,
            resources,
            prompts,
            switch,
            injections: Arc::new(self.injections),
            #[cfg(feature = "auth")]
            access: self.access,
        };
        Ok(Server {
            handler: Instrumented::new(handler)
                .with_all_options(self.passback)
                .telemetry(self.telemetry),
            #[cfg(feature = "http-server")]
            http: self.http,
            #[cfg(feature = "auth")]
            auth,
        })
    }
}

/// Refuses what starts disabled where nothing can enable it.
fn check_all_enabled(set: &ToolSet) -> Result<(), BuildError> {
    match set.items().find(|item| item.starts_disabled) {
        None => Ok(()),
        Some(disabled) => Err(BuildError::DisabledForEver {
            item: disabled.to_string(),
        }),
    }
}
