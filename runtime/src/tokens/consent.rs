//! Asks the user, in the way that the client of the request can.
//!
//! [`Tokens::get`](super::Tokens::get) leaves the page with the request. If the
//! call then fails, the server answers with the page instead:
//!
//! ```text
//! 2026-07-28   an input-required result with a URL elicitation; on the retry, the server waits
//! 2025-11-25   JSON-RPC error -32042 with a URL elicitation; the client calls again when it likes
//! all else     a tool error that names the page (of resources and prompts, a JSON-RPC error)
//! ```
//!
//! The first two only for clients that declare the capability `elicitation.url`.
//! No state goes along (`requestState`), so there is none to forge: what a retry
//! says is whether the user has agreed to visit the page. Whether they have
//! allowed anything is what the provider says.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, ElicitRequest, ElicitRequestParams, ErrorCode,
    GetPromptResponse, InputRequest, InputRequests, InputRequiredResult, InputResponses,
    ProtocolVersion, ReadResourceResponse,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use url::Url;

use super::error::TokenError;
use super::provider::Consent;

/// A URL elicitation has to be completed first (MCP 2025-11-25, Elicitation,
/// URL Elicitation Required Error). rmcp has no name for it.
const URL_ELICITATION_REQUIRED: ErrorCode = ErrorCode(-32042);
/// What our keys in `inputRequests` begin with.
const KEY_PREFIX: &str = "consent:";
/// What the user reads beside the page's address.
const MESSAGE: &str = "This call needs access to another service on your behalf. Allow it on this page, and the call can go on.";

/// A request whose user may have to be asked.
#[derive(Clone)]
pub(crate) struct Asking(Arc<Asked>);

struct Asked {
    way: Way,
    is_declined: bool,
    /// Keys of the pages that the user has agreed to visit, and whose visit was
    /// not waited for yet.
    accepted: Mutex<BTreeSet<String>>,
    page: Mutex<Option<Url>>,
}

/// How the client gets to know of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    InputRequired,
    Error,
    Text,
}

impl Way {
    fn of(request: &RequestContext<RoleServer>) -> Self {
        let capabilities = request.client_capabilities();
        let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation);
        let takes_pages = elicitation.is_some_and(|elicitation| elicitation.url.is_some());
        match request.protocol_version() {
            Some(version) if takes_pages && version >= ProtocolVersion::V_2026_07_28 => {
                Self::InputRequired
            }
            Some(version) if takes_pages && version >= ProtocolVersion::V_2025_11_25 => Self::Error,
            _ => Self::Text,
        }
    }
}

impl Asking {
    /// Takes in what a retry says, and goes along with the request.
    pub(crate) fn begin(
        request: &mut RequestContext<RoleServer>,
        responses: Option<&InputResponses>,
    ) -> Self {
        let ours = responses
            .into_iter()
            .flatten()
            .filter(|(key, _)| key.starts_with(KEY_PREFIX));
        let (accepted, declined): (Vec<_>, Vec<_>) =
            ours.partition(|(_, response)| response.get("action") == Some(&json!("accept")));
        let accepted = accepted.into_iter().map(|(key, _)| key.clone());
        let asking = Self(Arc::new(Asked {
            way: Way::of(request),
            is_declined: !declined.is_empty(),
            accepted: Mutex::new(accepted.collect()),
            page: Mutex::default(),
        }));
        request.extensions.insert(asking.clone());
        asking
    }

    /// The request that this is about.
    pub(super) fn of(request: &RequestContext<RoleServer>) -> Option<&Self> {
        request.extensions.get()
    }

    /// The answer to a user who does not want to: the call is over, whoever
    /// else might allow it.
    pub(crate) fn declined<A: Answer>(&self) -> Option<Result<A, ErrorData>> {
        self.0.is_declined.then(|| {
            crate::instrument::note_failure(TokenError::Denied.kind());
            A::refused(TokenError::Denied.to_string(), None)
        })
    }

