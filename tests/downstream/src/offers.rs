//! Resources and prompts.

use glassbox::{mcp_prompt, mcp_resource, phase, ResourceError};

use crate::tools::Shop;

/// What the shop is.
#[mcp_resource("shop://about", mime_type = "text/plain")]
#[must_use]
pub fn about() -> &'static str {
    "It sells things."
}

/// An order.
#[mcp_resource("shop://orders/{id}")]
pub async fn order(shop: &Shop, id: u32) -> Result<String, ResourceError> {
    #[phase("shop.order", order.id = id)]
    tokio::task::yield_now().await;
    Ok(format!("{id} {shop:p}"))
}

/// Asks for a thing.
#[mcp_prompt(title = "Ask")]
#[must_use]
pub fn ask(
    /// Which thing
    thing: String,
    #[arg(default = "politely")] how: String,
    often: Option<u32>,
) -> String {
    #[phase("shop.ask")]
    let often = often.unwrap_or(1);
    format!("Ask {how} for {thing}, {often} times.")
}
