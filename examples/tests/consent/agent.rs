//! What the agent does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use glassbox::PassbackRequest;
use gmail_example::agent::{self, AgentOptions};
use gmail_example::identity::consent::{self, Decision};
use gmail_example::screen::Screen;
use gmail_example::sign_in::{SignIn, Visit};
use url::Url;

use crate::support::{World, never, sign_in};

async fn ask(url: &Url, sign_in: SignIn) -> (Result<(), String>, String) {
    let mut options = AgentOptions::new("List my 3 most recent emails", url.clone());
    options.passback = PassbackRequest::Detailed;
    options.sign_in = Some(sign_in);
    let mut out = Vec::new();
    let ended = agent::run(&options, Screen::PLAIN, &mut out).await;
    let ended = ended.map_err(|error| error.to_string());
    (ended, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn the_page_is_shown_and_the_call_goes_on_by_itself() {
    let world = World::start(Duration::from_secs(60)).await;
    let visits = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&visits);
    let (sign_in, said) = sign_in(move |page| {
        counter.fetch_add(1, Ordering::Relaxed);
        async move {
            // The user takes a moment, while the call waits.
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                consent::approve(page.as_str()).await.unwrap();
            });
            Ok(())
        }
    });
    let (ended, out) = ask(&world.url, sign_in).await;
    assert_eq!(ended, Ok(()), "{out}");
    assert!(out.contains("I found 3 emails"), "{out}");
    assert!(out.contains("auth.consent"), "{out}");
    assert_eq!(visits.load(Ordering::Relaxed), 1);
    let said = said.lock().unwrap().clone();
    let host = world.arcade.url().replace("http://", "");
    assert!(said[0].contains(&format!("a page at {host}:")), "{said:?}");
    assert!(said[1].starts_with(&world.arcade.url()), "{said:?}");
    // Only whom it concerns reads where the page is.
    let (_, flow) = said[1].rsplit_once('=').unwrap();
    assert!(!out.contains(flow), "{out}");
}

#[tokio::test]
async fn a_page_that_is_only_shown_is_waited_for_over_several_rounds() {
    let world = World::start(Duration::from_millis(20)).await;
    let (mut sign_in, said) = sign_in(|_| async { Ok(()) });
    sign_in.visit = Visit::Print;
    let user = tokio::spawn(visit_what_was_said(Arc::clone(&said)));
    let (ended, out) = ask(&world.url, sign_in).await;
    user.await.unwrap();
    assert_eq!(ended, Ok(()), "{out}");
    assert!(out.contains("I found 3 emails"), "{out}");
    let pages = said.lock().unwrap();
    let pages = pages.iter().filter(|line| line.starts_with("http")).count();
    assert_eq!(pages, 1);
}

async fn visit_what_was_said(said: Arc<Mutex<Vec<String>>>) {
    loop {
        let page = said.lock().unwrap().get(1).cloned();
        if let Some(page) = page {
            tokio::time::sleep(Duration::from_millis(300)).await;
            return consent::approve(&page).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nobody_is_waited_for_for_ever() {
    let world = World::start(Duration::from_secs(60)).await;
    never(&world);
    let (mut sign_in, _) = sign_in(|_| async { Ok(()) });
    sign_in.timeout = Duration::from_millis(200);
    let (ended, _) = ask(&world.url, sign_in).await;
    assert_eq!(
        ended.unwrap_err(),
        "nobody allowed within 0 s what the call needs; what is allowed later counts for the next call"
    );
}

#[tokio::test]
async fn who_denies_on_the_page_gets_an_answer_that_says_so() {
    let world = World::start(Duration::from_secs(60)).await;
    let (sign_in, _) = sign_in(|page| async move {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            consent::decide(page.as_str(), Decision::Deny)
                .await
                .unwrap();
        });
        Ok(())
    });
    let (ended, _) = ask(&world.url, sign_in).await;
    let error = ended.unwrap_err();
    assert!(error.contains("access was not granted"), "{error}");
}

#[tokio::test]
async fn a_page_that_cannot_be_visited_is_declined() {
    let world = World::start(Duration::from_secs(60)).await;
    let (sign_in, said) = sign_in(|_| async { Err("there is no browser".to_owned()) });
    let (ended, _) = ask(&world.url, sign_in).await;
    let error = ended.unwrap_err();
    assert!(error.contains("access was not granted"), "{error}");
    let said = said.lock().unwrap();
    assert_eq!(said[2], "The page was not visited: there is no browser");
}

#[tokio::test]
async fn without_a_way_to_show_pages_the_tool_says_where() {
    let world = World::start(Duration::from_secs(60)).await;
    let mut options = AgentOptions::new("List my 3 most recent emails", world.url.clone());
    options.sign_in = None;
    let ended = agent::run(&options, Screen::PLAIN, &mut Vec::new()).await;
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("open http://127.0.0.1"), "{error}");
}
