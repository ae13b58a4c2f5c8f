//! An identity provider that is not well.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::watch;

/// What ails an identity provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// Nothing.
    #[default]
    None,
    /// Answers do not come until this is over.
    Slow,
    /// Every answer is 503.
    Down,
    /// Every answer is 200 with what is not JSON.
    Garbage,
}

/// Answers in the place of the provider while it is not well.
pub(super) async fn suffer(
    State(mut outage): State<watch::Receiver<Outage>>,
    request: Request,
    next: Next,
) -> Response {
    // An error means that the provider was dropped: nobody will end the outage.
    let _ = outage.wait_for(|outage| *outage != Outage::Slow).await;
    let now = *outage.borrow();
    match now {
        Outage::None | Outage::Slow => next.run(request).await,
        Outage::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Outage::Garbage => {
            let html = [(header::CONTENT_TYPE, "text/html")];
            (html, "<!doctype html><title>{\"keys\":[</title>\u{fffd}").into_response()
        }
    }
}
