//! The consent page: what it says, and what it lets happen.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, SET_COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::json;

use super::support::{Peer, REDIRECT, changed, encode, peer};

struct Shown {
    cookie: String,
    token: String,
    html: String,
    policy: String,
}

async fn show(peer: &Peer) -> Shown {
    let page = peer.get(&peer.authorization(&[])).await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
    let cookie = page.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let policy = page.headers()[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    let html = page.text().await.unwrap();
    let (_, rest) = html.split_once("name=\"csrf_token\" value=\"").unwrap();
    let token = rest.split_once('"').unwrap().0.to_owned();
    Shown {
        cookie,
        token,
        html,
        policy,
    }
}

async fn answer(peer: &Peer, cookie: Option<&str>, form: &BTreeMap<String, String>) -> Response {
    let mut request = peer
        .http
        .post(peer.url("/authorize"))
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie.split(';').next().unwrap());
    }
    request.body(encode(form)).send().await.unwrap()
}

#[tokio::test]
async fn nothing_runs_on_the_page_and_nobody_frames_it() {
    let shown = show(&peer().await).await;
    assert!(
        shown.policy.starts_with("default-src 'none';"),
        "{}",
        shown.policy
    );
    assert!(shown.policy.contains("frame-ancestors 'none'"));
    assert!(
        shown
            .policy
            .contains("form-action 'self' http://127.0.0.1:7777;")
    );
    assert!(!shown.policy.contains("unsafe"), "{}", shown.policy);
    assert!(!shown.policy.contains("script-src"), "{}", shown.policy);
    assert!(!shown.html.contains("<script"), "{}", shown.html);
    assert!(
        shown.cookie.contains("; HttpOnly; SameSite=Lax"),
        "{}",
        shown.cookie
    );
    for part in [
        "lang=\"en\"",
        "<h1>",
        "gmail.readonly",
        "ada@example.com",
        "<main>",
    ] {
        assert!(shown.html.contains(part), "no {part}: {}", shown.html);
    }
}

#[tokio::test]
async fn what_a_client_calls_itself_is_text() {
    let mut peer = peer().await;
    let name = "<script>alert(1)</script>\" onload='x' &amp;";
    let metadata = json!({"client_name": name, "redirect_uris": [REDIRECT]});
    let (_, client) = peer.register(&metadata).await;
    peer.client_id = client["client_id"].as_str().unwrap().to_owned();
    let html = show(&peer).await.html;
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp;amp;";
    assert!(html.contains(escaped), "{html}");
    assert!(!html.contains("<script"), "{html}");
}

#[tokio::test]
async fn only_the_page_in_the_same_browser_decides() {
    let peer = peer().await;
    let shown = show(&peer).await;
    let other = show(&peer).await;
    let cookie = Some(shown.cookie.as_str());
    let good = [("csrf_token", shown.token.as_str()), ("decision", "allow")];
    let cases = [
        (cookie, changed(&good, &[("csrf_token", None)]), 403),
        (
            cookie,
            changed(&good, &[("csrf_token", Some("guess"))]),
            403,
        ),
        (cookie, changed(&good, &[("decision", None)]), 400),
        (cookie, changed(&good, &[("decision", Some("maybe"))]), 400),
        (None, changed(&good, &[]), 403),
        (Some("identity-browser=short"), changed(&good, &[]), 403),
        (Some(other.cookie.as_str()), changed(&good, &[]), 403),
    ];
    for (cookie, form, status) in cases {
        let refused = answer(&peer, cookie, &form).await;
        assert_eq!(refused.status(), status, "{form:?}");
        assert_eq!(refused.headers().get(LOCATION), None, "{form:?}");
    }
    let not_a_form = peer.http.post(peer.url("/authorize")).json(&json!({}));
    assert_eq!(not_a_form.send().await.unwrap().status(), 400);
    // What others tried has taken nothing from the user.
    let allowed = answer(&peer, cookie, &changed(&good, &[])).await;
    assert_eq!(allowed.status(), StatusCode::SEE_OTHER);
    let twice = answer(&peer, cookie, &changed(&good, &[])).await;
    assert_eq!(twice.status(), 403, "one page, one answer");
}

#[tokio::test]
async fn a_page_does_not_wait_for_ever() {
    let peer = peer().await;
    let shown = show(&peer).await;
    peer.provider.advance_clock(Duration::from_secs(601));
    let form = changed(&[("csrf_token", &shown.token), ("decision", "allow")], &[]);
    let late = answer(&peer, Some(&shown.cookie), &form).await;
    assert_eq!(late.status(), 403);
}

#[tokio::test]
async fn two_pages_in_one_browser_both_work() {
    let peer = peer().await;
    let first = show(&peer).await;
    let cookie = first.cookie.split(';').next().unwrap();
    let page = peer
        .http
        .get(peer.authorization(&[]))
        .header("cookie", format!("other=1; {cookie}"))
        .send()
        .await
        .unwrap();
    let again = page.headers()[SET_COOKIE].to_str().unwrap();
    assert!(again.starts_with(cookie), "the browser keeps its name");
    let form = changed(&[("csrf_token", &first.token), ("decision", "deny")], &[]);
    assert_eq!(
        answer(&peer, Some(&first.cookie), &form).await.status(),
        303
    );
}
