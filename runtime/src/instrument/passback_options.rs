//! What a server's author decides about passback.

use crate::passback::{Gate, PassbackLimits, PassbackPolicy, Secrets};

/// Everything that can be set, with its defaults. See the methods of
/// [`Instrumented`](super::Instrumented).
#[derive(Clone, Debug, Default)]
pub(crate) struct PassbackOptions {
    pub(crate) policy: PassbackPolicy,
    pub(crate) limits: PassbackLimits,
    pub(crate) gate: Gate,
    pub(crate) secrets: Secrets,
    pub(crate) has_reference_profile: bool,
    pub(crate) covers_prompts: bool,
}
