//! A call, made again until it can go on.

use std::sync::Arc;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ElicitRequestParams, ElicitResult, ErrorCode,
    InputRequest, InputRequiredResult, InputResponses,
};
use rmcp::service::ServiceError;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::ElicitError;
use super::pages::{Pages, Shown};
use crate::screen::{self, Status};

/// A URL elicitation has to be completed first (MCP 2025-11-25). rmcp has no name for it.
const URL_ELICITATION_REQUIRED: ErrorCode = ErrorCode(-32042);
/// How long is waited before a call is made again: longer each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// One call, as often as it takes: it is made again when the user has been sent to the page that it needs.
pub(in crate::call) struct Rounds {
    pages: Option<Arc<Pages>>,
    /// When nobody waits any longer, once somebody was asked.
    deadline: Option<Instant>,
    pause: Duration,
    _status: Option<Status>,
}

impl Rounds {
    pub(super) fn new(pages: Option<Arc<Pages>>) -> Self {
        Self {
            pages,
            deadline: None,
            pause: FIRST_PAUSE,
            _status: None,
        }
    }

    /// The answer to one round. After the first one it has to come before the user has had enough time.
    pub(in crate::call) async fn in_time<T>(
        &self,
        round: impl Future<Output = T>,
    ) -> Result<T, ElicitError> {
        let (Some(pages), Some(deadline)) = (&self.pages, self.deadline) else {
            return Ok(round.await);
        };
        tokio::select! {
            answer = round => Ok(answer),
            () = tokio::time::sleep_until(deadline) => Err(ElicitError::TimedOut(pages.timeout())),
            () = pages.given_up() => Err(ElicitError::Declined),
        }
    }

    /// Does what the answer asks for, and says whether the call has to be made again, with these parameters.
    pub(in crate::call) async fn go_on(
        &mut self,
        answer: Result<&CallToolResponse, &ServiceError>,
        params: &mut CallToolRequestParams,
    ) -> Result<bool, ElicitError> {
        match answer {
            Ok(CallToolResponse::InputRequired(result)) => {
                let pages = self.pages.clone().ok_or(ElicitError::NotOffered)?;
                self.begin(&pages);
                let responding = respond(&pages, result);
                let (responses, is_new) = self.in_time(responding).await??;
                if !is_new {
                    self.rest().await?;
                }
                params.input_responses = (!responses.is_empty()).then_some(responses);
                params.request_state.clone_from(&result.request_state);
                Ok(true)
            }
            Err(ServiceError::McpError(error)) if error.code == URL_ELICITATION_REQUIRED => {
                let asked = Elicitations::of(error);
                let (Some(pages), Some(asked)) = (self.pages.clone(), asked) else {
                    return Ok(false);
                };
                self.begin(&pages);
                self.in_time(visit(&pages, &asked)).await??;
                self.rest().await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// From now on the user has so much time.
    fn begin(&mut self, pages: &Pages) {
        let timeout = pages.timeout();
        self.deadline
            .get_or_insert_with(|| Instant::now() + timeout);
        let status = "waiting for what the call needs; Ctrl-C gives up";
        self._status.get_or_insert_with(|| screen::status(status));
    }

    /// Waits before the next round: not every server waits itself.
    async fn rest(&mut self) -> Result<(), ElicitError> {
        let pause = self.pause;
        self.pause = LAST_PAUSE.min(pause * 2);
        self.in_time(tokio::time::sleep(pause)).await
    }
}

/// Responses to everything that a result asks for, and whether a page was new.
async fn respond(
    pages: &Arc<Pages>,
    result: &InputRequiredResult,
) -> Result<(InputResponses, bool), ElicitError> {
    let mut responses = InputResponses::new();
    let mut is_new = false;
    for (key, request) in result.input_requests.iter().flatten() {
        let InputRequest::Elicitation(request) = request else {
            return Err(ElicitError::NotOffered);
        };
        let shown = match &request.params {
            ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
                pages.show(message, url).await?
            }
            _ => Shown::Declined,
        };
        is_new |= shown == Shown::Now;
        let response = serde_json::to_value(ElicitResult::new(shown.action()));
        responses.insert(key.clone(), response.unwrap_or(Value::Null));
    }
    Ok((responses, is_new))
}

/// Shows all pages.
async fn visit(pages: &Arc<Pages>, asked: &Elicitations) -> Result<(), ElicitError> {
    for Elicitation { message, url, .. } in &asked.elicitations {
        if pages.show(message, url).await? == Shown::Declined {
            return Err(ElicitError::Declined);
        }
    }
    Ok(())
}

/// What the error says (MCP 2025-11-25, URL Elicitation Required Error).
#[derive(Deserialize)]
struct Elicitations {
    elicitations: Vec<Elicitation>,
}

#[derive(Deserialize)]
struct Elicitation {
    mode: String,
    url: String,
    #[serde(default)]
    message: String,
}

impl Elicitations {
    fn of(error: &ErrorData) -> Option<Self> {
        let asked = Self::deserialize(error.data.as_ref()?).ok()?;
        let is_usable = asked.elicitations.iter().all(|it| it.mode == "url");
        (is_usable && !asked.elicitations.is_empty()).then_some(asked)
    }
}
