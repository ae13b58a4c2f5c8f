//! What the user is shown.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use glassbox::render::printable;
use rmcp::model::ElicitationAction;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::ElicitError;
use crate::screen::cut;
use crate::sign_in::{SignIn, Visit, safe_page};

/// Pages of one connection. Ours: a server needs one or two services.
pub(super) const MAX_PAGES: usize = 8;
/// Columns of what the server says of a page.
const MAX_MESSAGE: usize = 200;

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Now,
    Before,
    Declined,
}

impl Shown {
    pub(super) fn action(self) -> ElicitationAction {
        match self {
            Self::Now | Self::Before => ElicitationAction::Accept,
            Self::Declined => ElicitationAction::Decline,
        }
    }
}

/// Who shows pages, and which were shown.
pub(super) struct Pages {
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
    pub(super) fn new(server: Url, sign_in: SignIn) -> Self {
        Self {
            server,
            sign_in,
            shown: Mutex::default(),
            current: Mutex::default(),
            listens: Once::new(),
            declined: CancellationToken::new(),
        }
    }

    /// How long a person may take.
    pub(super) fn timeout(&self) -> Duration {
        self.sign_in.timeout
    }

    /// Is ready when the user gives up.
    pub(super) async fn given_up(&self) {
        self.declined.cancelled().await;
    }

    /// Shows a page, once.
    pub(super) async fn show(
        self: &Arc<Self>,
        message: &str,
        page: &str,
    ) -> Result<Shown, ElicitError> {
        let say = |text: &str| self.sign_in.notice.say(text);
        let server = authority(&self.server);
        let Ok(page) = safe_page(page, &self.server) else {
            say(&format!(
                "The server at {server} asks you to visit a page that is neither https:// nor on this machine, or has a user \
                 name in its address. It is not shown."
            ));
            return Ok(Shown::Declined);
        };
        {
            let mut shown = locked(&self.shown);
            if shown.contains(&page) {
                return Ok(Shown::Before);
            }
            if shown.len() == MAX_PAGES {
                return Err(ElicitError::TooManyPages);
            }
            shown.insert(page.clone());
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
        Ok(Shown::Now)
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
