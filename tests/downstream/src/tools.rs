//! Tools: functions and methods.

use glassbox::{mcp_tool, mcp_tools, phase, ToolContext, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What there is.
#[derive(Debug)]
pub struct Shop {
    stock: u32,
}

impl Shop {
    /// So many things.
    #[must_use]
    pub const fn new(stock: u32) -> Self {
        Self { stock }
    }
}

/// What is wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Order {
    /// Of what
    pub name: String,
    /// How much
    pub amount: Option<u32>,
}

/// What was sold.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Receipt {
    /// What is left
    pub left: u32,
}

/// Does nothing.
#[mcp_tool]
pub fn ping() {}

/// Sells, if there is enough.
#[mcp_tool(destructive, title = "Sell", open_world = false)]
pub async fn sell(
    shop: &Shop,
    context: &ToolContext,
    /// What to sell
    item: Order,
    #[arg(default = 5, minimum = 1, maximum = 10)] count: u32,
    #[arg(default = "x", min_length = 1, pattern = "^[a-z]+$", example = "y")] name: String,
    #[arg(default)] list: Vec<u32>,
    label: Option<String>,
) -> Result<Receipt, ToolError> {
    #[phase("shop.check", shop.count = count)]
    let left = shop
        .stock
        .checked_sub(item.amount.unwrap_or(count))
        .ok_or_else(|| ToolError::new("there is not enough"))?;
    #[phase("shop.wait")]
    tokio::task::yield_now().await;
    drop((context, name, list, label));
    #[phase("shop.last")]
    Ok(Receipt { left })
}

/// Computes.
#[mcp_tool(blocking)]
#[must_use]
pub fn checksum(rounds: u32) -> u64 {
    (0..rounds).fold(7, |sum, round| sum.rotate_left(5) ^ u64::from(round))
}

/// The same, of a shop.
#[mcp_tools(prefix = "shop_")]
impl Shop {
    /// Counts what there is.
    #[mcp_tool(read_only)]
    async fn count(&self, #[arg(minimum = 1)] more: u32) -> u32 {
        #[phase("shop.count")]
        let sum = {
            tokio::task::yield_now().await;
            self.stock.saturating_add(more)
        };
        sum
    }

    /// Says what it is told.
    #[mcp_tool]
    #[must_use]
    pub fn said(text: String) -> String {
        text
    }
}
