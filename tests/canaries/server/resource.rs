//! Resources of any name.

use glassbox::{ResourceProvider, ToolContext, phase};
use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceContents};

use crate::witness::{saw, saw_request};

/// Reads whatever it is asked for.
pub struct Files;

impl ResourceProvider for Files {
    async fn list(
        &self,
        _: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::default())
    }

    async fn read(
        &self,
        uri: &str,
        context: &ToolContext,
    ) -> Result<ReadResourceResult, ErrorData> {
        saw(uri);
        saw_request(context);
        load().await;
        let contents = ResourceContents::text("nothing", "file:///nothing");
        Ok(ReadResourceResult::new(vec![contents]))
    }
}

#[phase("load")]
async fn load() {
    tokio::task::yield_now().await;
}
