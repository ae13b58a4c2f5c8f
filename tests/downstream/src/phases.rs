//! Phases, wherever they can stand.

use glassbox::{mcp_tool, phase, ToolError};

#[phase]
async fn step(number: u32) -> Result<u32, ToolError> {
    tokio::task::yield_now().await;
    Ok(number)
}

/// All of them.
#[mcp_tool]
pub async fn everywhere(numbers: Vec<u32>) -> Result<u32, ToolError> {
    #[phase("all.sum")]
    let sum = {
        let mut sum = 0_u32;
        #[phase("all.round", rounds = 3, app.number = number)]
        for number in &numbers {
            if *number == 2 {
                continue;
            }
            sum = sum.saturating_add(step(*number).await?);
        }
        sum
    };
    let double = #[phase("all.closure")]
    |number: u32| number.saturating_mul(2);
    let doubled = double(sum);
    let later = #[phase("all.block", kind = client)]
    async {
        step(doubled).await
    };
    let later = later.await?;
    match later {
        #[phase("all.arm")]
        8 => tokio::task::yield_now().await,
        _ => return Err(parsed("no number").map_or_else(ToolError::from, ToolError::from_number)),
    }
    #[phase("all.last")]
    step(later).await
}

/// A phase that does not wait, and one with a `?` inside.
#[phase("all.parsed", ok(app.number = |number| *number), err = text)]
fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
    #[phase("all.parse")]
    let number = {
        let number: u32 = text.parse()?;
        number.saturating_add(1)
    };
    Ok(number)
}

trait FromNumber {
    fn from_number(number: u32) -> Self;
}

impl FromNumber for ToolError {
    fn from_number(number: u32) -> Self {
        Self::new(format!("{number} is not expected"))
    }
}
