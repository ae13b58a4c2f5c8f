//! The Gmail client against the simulator, and against servers that do not answer as Gmail does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::get;
use glassbox::ErrorType as _;
use gmail_example::client::{AccessToken, Gmail, GmailError, MessageId};
use gmail_example::simulator::mailbox::Mailbox;
use gmail_example::simulator::{SIMULATED_TOKEN, Simulator, SimulatorConfig};
use tokio::net::TcpListener;

fn token() -> AccessToken {
    AccessToken::new(SIMULATED_TOKEN)
}

async fn simulated() -> (Simulator, Gmail) {
    let simulator = Simulator::start(SimulatorConfig::default().with_latency(0.0))
        .await
        .unwrap();
    let gmail = Gmail::new(&simulator.url(), token()).unwrap();
    (simulator, gmail)
}

/// A client of a server that answers every call of the profile so.
async fn answering(status: StatusCode, body: impl Into<Bytes>) -> Gmail {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let body: Bytes = body.into();
    let answer = get(move || async move { (status, body) });
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
    Gmail::new(&base, token()).unwrap()
}

#[tokio::test]
async fn gives_out_a_token_that_gmail_knows() {
    let (simulator, gmail) = simulated().await;
    gmail.token_for(None).await.unwrap();
    let stranger = Gmail::new(&simulator.url(), AccessToken::new("stale")).unwrap();
    let error = stranger.token_for(None).await.unwrap_err().to_string();
    assert!(
        error.starts_with("Gmail answered 401 UNAUTHENTICATED: Request had invalid"),
        "{error}"
    );
    assert!(!error.contains("stale"));
}