    /// Whether the user is on the way to the page. Once: who has been waited for
    /// in vain is asked again.
    pub(super) fn take_accepted(&self, consent: &Consent) -> bool {
        locked(&self.0.accepted).remove(&key(&consent.url))
    }

    /// Notes that the user has to visit a page.
    pub(super) fn ask(&self, page: &Url) {
        // If it is in a span that leaves, it is not readable there.
        crate::redact(page.as_str()).ok();
        locked(&self.0.page).get_or_insert_with(|| page.clone());
    }

    /// The answer of the request: the page, if one is missing for a better one.
    pub(crate) fn answer<A: Answer>(&self, answer: Result<A, ErrorData>) -> Result<A, ErrorData> {
        let has_failed = answer.as_ref().map_or(true, A::has_failed);
        let Some(page) = locked(&self.0.page).take().filter(|_| has_failed) else {
            return answer;
        };
        if self.0.way != Way::InputRequired {
            let kind = TokenError::ConsentRequired(page.clone()).kind();
            crate::instrument::note_failure(kind);
        }
        match self.0.way {
            Way::InputRequired => {
                let requests = InputRequests::from([(key(&page), elicitation(&page))]);
                Ok(InputRequiredResult::from_input_requests(requests).into())
            }
            Way::Error => Err(required(&page)),
            Way::Text => A::refused(
                format!("the user has to allow access first: open {page} and then try again"),
                Some(&page),
            ),
        }
    }
}

/// Without the page, which is for the user only.
impl fmt::Debug for Asking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Asking")
            .field("way", &self.0.way)
            .finish_non_exhaustive()
    }
}

/// An answer that may have to be another one.
pub(crate) trait Answer: From<InputRequiredResult> {
    /// Whether the call failed.
    fn has_failed(&self) -> bool;

    /// A failure in these words, about this page.
    fn refused(text: String, page: Option<&Url>) -> Result<Self, ErrorData>;
}

impl Answer for CallToolResponse {
    fn has_failed(&self) -> bool {
        matches!(self, Self::Complete(result) if result.is_error == Some(true))
    }

    fn refused(text: String, _: Option<&Url>) -> Result<Self, ErrorData> {
        let content = vec![ContentBlock::text(text)];
        Ok(Self::Complete(CallToolResult::error(content)))
    }
}

impl Answer for ReadResourceResponse {
    fn has_failed(&self) -> bool {
        false
    }

    fn refused(text: String, page: Option<&Url>) -> Result<Self, ErrorData> {
        Err(error(text, page))
    }
}

impl Answer for GetPromptResponse {
    fn has_failed(&self) -> bool {
        false
    }

    fn refused(text: String, page: Option<&Url>) -> Result<Self, ErrorData> {
        Err(error(text, page))
    }
}

/// With the page beside the message: clients put messages into spans.
fn error(text: String, page: Option<&Url>) -> ErrorData {
    match page {
        None => ErrorData::internal_error(text, None),
        Some(page) => {
            let text = "the user has to allow access first, on the page that `data.url` names";
            ErrorData::internal_error(text, Some(json!({"url": page.as_str()})))
        }
    }
}

/// What the page is called in `inputRequests`. Not by its path and query: some
/// services have another one each time.
fn key(page: &Url) -> String {
    format!("{KEY_PREFIX}{}", page.origin().ascii_serialization())
}

fn elicitation(page: &Url) -> InputRequest {
    InputRequest::Elicitation(ElicitRequest::new(
        ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: MESSAGE.to_owned(),
            url: page.as_str().to_owned(),
            elicitation_id: String::new(),
        },
    ))
}

fn required(page: &Url) -> ErrorData {
    let elicitation = json!({
        "mode": "url",
        "elicitationId": random_id(),
        "url": page.as_str(),
        "message": MESSAGE,
    });
    let data: Value = json!({"elicitations": [elicitation]});
    ErrorData::new(URL_ELICITATION_REQUIRED, MESSAGE, Some(data))
}

/// An id that says nothing: the provider's own opens doors at some services.
fn random_id() -> String {
    let mut bytes = [0; 16];
    // Two with one id do no harm: nothing is looked up by it.
    let _ = getrandom::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
