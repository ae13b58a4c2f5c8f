//! Pages that the server asks the user to visit before a call can go on.
//!
//! The client offers URL elicitation (`elicitation.url`), and nothing else that a server could ask for. The page is shown
//! in full, and who asks for it; a browser opens it only if the user says so (MCP, Elicitation, Safe URL Handling).

use std::collections::HashSet;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use glassbox::render::printable;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, ElicitRequestParams,
    ElicitResult, ElicitationAction, ElicitationCapability, ErrorCode, Implementation,
    InputRequest, InputRequiredResult, InputResponses, UrlElicitationCapability,
};
use rmcp::service::{RequestContext, ServiceError};
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::screen::{self, Status, cut};
use crate::sign_in::{SignIn, Visit, safe_page};
use crate::telemetry::SERVICE_NAME;

/// A URL elicitation has to be completed first (MCP 2025-11-25). rmcp has no name for it.
const URL_ELICITATION_REQUIRED: ErrorCode = ErrorCode(-32042);
/// Pages of one connection. Ours: a server needs one or two services.
const MAX_PAGES: usize = 8;
/// How long is waited before a call is made again: longer each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// Columns of what the server says of a page.
const MAX_MESSAGE: usize = 200;

/// Why a call did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElicitError {
    /// The user does not want to visit the page, or it is none that a person should be sent to.
    #[error("the call cannot go on without the page that the server asked to visit")]
    Declined,
    /// Nobody did there what the call needs.
    #[error(
        "nobody allowed within {} s what the call needs; what is allowed later counts for the next call",
        .0.as_secs()
    )]
    TimedOut(Duration),
    /// The server wants to know something that nobody can tell it.
    #[error("the server asks for something that this agent has not offered")]
    NotOffered,
    /// There is no end of it.
    #[error("the server asks for more than {MAX_PAGES} pages")]
    TooManyPages,
}

/// The client's side of a connection: what it offers, and who shows pages.
#[derive(Clone)]
pub(super) struct Handler(Option<Arc<Pages>>);

impl Handler {
    /// Shows pages as `sign_in` does; without it, it does not offer to.
    pub(super) fn new(server: &Url, sign_in: Option<&SignIn>) -> Self {
        Self(sign_in.map(|sign_in| {
            Arc::new(Pages {
                server: server.clone(),
                sign_in: sign_in.clone(),
                shown: Mutex::default(),
                current: Mutex::default(),
                listens: Once::new(),
                declined: CancellationToken::new(),
            })
        }))
    }

    /// The rounds of one call.
    pub(super) fn rounds(&self) -> Rounds {
        Rounds {
            pages: self.0.clone(),
            deadline: None,
            pause: FIRST_PAUSE,
            _status: None,
        }
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler(..)")
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        if self.0.is_some() {
            let url = UrlElicitationCapability::default();
            capabilities.elicitation = Some(ElicitationCapability::default().with_url(url));
        }
        let version = env!("CARGO_PKG_VERSION");
        ClientConfig::new(capabilities, Implementation::new(SERVICE_NAME, version))
    }

    /// A server that asks while the call runs waits by itself for what is done on the page.
    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let action = match (&request, &self.0) {
            (ElicitRequestParams::UrlElicitationParams { message, url, .. }, Some(pages)) => {
                pages.show(message, url).await.unwrap_or(Shown::Declined)
            }
            _ => Shown::Declined,
        };
        Ok(ElicitResult::new(action.action()))
    }
}

/// One call, as often as it takes: it is made again when the user has been sent to the page that it needs.
pub(super) struct Rounds {
    pages: Option<Arc<Pages>>,
    /// When nobody waits any longer, once somebody was asked.
    deadline: Option<Instant>,
    pause: Duration,
    _status: Option<Status>,
}

