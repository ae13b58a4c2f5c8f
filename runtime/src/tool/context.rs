//! What a tool may know of the request it serves.

use rmcp::RoleServer;
use rmcp::model::{MetaObject, ProgressNotificationParam, RequestId};
use rmcp::service::{Peer, RequestContext, ServiceError};
use tokio_util::sync::CancellationToken;

/// The request a tool is called in. Borrow it as a parameter: `&ToolContext`.
///
/// # Examples
///
/// ```
/// use glassbox::{ToolContext, mcp_tool};
///
/// /// Counts to ten and reports on the way.
/// #[mcp_tool]
/// async fn count(context: &ToolContext) -> u8 {
///     for round in 1..=10 {
///         context.report_progress(f64::from(round), Some(10.0)).await.ok();
///     }
///     10
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ToolContext(RequestContext<RoleServer>);

impl ToolContext {
    pub(crate) fn new(request: RequestContext<RoleServer>) -> Self {
        Self(request)
    }

    /// The id of the JSON-RPC request.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.0.id
    }

    /// The request's `_meta`.
    #[must_use]
    pub fn meta(&self) -> &MetaObject {
        &self.0.meta
    }

    /// Who calls, if the server checks that.
    #[cfg(feature = "auth")]
    #[must_use]
    pub fn identity(&self) -> Option<&crate::auth::Identity> {
        crate::auth::Identity::of(&self.0)
    }

    /// The client on the other side.
    #[must_use]
    pub fn peer(&self) -> &Peer<RoleServer> {
        &self.0.peer
    }

    /// Is cancelled when the client cancels the request or goes away.
    #[must_use]
    pub fn cancellation_token(&self) -> &CancellationToken {
        &self.0.ct
    }

    /// rmcp's own context of the request.
    #[must_use]
    pub fn request(&self) -> &RequestContext<RoleServer> {
        &self.0
    }

    /// Tells the client how far the tool is. Does nothing if the client did not
    /// ask for progress.
    ///
    /// # Errors
    ///
    /// If the notification cannot be sent, which a tool may ignore.
    pub async fn report_progress(
        &self,
        progress: f64,
        total: Option<f64>,
    ) -> Result<(), ServiceError> {
        let Some(token) = self.0.meta.get_progress_token() else {
            return Ok(());
        };
        let mut notification = ProgressNotificationParam::new(token, progress);
        notification.total = total;
        self.0.peer.notify_progress(notification).await
    }
}
