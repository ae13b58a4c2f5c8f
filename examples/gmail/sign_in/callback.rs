//! Where the browser comes back to: a socket on this machine, for one answer.

use std::future::IntoFuture as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use url::form_urlencoded;

use super::SignInError;

/// The path of the redirect URI.
const PATH: &str = "/callback";
/// Bytes of a query. Ours: codes are far shorter.
const MAX_QUERY_BYTES: usize = 8 * 1024;
/// How long a page may take to arrive in the browser after the end.
const LAST_PAGE: Duration = Duration::from_secs(1);

const SIGNED_IN: &str = "You are signed in";
const NOT_SIGNED_IN: &str = "You are not signed in";
const FOREIGN: &str = "This answer belongs to no sign-in that is under way";

/// A socket that waits for the answer to one sign-in (RFC 8252, section 7.3).
///
/// It is bound to 127.0.0.1 only. Of the requests that come, the first one to the exact path with the right `state` is the
/// answer; all else is refused, and does not end the wait: anybody on this machine, and any web page, can send requests here.
pub(super) struct Callback {
    redirect_uri: String,
    listener: TcpListener,
}

/// What the authorization server sends along.
pub(super) struct Answer {
    pub(super) state: String,
    /// Who says that it is from them (RFC 9207).
    pub(super) issuer: Option<String>,
    pub(super) outcome: Outcome,
}

/// What has become of the request.
pub(super) enum Outcome {
    /// A code for tokens.
    Code(String),
    /// There is none.
    Error {
        /// The error's code, such as `access_denied`.
        error: String,
        /// The server's words.
        description: Option<String>,
    },
}

impl Callback {
    pub(super) async fn listen() -> Result<Self, SignInError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(SignInError::Listen)?;
        let address = listener.local_addr().map_err(SignInError::Listen)?;
        Ok(Self {
            redirect_uri: format!("http://{address}{PATH}"),
            listener,
        })
    }

    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Starts to answer requests.
    pub(super) fn expect(self, state: &str) -> Waiting {
        let (answers, received) = mpsc::channel(1);
        let refused = Arc::new(AtomicUsize::new(0));
        let expected = Expected {
            state: state.into(),
            answers,
            refused: Arc::clone(&refused),
        };
        let router = Router::new().route(PATH, get(answer)).with_state(expected);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let task = tokio::spawn(async {
            // An error of the socket ends the wait, and with it the sign-in.
            let _ = serving.into_future().await;
        });
        Waiting {
            received,
            refused,
            stop: Some(stop),
            task,
        }
    }
}

/// A callback that is waited for. Dropped, it closes its socket.
pub(super) struct Waiting {
    received: mpsc::Receiver<(Answer, oneshot::Sender<bool>)>,
    refused: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Waiting {
    /// The answer, and where to say whether it was good. None if the socket is broken.
    ///
    /// # Cancel safety
    ///
    /// No answer is lost: one that came is there the next time.
    pub(super) async fn answer(&mut self) -> Option<(Answer, oneshot::Sender<bool>)> {
        self.received.recv().await
    }

    /// Requests that were not the answer: with another `state`, or none.
    pub(super) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// Closes the socket as soon as the browser has its page.
    pub(super) async fn close(mut self) {
        self.stop.take();
        let _ = tokio::time::timeout(LAST_PAGE, &mut self.task).await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Expected {
    state: Arc<str>,
    answers: mpsc::Sender<(Answer, oneshot::Sender<bool>)>,
    refused: Arc<AtomicUsize>,
}

async fn answer(State(expected): State<Expected>, RawQuery(query): RawQuery) -> Response {
    let Some(answer) = parse(&query.unwrap_or_default(), &expected.state) else {
        expected.refused.fetch_add(1, Ordering::Relaxed);
        return page(StatusCode::BAD_REQUEST, FOREIGN);
    };
    let (judge, verdict) = oneshot::channel();
    // A second answer, while the first one is looked at, finds no room.
    if expected.answers.try_send((answer, judge)).is_err() {
        return page(StatusCode::BAD_REQUEST, FOREIGN);
    }
    match verdict.await {
        Ok(true) => page(StatusCode::OK, SIGNED_IN),
        _ => page(StatusCode::OK, NOT_SIGNED_IN),
    }
}

/// The answer in a query, if it is one to this sign-in. A parameter that stands there twice makes it none (RFC 6749,
/// section 3.1).
fn parse(query: &str, state: &str) -> Option<Answer> {
    if query.len() > MAX_QUERY_BYTES {
        return None;
    }
    let [mut given, mut code, mut issuer, mut error, mut description] = [const { None }; 5];
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match key.as_ref() {
            "state" => &mut given,
            "code" => &mut code,
            "iss" => &mut issuer,
            "error" => &mut error,
            "error_description" => &mut description,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    let state = given.filter(|given| given == state)?;
    let outcome = match (code, error) {
        (Some(code), None) => Outcome::Code(code),
        (None, Some(error)) => Outcome::Error { error, description },
        _ => return None,
    };
    Some(Answer {
        state,
        issuer,
        outcome,
    })
}

/// A page of constant text: nothing of the request is in it.
fn page(status: StatusCode, title: &str) -> Response {
    let hint = match title {
        SIGNED_IN => "You can close this page, and go back to the terminal.",
        NOT_SIGNED_IN => "The terminal says why. You can close this page.",
        _ => "Start again from the terminal.",
    };
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <main>\n<h1>{title}</h1>\n<p>{hint}</p>\n</main>\n</html>\n"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_code_or_one_error_with_the_right_state() {
        for (query, expected) in [
            ("code=c&state=s", "code c"),
            ("code=c&state=s&iss=i&session=1", "code c of i"),
            ("error=access_denied&state=s", "error access_denied: "),
            (
                "error=e&error_description=d%20d&state=s&iss=i",
                "error e: d d of i",
            ),
            ("code=c", "none"),
            ("code=c&state=S", "none"),
            ("code=c&state=ss", "none"),
            ("code=c&state=", "none"),
            ("state=s", "none"),
            ("code=c&error=e&state=s", "none"),
            ("code=c&code=d&state=s", "none"),
            ("code=c&state=x&state=s", "none"),
            ("", "none"),
        ] {
            let shown = match parse(query, "s") {
                Some(Answer {
                    issuer, outcome, ..
                }) => {
                    let issuer = issuer.map_or(String::new(), |issuer| format!(" of {issuer}"));
                    match outcome {
                        Outcome::Code(code) => format!("code {code}{issuer}"),
                        Outcome::Error { error, description } => {
                            format!("error {error}: {}{issuer}", description.unwrap_or_default())
                        }
                    }
                }
                None => "none".to_owned(),
            };
            assert_eq!(shown, expected, "{query}");
        }
    }

    #[test]
    fn a_query_has_a_bound() {
        let query = |bytes: usize| "state=s&code=".to_owned() + &"c".repeat(bytes - 13);
        assert!(parse(&query(MAX_QUERY_BYTES - 1), "s").is_some());
        assert!(parse(&query(MAX_QUERY_BYTES), "s").is_some());
        assert!(parse(&query(MAX_QUERY_BYTES + 1), "s").is_none());
    }
}
