//! A server of ours that does deeds.

use glassbox::{ResourceProvider, Server, ToolContext, ToolError, mcp_tool};
use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceContents, ResourceTemplate};

use super::deeds::{Failure, Work, deed_of};
use super::setup::Setup;
use super::{NAME, VERSION};

/// Tools that tell the model of their failures.
macro_rules! tools {
    ($($name:ident),+) => {$(
        /// Does what its name says.
        #[mcp_tool]
        async fn $name(work: &Work, #[arg(default = "")] value: String) -> Result<String, ToolError> {
            match work.perform(stringify!($name), &value).await {
                Ok(text) => Ok(text),
                Err(Failure::Told(error)) => Err(error),
                Err(_) => Err(ToolError::new("not like this")),
            }
        }
    )+};
}

/// Tools that fail with JSON-RPC errors.
macro_rules! protocol_tools {
    ($($name:ident),+) => {$(
        /// Does what its name says.
        #[mcp_tool]
        async fn $name(work: &Work, #[arg(default = "")] value: String) -> Result<String, ErrorData> {
            match work.perform(stringify!($name), &value).await {
                Ok(text) => Ok(text),
                Err(Failure::Protocol(error)) => Err(error),
                Err(_) => Err(ErrorData::internal_error("not like this", None)),
            }
        }
    )+};
}

tools!(
    stages, fail, explode, fetch, many, fail_late, chatter, hijack, echo, by_hand, wait
);
protocol_tools!(protocol_error, error_with_data, error_with_text, forbidden);

/// Resources that do deeds when they are read.
struct Deeds(Work);

impl ResourceProvider for Deeds {
    fn templates(&self) -> Vec<ResourceTemplate> {
        vec![ResourceTemplate::new("work://{deed}/{value}", "deed")]
    }

    async fn list(
        &self,
        _: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::default())
    }

    async fn read(&self, uri: &str, _: &ToolContext) -> Result<ReadResourceResult, ErrorData> {
        let not_found = || ErrorData::resource_not_found("there is no such resource", None);
        let (deed, value) = deed_of(uri).ok_or_else(not_found)?;
        match self.0.perform(deed, value).await {
            Ok(text) => Ok(ReadResourceResult::new(vec![ResourceContents::text(
                text, uri,
            )])),
            Err(Failure::Told(error)) => Err(ErrorData::internal_error(error.to_string(), None)),
            Err(Failure::Protocol(error)) => Err(error),
            Err(Failure::Unknown) => Err(not_found()),
        }
    }
}

/// The server.
#[must_use]
pub fn own(setup: &Setup) -> Server {
    let work = Work::new(&setup.upstream);
    let grant = setup.grant();
    let mut builder = Server::builder(NAME, VERSION)
        .inject(work.clone())
        .resources(Deeds(work.clone()))
        .passback_limits(setup.limits())
        .passback_grant(move |_| grant)
        .telemetry(setup.telemetry())
        .tool::<stages>()
        .tool::<fail>()
        .tool::<explode>()
        .tool::<fetch>()
        .tool::<many>()
        .tool::<fail_late>()
        .tool::<chatter>()
        .tool::<hijack>()
        .tool::<echo>()
        .tool::<by_hand>()
        .tool::<wait>()
        .tool::<protocol_error>()
        .tool::<error_with_data>()
        .tool::<error_with_text>()
        .tool::<forbidden>();
    if let Some(secret) = &setup.secret {
        builder = builder.redact(secret);
    }
    let server = builder.build().unwrap();
    work.trace_with(&server.tracer_provider());
    server
}
