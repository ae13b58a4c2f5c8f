//! The consent page of the Gmail example's identity provider, as a person meets it.

use std::net::Ipv4Addr;

use axum::Router;
use axum::routing::get;
use gmail_example::identity::{IdentityConfig, IdentityProvider};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::browser::{Page, visit};

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";

/// A provider, a program that waits to be called back, and the URL of the page that asks about it.
async fn begin(client_name: &str) -> (IdentityProvider, String, Url) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let callback = format!("http://{}/callback", listener.local_addr().unwrap());
    let router = Router::new().route("/callback", get("You can close this page."));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let provider = IdentityProvider::start(IdentityConfig::default())
        .await
        .unwrap();
    let register = format!("{}/register", provider.issuer());
    let metadata = json!({"client_name": client_name, "redirect_uris": [callback]});
    let http = support::http::client();
    let request = http.post(register).json(&metadata);
    let client: Value = request.send().await.unwrap().json().await.unwrap();
    let mut url = Url::parse(&format!("{}/authorize", provider.issuer())).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", client["client_id"].as_str().unwrap()),
        ("redirect_uri", &callback),
        ("state", "state"),
        ("resource", "http://127.0.0.1:8000/mcp"),
        ("code_challenge", &"c".repeat(43)),
        ("code_challenge_method", "S256"),
    ]);
    (provider, callback, url)
}

/// Presses Tab once for each button up to the one with this text, and then Enter.
async fn press_button(page: &Page, tabs: usize, text: &str) {
    for _ in 0..tabs {
        page.press(TAB).await;
    }
    let focused = page.run("return document.activeElement.textContent").await;
    assert_eq!(focused, text);
    page.press(ENTER).await;
}

async fn answer(page: &Page, callback: &str) -> Vec<(String, String)> {
    let address = page.address().await;
    assert!(address.as_str().starts_with(callback), "{address}");
    assert_eq!(page.text_of("body").await, "You can close this page.");
    address.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_person_allows_by_keyboard_and_the_program_is_called_back() {
    let (_provider, callback, url) = begin("A program").await;
    visit(url.as_str(), async |page| {
        assert_eq!(page.text_of("h1").await, "Allow access?");
        assert!(page.text_of("main").await.contains("A program"));
        press_button(page, 1, "Allow").await;
        let sent = answer(page, &callback).await;
        assert_eq!(sent[0].0, "code");
        assert_eq!(sent[1], ("state".to_owned(), "state".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_person_denies_and_the_program_is_told() {
    let (_provider, callback, url) = begin("A program").await;
    visit(url.as_str(), async |page| {
        press_button(page, 2, "Deny").await;
        let sent = answer(page, &callback).await;
        assert_eq!(sent[0], ("error".to_owned(), "access_denied".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_hostile_name_is_shown_and_nothing_runs() {
    let name = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>";
    let (_provider, _, url) = begin(name).await;
    visit(url.as_str(), async |page| {
        assert_eq!(page.text_of("bdi").await, name);
        assert_eq!(page.run("return document.title").await, "Allow access?");
        assert_eq!(page.complaints().await, Vec::<Value>::new());
        // And if it were markup, the page's policy would stop it.
        let injected = page
            .run(
                "const it = document.createElement('script'); it.textContent = 'document.title = \"run\"'; \
                 document.body.append(it); return document.title",
            )
            .await;
        assert_eq!(injected, "Allow access?");
        let complaints = json!(page.complaints().await).to_string();
        assert!(complaints.contains("Content Security Policy"), "{complaints}");
    })
    .await;
}

#[tokio::test]
async fn the_page_fits_a_narrow_window_and_its_style_is_applied() {
    let (_provider, _, url) = begin(&"W".repeat(100)).await;
    visit(url.as_str(), async |page| {
        page.resize(320, 640).await;
        let wide =
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(page.run(wide).await, false);
        let width = "return getComputedStyle(document.querySelector('button')).minHeight";
        assert_ne!(page.run(width).await, "0px", "the policy let the style in");
    })
    .await;
}