impl Rounds {
    /// The answer to one round. After the first one it has to come before the user has had enough time.
    pub(super) async fn in_time<T>(
        &self,
        round: impl Future<Output = T>,
    ) -> Result<T, ElicitError> {
        let (Some(pages), Some(deadline)) = (&self.pages, self.deadline) else {
            return Ok(round.await);
        };
        tokio::select! {
            answer = round => Ok(answer),
            () = tokio::time::sleep_until(deadline) => Err(ElicitError::TimedOut(pages.sign_in.timeout)),
            () = pages.declined.cancelled() => Err(ElicitError::Declined),
        }
    }

    /// Does what the answer asks for, and says whether the call has to be made again, with these parameters.
    pub(super) async fn go_on(
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
        let timeout = pages.sign_in.timeout;
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

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Now,
    Before,
    Declined,
}

impl Shown {
    fn action(self) -> ElicitationAction {
        match self {
            Self::Now | Self::Before => ElicitationAction::Accept,
            Self::Declined => ElicitationAction::Decline,
        }
    }
}

/// Who shows pages, and which were shown.
struct Pages {
    server: Url,
    sign_in: SignIn,
    shown: Mutex<HashSet<Url>>,
    /// What Enter opens.
    current: Mutex<Option<Url>>,
    listens: Once,
    /// The user gives the call up.
    declined: CancellationToken,
}

impl Pages {
    /// Shows a page, once.
    async fn show(self: &Arc<Self>, message: &str, page: &str) -> Result<Shown, ElicitError> {
        let say = |text: &str| self.sign_in.notice.say(text);
        let server = authority(&self.server);
        let Ok(page) = safe_page(page, &self.server) else {
            say(&format!(
                "The server at {server} asks you to visit a page that is neither https:// nor on this machine, or has a user \
                 name in its address. It is not shown."
            ));
            return Ok(Shown::Declined);
        };
        let shown = {
            let mut shown = locked(&self.shown);
            let is_new = shown.insert(page.clone());
            if shown.len() > MAX_PAGES {
                return Err(ElicitError::TooManyPages);
            }
            if is_new { Shown::Now } else { Shown::Before }
        };
        if shown == Shown::Before {
            return Ok(shown);
        }
        let host = authority(&page);
        let message = cut(&printable(message), MAX_MESSAGE);
        say(&format!(
            "The server at {server} asks you to visit a page at {host}: {message}"
        ));
        say(page.as_str());
        let seconds = self.sign_in.timeout.as_secs();
        let wait = format!("It is waited for {seconds} s; Ctrl-C gives up.");
        match &self.sign_in.visit {
            Visit::With(visitor) => {
                if let Err(reason) = visitor.visit(page).await {
                    say(&format!("The page was not visited: {}", printable(&reason)));
                    return Ok(Shown::Declined);
                }
            }
            Visit::Browser if io::stdin().is_terminal() => {
                say(&format!(
                    "Enter opens it in your browser; n and Enter gives the call up. {wait}"
                ));
                *locked(&self.current) = Some(page);
                self.listen();
            }
            Visit::Browser | Visit::Print => say(&wait),
        }
        Ok(shown)
    }

    /// Listens to what the user types. The thread ends with the process: nobody can wake it.
    fn listen(self: &Arc<Self>) {
        self.listens.call_once(|| {
            let pages = Arc::clone(self);
            std::thread::spawn(move || {
                let mut line = String::new();
                while io::stdin()
                    .read_line(&mut line)
                    .is_ok_and(|bytes| bytes > 0)
                {
                    match line.trim() {
                        "" => {
                            if let Some(page) = locked(&pages.current).take() {
                                // That it has not started is no failure: the URL was shown.
                                let _ = open::that_detached(page.as_str());
                            }
                        }
                        "n" | "N" | "no" => pages.declined.cancel(),
                        _ => {}
                    }
                    line.clear();
                }
            });
        });
    }
}

/// Host and port. Of a name with letters that look like others, the form in ASCII.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
