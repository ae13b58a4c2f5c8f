//! Authorization requests, good and bad.

use gmail_example::identity::IdentityConfig;
use gmail_example::identity::consent::{ConsentError, Decision, approve};
use reqwest::header::LOCATION;
use url::Url;

use super::support::{Changes, Peer, REDIRECT, RESOURCE, peer, query};

#[tokio::test]
async fn consent_gives_a_code_with_state_and_issuer() {
    let peer = peer().await;
    let url = peer.consent(&[]).await;
    assert!(
        url.as_str().starts_with(&format!("{REDIRECT}?code=")),
        "{url}"
    );
    let sent = query(&url);
    assert_eq!(sent["state"], "a state & more");
    assert_eq!(sent["iss"], peer.provider.issuer());
    assert_eq!(sent.len(), 3);
}

#[tokio::test]
async fn denying_is_told_to_the_client() {
    let peer = peer().await;
    let sent = query(&peer.decide(&[], Decision::Deny).await);
    assert_eq!(sent["error"], "access_denied");
    assert_eq!(sent["state"], "a state & more");
    assert_eq!(sent["iss"], peer.provider.issuer());
    assert_eq!(sent.get("code"), None);
}

#[tokio::test]
async fn a_request_without_client_and_redirect_uri_leads_nowhere() {
    let peer = peer().await;
    let cases: &[(u16, Changes<'_>)] = &[
        (400, &[("client_id", None)]),
        (400, &[("client_id", Some("unknown"))]),
        (400, &[("client_id", Some("http://127.0.0.1:1/none.json"))]),
        (400, &[("redirect_uri", None)]),
        (
            400,
            &[("redirect_uri", Some("https://evil.example/callback"))],
        ),
        (
            400,
            &[("redirect_uri", Some("http://127.0.0.1:7777/other"))],
        ),
        (
            400,
            &[("redirect_uri", Some("http://127.0.0.1:7777/callback?a=b"))],
        ),
        (
            400,
            &[("redirect_uri", Some("http://127.0.0.1:7777/callback/"))],
        ),
        (
            400,
            &[("redirect_uri", Some("http://127.0.0.1:7777/callback#a"))],
        ),
        (
            400,
            &[("redirect_uri", Some("http://u@127.0.0.1:7777/callback"))],
        ),
        (
            400,
            &[("redirect_uri", Some("http://localhost:7777/callback"))],
        ),
        (
            400,
            &[(
                "redirect_uri",
                Some("http://127.0.0.1.evil.example/callback"),
            )],
        ),
        (
            400,
            &[("redirect_uri", Some("https://127.0.0.1:7777/callback"))],
        ),
        (400, &[("redirect_uri", Some("javascript:alert(1)"))]),
        // Also when more is wrong: who is not known is told nothing.
        (
            400,
            &[("client_id", Some("unknown")), ("response_type", None)],
        ),
    ];
    for (status, changes) in cases {
        let response = peer.get(&peer.authorization(changes)).await;
        assert_eq!(response.status(), *status, "{changes:?}");
        assert_eq!(response.headers().get(LOCATION), None, "{changes:?}");
        assert!(
            response
                .text()
                .await
                .unwrap()
                .contains("This does not work")
        );
    }
    let twice = format!("{}&client_id=again", peer.authorization(&[]));
    assert_eq!(peer.get(&twice).await.status(), 400);
    let long = peer.authorization(&[("state", Some(&"s".repeat(9000)))]);
    assert_eq!(peer.get(&long).await.status(), 414);
    assert_eq!(peer.provider.counts().refused, cases.len() as u64 + 2);
}

#[tokio::test]
async fn other_mistakes_are_told_to_the_client() {
    let peer = Peer::start(IdentityConfig::default().with_resource(RESOURCE)).await;
    let short = "c".repeat(42);
    let cases: &[(&str, Changes<'_>)] = &[
        ("invalid_request", &[("response_type", None)]),
        (
            "unsupported_response_type",
            &[("response_type", Some("token"))],
        ),
        ("invalid_request", &[("code_challenge", None)]),
        ("invalid_request", &[("code_challenge", Some(&short))]),
        ("invalid_request", &[("code_challenge_method", None)]),
        (
            "invalid_request",
            &[("code_challenge_method", Some("plain"))],
        ),
        (
            "invalid_scope",
            &[("scope", Some("gmail.readonly everything"))],
        ),
        ("invalid_target", &[("resource", None)]),
        (
            "invalid_target",
            &[("resource", Some("http://127.0.0.1:8000/other"))],
        ),
        ("invalid_target", &[("resource", Some("not a URI"))]),
    ];
    for (code, changes) in cases {
        let response = peer.get(&peer.authorization(changes)).await;
        assert_eq!(response.status(), 303, "{changes:?}");
        let target = response.headers()[LOCATION].to_str().unwrap();
        let sent = query(&Url::parse(target).unwrap());
        assert!(target.starts_with(REDIRECT), "{target}");
        assert_eq!(sent["error"], *code, "{changes:?}");
        assert_eq!(sent["state"], "a state & more");
        assert_eq!(sent["iss"], peer.provider.issuer());
    }
    let fragment = [("resource", Some("http://127.0.0.1:8000/mcp#part"))];
    let any = super::support::peer().await;
    let sent = query(&any.consent(&fragment).await);
    assert_eq!(sent["error"], "invalid_target");
}

#[tokio::test]
async fn a_program_on_this_machine_may_take_any_port() {
    let peer = peer().await;
    let other = "http://127.0.0.1:5/callback";
    let url = peer.consent(&[("redirect_uri", Some(other))]).await;
    assert!(url.as_str().starts_with(other), "{url}");
}

#[tokio::test]
async fn a_request_without_scopes_is_offered_all_and_without_state_gets_none() {
    let peer = peer().await;
    let changes: Changes<'_> = &[("scope", None), ("state", None)];
    let sent = query(&peer.consent(changes).await);
    assert_eq!(sent.get("state"), None);
    let exchange = peer.exchange(&sent["code"], &[]);
    let (_, tokens) = peer.post("/token", &exchange).await;
    assert_eq!(tokens["scope"], "gmail.readonly gmail.send");
}

#[tokio::test]
async fn consent_without_a_person_is_for_this_machine_only() {
    for url in [
        "https://login.example.com/authorize?state=secret",
        "http://10.0.0.1/authorize?state=secret",
        "no URL at all",
    ] {
        let refused = approve(url).await.unwrap_err();
        assert!(matches!(refused, ConsentError::NotLoopback(_)), "{refused}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
