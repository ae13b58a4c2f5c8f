//! The same tools without Glassbox, to compare with.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;

use crate::calls::Calls;
use crate::tools::{FLOOD_PHASES, LATE_TASKS, explode_now};

/// An rmcp handler with the tools of [`tools`](crate::tools), and no spans.
#[derive(Debug, Clone)]
pub(crate) struct Bare(pub(crate) Calls);

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let number = params
            .arguments
            .as_ref()
            .and_then(|arguments| arguments.get("number"));
        let number = number.and_then(Value::as_u64).unwrap_or_default();
        // As Glassbox does: a panic is answered, and a cancelled call is dropped.
        let call = AssertUnwindSafe(self.run(&params.name, number)).catch_unwind();
        let text = |text: String| vec![ContentBlock::text(text)];
        let result = tokio::select! {
            answer = call => match answer {
                Ok(Ok(answer)) => CallToolResult::success(text(answer)),
                Ok(Err(Some(error))) => return Err(error),
                Ok(Err(None)) | Err(_) => CallToolResult::error(text("failed".to_owned())),
            },
            () = request.ct.cancelled() => return Err(ErrorData::internal_error("cancelled", None)),
        };
        Ok(CallToolResponse::Complete(result))
    }
}

impl Bare {
    /// Runs a tool; `Err` is a JSON-RPC error, or none if the tool has failed.
    async fn run(&self, tool: &str, number: u64) -> Result<String, Option<ErrorData>> {
        tokio::task::yield_now().await;
        match tool {
            "fail" => return Err(None),
            "refuse" => return Err(Some(ErrorData::internal_error("down", None))),
            "explode" => explode_now(),
            "hang" => {
                let _inside = self.0.enter(number);
                std::future::pending::<()>().await;
            }
            "scatter" => {
                for _ in 0..LATE_TASKS {
                    let (late, gate) = (self.0.outlive(), self.0.gate(number));
                    tokio::spawn(async move {
                        gate.cancelled().await;
                        drop(late);
                    });
                }
            }
            "flood" => {
                for _ in 0..FLOOD_PHASES {
                    tokio::task::yield_now().await;
                }
            }
            _ => {}
        }
        Ok(number.to_string())
    }
}