#[tokio::test]
async fn lists_as_many_of_the_inbox_as_asked_for_newest_first() {
    let (simulator, gmail) = simulated().await;
    let mailbox = simulator.mailbox();
    for max in [0, 1, 5, 24, 40] {
        let ids = gmail.list_messages(&token(), max, "").await.unwrap();
        let expected: Vec<_> = mailbox
            .messages()
            .iter()
            .filter(|message| message.has_label("INBOX"))
            .take(max as usize)
            .map(|message| &message.id)
            .collect();
        assert_eq!(
            ids.iter().map(|id| &id.id).collect::<Vec<_>>(),
            expected,
            "{max}"
        );
    }
    assert_eq!(
        gmail
            .list_messages(&token(), 20, "is:unread from:grace")
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        gmail
            .list_messages(&token(), 20, "from:nobody")
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn follows_pages() {
    let (simulator, gmail) = simulated().await;
    let mut ids = Vec::new();
    let mut cursor = None;
    loop {
        let page = gmail
            .list_page(&token(), 7, cursor.as_deref())
            .await
            .unwrap();
        ids.extend(page.messages.into_iter().map(|message| message.id));
        cursor = page.next_page_token;
        if cursor.is_none() {
            break;
        }
    }
    let mailbox = simulator.mailbox();
    assert_eq!(
        ids,
        mailbox
            .messages()
            .iter()
            .map(|message| message.id.clone())
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn reads_headers_and_snippet_of_a_message() {
    let (_simulator, gmail) = simulated().await;
    let mailbox = Mailbox::default();
    let proofs = mailbox
        .messages()
        .iter()
        .find(|message| message.header("Subject") == Some("Proofs of chapter 4"));
    let id = MessageId::new(&proofs.unwrap().id);
    let email = gmail.message(&token(), &id).await.unwrap();
    assert_eq!(email.from, "Mary Somerville <mary@example.org>");
    assert_eq!(email.to, "Ada Lovelace <ada@example.com>");
    assert_eq!(email.subject, "Proofs of chapter 4");
    assert_eq!(email.date, "Fri, 20 Nov 2026 03:54:00 +0000");
    assert!(
        email.snippet.contains("I'd like your eye"),
        "{}",
        email.snippet
    );
    assert!(email.unread);
}

#[tokio::test]
async fn an_unknown_or_impossible_id_is_an_error() {
    let (_simulator, gmail) = simulated().await;
    let read = async |id: &str| {
        gmail
            .message(&token(), &MessageId::new(id))
            .await
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        read("1234").await,
        "Gmail answered 404 NOT_FOUND: Requested entity was not found."
    );
    for id in ["", "../profile", "a/b", "a?b", "é", &"a".repeat(33)] {
        assert_eq!(
            read(id).await,
            "not a message id: Gmail's are up to 32 letters and digits",
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let (simulator, gmail) = simulated().await;
    let subject =
        "Grüße aus 東京 – a subject that is a good deal longer than one header line may be";
    let sent = gmail
        .send(
            &token(),
            "a@example.com, b@example.org",
            subject,
            "Hällo\n.\nline",
        )
        .await
        .unwrap();
    let mailbox = simulator.mailbox();
    let (place, message) = mailbox.find(&sent.id).unwrap();
    assert_eq!(place, 0);
    assert_eq!(message.header("Subject"), Some(subject));
    assert_eq!(message.header("To"), Some("a@example.com, b@example.org"));
    assert_eq!(
        message.body.replace("\r\n", "\n").trim_end(),
        "Hällo\n.\nline"
    );
}

#[tokio::test]
async fn neither_recipient_nor_subject_can_add_a_header() {
    let (simulator, gmail) = simulated().await;
    for to in [
        "",
        "nobody",
        "a@",
        "@b",
        "a@b@c",
        "a@example.com,",
        "a b@example.com",
        "a@example.com\r\nBcc: x@example.com",
        "a@example.com\nX: y",
        "<a@example.com>",
        "a@example.com>, <b",
        "\"a\"@example.com",
        "a@exa\u{0}mple.com",
    ] {
        let error = gmail
            .send(&token(), to, "subject", "body")
            .await
            .unwrap_err();
        assert!(
            matches!(error, GmailError::InvalidRecipient),
            "{to:?}: {error}"
        );
    }
    for subject in [
        "a\r\nBcc: x@example.com",
        "a\nb",
        "a\rb",
        "a\u{0}b",
        "a\u{85}b",
    ] {
        let error = gmail
            .send(&token(), "a@example.com", subject, "body")
            .await
            .unwrap_err();
        assert!(
            matches!(error, GmailError::InvalidSubject),
            "{subject:?}: {error}"
        );
    }
    assert_eq!(simulator.mailbox(), Mailbox::default());
}

#[tokio::test]
async fn a_body_cannot_add_a_header() {
    let (simulator, gmail) = simulated().await;
    gmail
        .send(
            &token(),
            "a@example.com",
            "",
            "\r\nTo: x@example.com\r\n\r\nBcc: y@example.com",
        )
        .await
        .unwrap();
    assert_eq!(
        simulator.mailbox().messages().first().unwrap().header("To"),
        Some("a@example.com")
    );
}

#[tokio::test]
async fn says_in_googles_words_why_a_call_failed() {
    for (status, expected) in [
        (
            403,
            "Gmail answered 403 PERMISSION_DENIED: Request had insufficient authentication scopes.",
        ),
        (
            500,
            "Gmail answered 500 INTERNAL: Internal error encountered.",
        ),
        (
            503,
            "Gmail answered 503 UNAVAILABLE: The service is currently unavailable.",
        ),
    ] {
        let config = SimulatorConfig::default()
            .with_latency(0.0)
            .with_fail(Some(status));
        let simulator = Simulator::start(config).await.unwrap();
        let gmail = Gmail::new(&simulator.url(), token()).unwrap();
        assert_eq!(
            gmail.token_for(None).await.unwrap_err().to_string(),
            expected
        );
        assert_eq!(
            gmail
                .list_messages(&token(), 1, "")
                .await
                .unwrap_err()
                .to_string(),
            expected
        );
        assert_eq!(
            gmail
                .send(&token(), "a@example.com", "", "")
                .await
                .unwrap_err()
                .to_string(),
            expected
        );
    }
}

#[tokio::test]
async fn says_what_is_wrong_with_an_answer_that_is_not_gmails() {
    let gmail = answering(StatusCode::OK, "<html>").await;
    assert_eq!(
        gmail.token_for(None).await.unwrap_err().to_string(),
        "Gmail answered with a body that is no profile"
    );
    let gmail = answering(StatusCode::BAD_GATEWAY, "<html>").await;
    let error = gmail.token_for(None).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "Gmail answered 502 Bad Gateway without an explanation"
    );
    let gmail = answering(StatusCode::FOUND, "").await;
    let error = gmail.token_for(None).await.unwrap_err().to_string();
    assert_eq!(error, "Gmail answered 302 Found without an explanation");
}

#[tokio::test]
async fn statuses_are_classed_by_their_hundreds() {
    for (status, expected) in [
        (302, "3xx"),
        (399, "3xx"),
        (404, "404"),
        (418, "4xx"),
        (502, "5xx"),
        (600, "_OTHER"),
    ] {
        let gmail = answering(StatusCode::from_u16(status).unwrap(), "").await;
        let error = gmail.token_for(None).await.unwrap_err();
        assert_eq!(error.error_type(), expected, "{status}");
    }
}

#[tokio::test]
async fn reads_four_mebibytes_of_an_answer_and_no_more() {
    const LIMIT: usize = 4 << 20;
    for (size, is_read) in [(LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false)] {
        let mut body = br#"{"emailAddress": "ada@example.com"}"#.to_vec();
        body.resize(size, b' ');
        let outcome = answering(StatusCode::OK, body).await.token_for(None).await;
        let error = outcome.err().map(|error| error.to_string());
        assert_eq!(
            error.as_deref(),
            (!is_read).then_some("Gmail answered with more than 4 MiB")
        );
    }
}

#[tokio::test]
async fn says_when_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Gmail::new(&base, token())
        .unwrap()
        .list_messages(&token(), 1, "secret")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot connect to Gmail at {base}: ")),
        "{error}"
    );
    let chain: Vec<_> = std::iter::successors(error.source(), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    assert!(!chain.concat().contains("secret"), "{chain:?}");
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_ten_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let error = Gmail::new(&base, token())
        .unwrap()
        .token_for(None)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "Gmail did not answer within 10 s");
}

#[test]
fn takes_http_urls_only() {
    for base in [
        "",
        "gmail.googleapis.com",
        "file:///etc/passwd",
        "mailto:a@example.com",
    ] {
        let Err(error) = Gmail::new(base, token()) else {
            panic!("{base} was taken")
        };
        assert_eq!(
            error.to_string(),
            format!("not a URL of an HTTP service: {base}")
        );
    }
}

#[test]
fn debug_shows_no_token() {
    let gmail = Gmail::new("http://127.0.0.1:1", AccessToken::new("canary")).unwrap();
    assert_eq!(
        format!("{gmail:?}"),
        r#"Gmail { base: "http://127.0.0.1:1/", .. }"#
    );
    assert_eq!(
        format!("{:?}", AccessToken::new("canary")),
        "AccessToken(..)"
    );
}
