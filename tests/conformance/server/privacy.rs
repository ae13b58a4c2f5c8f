//! S13 and S14: what stays on the server.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::json;
use support::matrix::{Method, SECRET, Setup};
use support::tree::{attributes, span, traces, tree};
use support::upstream::Upstream;
use support::wire::{Client, ask};

use super::everywhere;

#[tokio::test]
async fn s13_no_secret_leaves() {
    let upstream = Upstream::start().await;
    let setup = Setup {
        upstream: upstream.url().to_owned(),
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        let deeds = [
            ("stages", SECRET),
            ("fail", SECRET),
            ("forbidden", SECRET),
            ("protocol_error", SECRET),
            ("chatter", SECRET),
            ("hijack", SECRET),
            ("by_hand", SECRET),
            ("fetch", "fail"),
            ("fetch", SECRET),
        ];
        for (deed, value) in deeds {
            let answer = case.ask(deed, value, ask(true)).await;
            let leaked = traces(&answer).to_string();
            assert!(!leaked.contains(SECRET), "{deed} leaks: {leaked}");
        }
    })
    .await;
}

#[tokio::test]
async fn s13_what_other_code_puts_on_a_span_stays() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("chatter", "", ask(true)).await;
        let expected = case.failed_tree("chatter", Some(case.told()), &["talk ERROR _OTHER"]);
        assert_eq!(tree(&answer), expected);
    })
    .await;
}

#[tokio::test]
async fn s13_a_span_that_other_code_ends_keeps_its_name() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("hijack", "", ask(true)).await;
        assert_eq!(tree(&answer), case.tree("hijack", &["mine"]));
        assert_eq!(attributes(span(&answer, "mine"))["label"], "1");
    })
    .await;
}

#[tokio::test]
async fn s13_of_spans_made_by_hand_names_leave_and_attributes_do_not() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("by_hand", "", ask(true)).await;
        assert_eq!(tree(&answer), case.tree("by_hand", &["by hand ERROR"]));
        let by_hand = span(&answer, "by hand");
        assert_eq!(by_hand.get("attributes"), None);
        assert_eq!(by_hand["droppedAttributesCount"], 1);
        assert_eq!(by_hand["status"], json!({"code": 2}));
    })
    .await;
}

#[tokio::test]
async fn s13_a_known_secret_is_redacted() {
    let setup = Setup {
        secret: Some("my-key-7".to_owned()),
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        let answer = case.ask("echo", "the my-key-7 is", ask(true)).await;
        let label = &attributes(span(&answer, "echo"))["label"];
        assert_eq!(label, "the [redacted] is");
    })
    .await;
}

#[tokio::test]
async fn s13_the_callers_own_token_is_redacted() {
    everywhere(&Setup::default(), async |case| {
        let token = HeaderValue::from_static("Bearer my-token-7");
        // Only HTTP has headers; what is said over stdio is nobody's token.
        let expected = match &mut case.serving.client {
            Client::Http { http, .. } => {
                *http = support::http::client_with([(AUTHORIZATION, token)]);
                "[redacted]"
            }
            Client::Stdio { .. } => "my-token-7",
        };
        let answer = case.ask("echo", "my-token-7", ask(true)).await;
        let label = &attributes(span(&answer, "echo"))["label"];
        assert_eq!(label, expected);
        // Of a name that the caller has made up, no more leaves.
        let answer = case.ask("my-token-7", "", ask(true)).await;
        let root = match case.method {
            Method::Resource => case.root(""),
            Method::Tool | Method::Prompt => case.root(expected),
        };
        assert_eq!(tree(&answer), format!("{root} SERVER\n"));
    })
    .await;
}

#[tokio::test]
async fn s14_urls_stay_and_templates_leave() {
    let upstream = Upstream::start().await;
    let setup = Setup {
        upstream: upstream.url().to_owned(),
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        let answer = case.ask("fetch", "private/7", ask(true)).await;
        let expected = case.tree("fetch", &["upstream", "  GET /{path} CLIENT"]);
        assert_eq!(tree(&answer), expected);
        let call = span(&answer, "GET /{path}");
        let mut keys: Vec<_> = attributes(call).into_keys().collect();
        keys.retain(|key| key != "gen_ai.tool.name");
        assert_eq!(
            keys,
            [
                "http.request.method",
                "http.response.status_code",
                "network.protocol.version",
                "url.template"
            ]
        );
        let dropped = &call["droppedAttributesCount"];
        assert_eq!(*dropped, 3, "the URL and the server's address are counted");
    })
    .await;
}

#[tokio::test]
async fn s14_the_uri_that_is_read_stays() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "customer-7", ask(true)).await;
        assert!(!traces(&answer).to_string().contains("customer-7"));
        // The URI and, over HTTP, what a session or the listener tells of the caller.
        let root = span(&answer, &case.root("stages"));
        let dropped = root["droppedAttributesCount"].as_u64().unwrap_or_default();
        let is_read = case.method == Method::Resource;
        assert!(dropped >= u64::from(is_read), "{root}");
        if !case.transport.is_http {
            assert_eq!(dropped, u64::from(is_read));
        }
    })
    .await;
}
