//! Resources that a server finds at run time.

use std::pin::Pin;

use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceTemplate};

use crate::tool::ToolContext;

/// Resources that are found at run time: listed page by page, or read where no
/// function marked `#[mcp_resource]` has the URI.
///
/// Reads are observed as tool calls are: phases and outgoing HTTP calls inside
/// [`read`](Self::read) come back to a client that asks.
pub trait ResourceProvider: Send + Sync + 'static {
    /// The templates of resources that are not listed one by one. Default: none.
    fn templates(&self) -> Vec<ResourceTemplate> {
        Vec::new()
    }

    /// One page of the resources there are.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error for the client, such as a cursor that is unknown.
    fn list(
        &self,
        cursor: Option<&str>,
        context: &ToolContext,
    ) -> impl Future<Output = Result<ListResourcesResult, ErrorData>> + Send;

    /// Reads one resource that no function has. Default: there is none.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error for the client; for a URI that does not exist,
    /// [`ErrorData::resource_not_found`].
    fn read(
        &self,
        _uri: &str,
        _context: &ToolContext,
    ) -> impl Future<Output = Result<ReadResourceResult, ErrorData>> + Send {
        async {
            Err(ErrorData::resource_not_found(
                "there is no such resource",
                None,
            ))
        }
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ErrorData>> + Send + 'a>>;

/// [`ResourceProvider`] without its type.
pub(super) trait DynResources: Send + Sync {
    fn templates(&self) -> Vec<ResourceTemplate>;
    fn list<'a>(
        &'a self,
        cursor: Option<&'a str>,
        context: &'a ToolContext,
    ) -> BoxFuture<'a, ListResourcesResult>;
    fn read<'a>(
        &'a self,
        uri: &'a str,
        context: &'a ToolContext,
    ) -> BoxFuture<'a, ReadResourceResult>;
}

impl<R: ResourceProvider> DynResources for R {
    fn templates(&self) -> Vec<ResourceTemplate> {
        ResourceProvider::templates(self)
    }

    fn list<'a>(
        &'a self,
        cursor: Option<&'a str>,
        context: &'a ToolContext,
    ) -> BoxFuture<'a, ListResourcesResult> {
        Box::pin(ResourceProvider::list(self, cursor, context))
    }

    fn read<'a>(
        &'a self,
        uri: &'a str,
        context: &'a ToolContext,
    ) -> BoxFuture<'a, ReadResourceResult> {
        Box::pin(ResourceProvider::read(self, uri, context))
    }
}
