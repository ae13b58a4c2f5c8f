//! What may come back to the agent's socket.

use std::time::Duration;

use gmail_example::identity::consent::{self, Decision};
use gmail_example::sign_in::{Notice, SignIn, Visit};
use tokio::sync::mpsc;
use url::Url;

use crate::support::{World, decide, follow, get, redirect_uri, with};

/// What a run with this browser ends with.
async fn refused(sign_in: &SignIn, world: &World) -> String {
    let error = world.run(sign_in).await.err();
    let error = error.map_or("signed in".to_owned(), |error| error.to_string());
    let kept = world.directory.path().join("sign-ins");
    assert_eq!(kept.exists(), error == "signed in", "{error}");
    error
}

#[tokio::test]
async fn an_answer_with_another_state_is_refused_and_the_right_one_is_still_waited_for() {
    let world = World::start().await;
    let (sender, mut pages) = mpsc::unbounded_channel();
    let sign_in = world.sign_in_with(move |page| {
        let sender = sender.clone();
        async move {
            let callback = decide(&page, Decision::Allow).await;
            for callback in [
                with(&callback, "state", Some("made-up")),
                with(&callback, "state", None),
                with(&callback, "code", None),
                redirect_uri(&page),
                redirect_uri(&page).join("/favicon.ico").unwrap(),
                redirect_uri(&page).join("/callback/").unwrap(),
                callback,
            ] {
                sender.send(get(&callback).await).unwrap();
            }
        }
    });
    assert_eq!(refused(&sign_in, &world).await, "signed in");
    for expected in [400, 400, 400, 400, 404, 404] {
        assert_eq!(pages.recv().await.unwrap().0, expected);
    }
    let (status, text) = pages.recv().await.unwrap();
    assert_eq!(status, 200);
    assert!(text.contains("You are signed in"), "{text}");
}

#[tokio::test]
async fn only_one_answer_is_taken_and_then_the_socket_is_closed() {
    let world = World::start().await;
    let (sender, mut callbacks) = mpsc::unbounded_channel();
    let sign_in = world.sign_in_with(move |page| {
        let sender = sender.clone();
        async move {
            let callback = decide(&page, Decision::Allow).await;
            follow(&callback).await;
            sender.send(callback).unwrap();
        }
    });
    world.run(&sign_in).await.unwrap();
    let callback: Url = callbacks.recv().await.unwrap();
    let http = gmail_example::http::client(&callback).build().unwrap();
    let again = http.get(callback).send().await.unwrap_err();
    assert!(again.is_connect(), "{again:?}");
}

#[tokio::test]
async fn answers_that_are_not_the_right_one_do_not_end_the_wait_but_are_counted() {
    let world = World::start().await;
    let mut sign_in = world.sign_in_with(async |page| {
        let callback = decide(&page, Decision::Allow).await;
        follow(&with(&callback, "state", Some("made-up"))).await;
        std::future::pending().await
    });
    sign_in.timeout = Duration::from_secs(2);
    assert_eq!(
        refused(&sign_in, &world).await,
        "nobody signed in within 2 s; if the page showed an error, it says why; an answer that belongs to no sign-in of this agent was refused"
    );
}

#[tokio::test]
async fn an_answer_from_somebody_else_gets_no_code() {
    for issuer in [Some("http://evil.example"), Some(""), None] {
        let world = World::start().await;
        let (sender, mut pages) = mpsc::unbounded_channel();
        let sign_in = world.sign_in_with(move |page| {
            let sender = sender.clone();
            async move {
                let callback = decide(&page, Decision::Allow).await;
                sender
                    .send(get(&with(&callback, "iss", issuer)).await)
                    .unwrap();
            }
        });
        assert_eq!(
            refused(&sign_in, &world).await,
            "the answer is not from the authorization server that was asked; nothing was sent to either"
        );
        let (_, text) = pages.recv().await.unwrap();
        assert!(text.contains("You are not signed in"), "{text}");
    }
}

#[tokio::test]
async fn a_user_who_denies_is_believed() {
    let world = World::start().await;
    let sign_in = world
        .sign_in_with(|page| async move { follow(&decide(&page, Decision::Deny).await).await });
    assert_eq!(
        refused(&sign_in, &world).await,
        "access was denied on the page"
    );
}

#[tokio::test]
async fn an_error_is_quoted_in_one_harmless_line() {
    let world = World::start().await;
    let sign_in = world.sign_in_with(|page| async move {
        let callback = decide(&page, Decision::Deny).await;
        let callback = with(&callback, "error", Some("server_error"));
        let text = "out of order\n\u{1b}[2Jtoday".to_owned() + &"!".repeat(1000);
        follow(&with(&callback, "error_description", Some(&text))).await;
    });
    let error = refused(&sign_in, &world).await;
    let start = "the authorization server refused: server_error: out of order";
    assert!(error.starts_with(start), "{error}");
    assert!(
        !error.contains(['\n', '\u{1b}']) && error.len() < 200,
        "{error}"
    );
}

#[tokio::test]
async fn nobody_is_waited_for_for_ever() {
    let world = World::start().await;
    let mut sign_in = world.sign_in_with(|_| std::future::pending());
    sign_in.timeout = Duration::from_millis(1);
    assert_eq!(
        refused(&sign_in, &world).await,
        "nobody signed in within 0 s; if the page showed an error, it says why"
    );
}

#[tokio::test]
async fn without_a_browser_the_page_is_shown() {
    let world = World::start().await;
    let (sender, mut shown) = mpsc::unbounded_channel();
    let mut sign_in = world.sign_in();
    sign_in.visit = Visit::Print;
    sign_in.notice = Notice::new(move |text| sender.send(text.to_owned()).unwrap());
    let user = async {
        let notice = shown.recv().await.unwrap();
        let page = notice.strip_prefix("To sign in, open this page: ").unwrap();
        consent::approve(page).await.unwrap();
    };
    let (run, ()) = tokio::join!(world.run(&sign_in), user);
    run.unwrap();
}
