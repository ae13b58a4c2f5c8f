//! Users who have to visit a page before a call can go on; without the feature
//! `tokens` there are none.

#[cfg(feature = "tokens")]
pub(super) use crate::tokens::Asking;

#[cfg(not(feature = "tokens"))]
pub(super) use self::absent::Asking;

#[cfg(not(feature = "tokens"))]
mod absent {
    use rmcp::model::InputResponses;
    use rmcp::service::RequestContext;
    use rmcp::{ErrorData, RoleServer};

    /// Nobody is asked.
    pub(crate) struct Asking;

    #[expect(clippy::unused_self, reason = "as with the feature `tokens`")]
    impl Asking {
        pub(crate) fn begin(
            _: &mut RequestContext<RoleServer>,
            _: Option<&InputResponses>,
        ) -> Self {
            Self
        }

        pub(crate) fn declined<A>(&self) -> Option<Result<A, ErrorData>> {
            None
        }

        pub(crate) fn answer<A>(&self, answer: Result<A, ErrorData>) -> Result<A, ErrorData> {
            answer
        }
    }
}
