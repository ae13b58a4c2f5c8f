//! What a server said of passback.

use rmcp::model::ServerCapabilities;

use super::lift::Lift;
use crate::passback::EXTENSION_ID;

/// Which revisions of SEP-2448 a server advertised. Advisory: nothing depends on it (SEP-2448 S03, C01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Advertised {
    /// The extension of July 2026.
    pub july: bool,
    /// The top-level capability of March 2026. rmcp's types have no place for it, so it is seen only with a
    /// [`Lift`] below the transport.
    pub march: bool,
}

impl Advertised {
    pub(super) fn new(capabilities: Option<&ServerCapabilities>, lift: Option<&Lift>) -> Self {
        let extensions = capabilities.and_then(|capabilities| capabilities.extensions.as_ref());
        Self {
            july: extensions.is_some_and(|extensions| extensions.contains_key(EXTENSION_ID)),
            march: lift.is_some_and(|lift| lift.counts().march_advertisements > 0),
        }
    }

    /// Whether either revision was advertised.
    #[must_use]
    pub fn any(self) -> bool {
        self.july || self.march
    }
}
