//! Beside attributes of other crates and of the compiler, above them and below.

use async_trait::async_trait;
use glassbox::{mcp_tool, mcp_tools, phase, ToolError};

#[phase("attributes.step")]
async fn step(number: u32) -> Result<u32, ToolError> {
    tokio::task::yield_now().await;
    Ok(number)
}

/// Ours above: a `?` may stand inside a phase.
#[mcp_tool]
#[tracing::instrument(skip_all, err)]
pub async fn traced_below(audit: &Audit, number: u32) -> Result<u32, ToolError> {
    #[phase("attributes.step")]
    let number = {
        let number = audit.get(number).await?;
        number.saturating_add(1)
    };
    Ok(number)
}

/// Ours below: a `?` ends the phase.
#[tracing::instrument(skip_all, ret)]
#[mcp_tool]
pub async fn traced_above(number: u32) -> Result<u32, ToolError> {
    #[phase("attributes.step")]
    let number = Audit.get(number).await?;
    Ok(number)
}

/// Attributes of the compiler, above and below a tool.
#[cfg(not(any()))]
#[doc(alias = "former")]
#[mcp_tool]
#[deprecated = "call `ping`"]
#[must_use]
#[inline]
#[allow(unused_variables, reason = "it has become useless")]
pub fn old(number: u32) -> u32 {
    7
}

/// Attributes of the compiler, above and below a phase.
#[deprecated]
#[must_use = "it is a number"]
#[cold]
#[phase]
#[cfg_attr(all(), inline(never))]
#[expect(unused_variables, reason = "it has become useless")]
pub fn old_phase(number: u32) -> u32 {
    7
}

/// Left out, whatever is wrong with it.
#[cfg(any())]
#[mcp_tool]
fn left_out(missing: &str) {}

/// What is looked at.
#[async_trait]
pub trait Look {
    /// Gives the number back.
    async fn get(&self, number: u32) -> Result<u32, ToolError>;

    /// Gives the number back, later.
    #[phase("attributes.later")]
    async fn later(&self, number: u32) -> Result<u32, ToolError> {
        #[phase("attributes.first")]
        let number = {
            let number = self.get(number).await?;
            self.get(number).await?
        };
        Ok(number)
    }
}

/// Looks at numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit;

#[async_trait]
impl Look for Audit {
    async fn get(&self, number: u32) -> Result<u32, ToolError> {
        tokio::task::yield_now().await;
        Ok(number)
    }
}

/// Keeps numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger;

#[mcp_tools(prefix = "ledger_")]
#[async_trait]
impl Look for Ledger {
    /// Gives the number back.
    #[mcp_tool]
    async fn get(&self, number: u32) -> Result<u32, ToolError> {
        step(number).await
    }

    #[phase]
    async fn later(&self, number: u32) -> Result<u32, ToolError> {
        self.get(number).await
    }
}

/// Our attributes above and below those that make an `async fn` an ordinary one.
#[cfg(test)]
mod tests {
    use glassbox::phase;

    use super::{step, Audit, Ledger, Look as _};

    #[phase("tests.above")]
    #[tokio::test]
    async fn phase_above_a_test() {
        #[phase("tests.inside")]
        let number = step(1).await.unwrap_or_default();
        assert_eq!(number, 1);
    }

    #[tokio::test]
    #[phase("tests.below")]
    async fn phase_below_a_test() {
        #[phase("tests.inside")]
        let number = step(1).await.unwrap_or_default();
        assert_eq!(number, 1);
        assert_eq!(Audit.later(2).await.unwrap(), 2);
        assert_eq!(Ledger.later(3).await.unwrap(), 3);
    }

    #[phase]
    #[test]
    fn phase_above() {
        #[phase("tests.inside")]
        let number = run();
        assert_eq!(number.unwrap(), 2);
    }

    #[test]
    #[phase]
    #[expect(deprecated, reason = "it is tested")]
    fn phase_below() {
        assert_eq!(super::old_phase(1), 7);
    }

    #[phase]
    #[tokio::main(flavor = "current_thread")]
    async fn run() -> Result<u32, glassbox::ToolError> {
        #[phase("tests.inside")]
        let number = {
            let number = step(1).await?;
            number.saturating_add(1)
        };
        Ok(number)
    }
}
