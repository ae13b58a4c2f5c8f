//! Agent, server and simulated Gmail in one process, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agent;
mod model;
mod support;

use axum::http::StatusCode;
use expect_test::expect;
use glassbox::PassbackRequest;
use glassbox::analysis::{Node, SpanTree};
use gmail_example::demo;
use gmail_example::screen::Screen;
use gmail_example::simulator::SimulatorConfig;
use gmail_example::simulator::mailbox::Mailbox;
use rmcp::model::{PaginatedRequestParams, ReadResourceRequestParams, RequestMetaObject};
use rmcp::service::ServiceError;
use serde_json::{Value, json};

use self::support::{Peer, collector, normalised, outline};

#[tokio::test]
async fn the_demo_shows_both_acts() {
    let mut out = Vec::new();
    let config = SimulatorConfig::default().with_latency(0.0);
    demo::run(config, None, Screen::PLAIN, &mut out)
        .await
        .unwrap();
    expect![[r#"

        Glassbox · see inside an MCP tool call
        “List my 3 most recent emails” → list_emails(max_results = 3)
        Signed in as ada@example.com (OAuth 2.1, an identity provider of its own)

        ── Act 1 · The black box ───────────────────────────────────────────────────────

        ✓ 3 emails: “Found the slow call”, “[analytical-engine] Build 1843 passed”, “Re:
        Difference Engine, second quote”

        tools/call list_emails CLIENT mcp-gmail-agent <time>

        <time> and nothing says why: everything inside the server is hidden.

        ── Act 2 · The revelation ──────────────────────────────────────────────────────

        The same call, asking for spans: _meta.otel.traces = {"request": true}

        tools/call list_emails CLIENT mcp-gmail-agent <time>
        └─ tools/call list_emails SERVER mcp-gmail-server <time>
           ├─ auth.validate <time>
           ├─ auth.authorize <time>
           ├─ auth.gmail_token <time>
           ├─ gmail.list_messages gmail.max_results=3 <time>
           ├─ gmail.fetch_details gmail.fetch_count=3 <time>
           └─ format_response <time>

        Again, in detail: {"request": true, "detailed": true}

        tools/call list_emails CLIENT mcp-gmail-agent <time>
        └─ tools/call list_emails SERVER mcp-gmail-server <time>
           ├─ auth.validate <time>
           ├─ auth.authorize <time>
           ├─ auth.gmail_token <time>
           │  └─ GET /gmail/v1/users/me/profile <time>
           ├─ gmail.list_messages gmail.max_results=3 <time>
           │  └─ GET /gmail/v1/users/me/messages <time>
           ├─ gmail.fetch_details gmail.fetch_count=3 <time>
           │  ├─ GET /gmail/v1/users/me/messages/{id} <time>
           │  ├─ GET /gmail/v1/users/me/messages/{id} <time>
           │  └─ GET /gmail/v1/users/me/messages/{id} <time>
           └─ format_response <time>

        The server's spans came back inside its answer (SEP-2448): no shared collector,
        no access to the server. What its author wrote: examples/gmail/server.rs
        More: cargo run --example gmail -- --help
    "#]]
    .assert_eq(&normalised(&String::from_utf8(out).unwrap()));
}

#[tokio::test]
async fn the_demo_names_the_repeated_calls() {
    let mut out = Vec::new();
    // Slow enough that the calls outweigh whatever else the machine is doing.
    let config = SimulatorConfig::default().with_latency(0.1);
    demo::run(config, None, Screen::PLAIN, &mut out)
        .await
        .unwrap();
    let text = String::from_utf8(out).unwrap().replace("\n▌ ", " ");
    assert!(
        text.contains(
            "gmail.fetch_details makes 3 `GET …/messages/{id}` calls one after another: "
        ),
        "{text}"
    );
    assert!(
        text.contains("side by side they would take about "),
        "{text}"
    );
    assert!(text.contains("(the call: "), "{text}");
}

#[tokio::test]
async fn a_failing_gmail_shows_in_the_tree() {
    let mut out = Vec::new();
    let config = SimulatorConfig::default()
        .with_latency(0.0)
        .with_fail(Some(500));
    let error = demo::run(config, None, Screen::PLAIN, &mut out)
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the tool answered with an error: Gmail answered 500 INTERNAL: Internal error encountered."
    );
    let text = normalised(&String::from_utf8(out).unwrap());
    let detailed = text.split("Again, in detail").nth(1).unwrap();
    expect![[r#"
        : {"request": true, "detailed": true}

        tools/call list_emails ERROR tool_error CLIENT <time>
        └─ tools/call list_emails ERROR tool_error SERVER <time>
           ├─ auth.validate <time>
           ├─ auth.authorize <time>
           └─ auth.gmail_token ERROR 500 <time>
              └─ GET /gmail/v1/users/me/profile ERROR 500 <time>

        The server's spans came back inside its answer (SEP-2448): no shared collector,
        no access to the server. What its author wrote: examples/gmail/server.rs
        More: cargo run --example gmail -- --help
    "#]]
    .assert_eq(detailed);
}

#[tokio::test]
async fn the_agent_shows_what_it_asked_for() {
    let peer = Peer::fast().await;
    let (outcome, black_box) = peer.ask(PassbackRequest::Off, None).await;
    outcome.unwrap();
    expect![[r#"
        I found 3 emails:
        - Grace Hopper: Found the slow call
        - Build: [analytical-engine] Build 1843 passed
        - Charles Babbage: Re: Difference Engine, second quote

        invoke_agent mcp-gmail-agent INTERNAL <time>
        ├─ chat scripted <time>
        ├─ tools/call list_emails <time>
        └─ chat scripted <time>

        <time> and nothing says why: everything inside the server is hidden.

        Model: scripted (no OPENAI_API_KEY); 2 turns, 183 tokens in, 23 out.
        Calls: 1 made.
    "#]]
    .assert_eq(&black_box);
    let (_, top_level) = peer.ask(PassbackRequest::TopLevel, None).await;
    assert!(
        top_level.contains("gmail.fetch_details") && !top_level.contains("GET"),
        "{top_level}"
    );
    let (_, detailed) = peer.ask(PassbackRequest::Detailed, None).await;
    assert_eq!(
        detailed
            .matches("GET /gmail/v1/users/me/messages/{id}")
            .count(),
        3,
        "{detailed}"
    );
}

#[tokio::test]
async fn the_callers_span_is_the_parent_of_the_servers() {
    let called = Peer::fast()
        .await
        .call("list_emails", json!({"max_results": 2}))
        .await;
    let tree = SpanTree::from_spans(called.own_spans.into_iter().chain(called.server_spans));
    let roots: Vec<_> = tree.roots().map(|root| root.span().service()).collect();
    assert_eq!(roots, [Some("mcp-gmail-agent")]);
    assert_eq!(tree.skipped(), 0);
}

#[tokio::test]
async fn sending_shows_its_phases() {
    let peer = Peer::fast().await;
    let arguments = json!({"to": "grace@example.org", "subject": "Hello", "body": "Text"});
    let called = peer.call("send_email", arguments).await;
    let confirmation = called.result.structured_content.unwrap();
    let mailbox = peer.simulator.mailbox();
    let sent = mailbox.messages().first().unwrap();
    assert_eq!(
        confirmation,
        json!({"id": sent.id, "thread_id": sent.thread_id, "uri": format!("gmail://messages/{}", sent.id)})
    );
    expect![[r#"
        tools/call send_email
          auth.gmail_token
            GET /gmail/v1/users/me/profile
          gmail.send_message
            POST /gmail/v1/users/me/messages/send
          format_response
    "#]]
    .assert_eq(&outline(&called.payload));
}

#[tokio::test]
async fn sent_mail_is_not_in_the_inbox() {
    let peer = Peer::fast().await;
    let subjects = async |arguments: Value| {
        let called = peer.call("list_emails", arguments).await;
        let inbox = called.result.structured_content.unwrap();
        let emails = inbox.get("emails").unwrap().as_array().unwrap().clone();
        emails
            .iter()
            .map(|email| email.get("subject").unwrap().as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mail = |to: &str, subject: &str| json!({"to": to, "subject": subject, "body": "Text"});
    peer.call("send_email", mail("grace@example.org", "To Grace"))
        .await;
    assert_eq!(
        subjects(json!({"max_results": 1})).await,
        ["Found the slow call"]
    );
    assert!(subjects(json!({"query": "subject:Grace"})).await.is_empty());
    peer.call("send_email", mail("ada@example.com", "To myself"))
        .await;
    assert_eq!(subjects(json!({"max_results": 1})).await, ["To myself"]);
}

#[tokio::test]
async fn failing_resources_are_said_in_our_words() {
    let refusal = |error: ServiceError| match error {
        ServiceError::McpError(error) => (error.code.0, error.message.into_owned()),
        other => panic!("{other}"),
    };
    let config = SimulatorConfig::default().with_latency(0.0);
    let token = config.access_token.clone();
    let failing = Peer::start(config.with_fail(Some(500)), &token).await;
    let read = ReadResourceRequestParams::new("gmail://messages/12ab");
    let client = failing.client().await;
    let expected = (-32603, "Gmail answered with status 500".to_owned());
    assert_eq!(
        refusal(client.read_resource(read).await.unwrap_err()),
        expected
    );
    assert_eq!(
        refusal(client.list_resources(None).await.unwrap_err()),
        expected
    );

    let cursor = PaginatedRequestParams::default().with_cursor(Some("made up".to_owned()));
    let peer = Peer::fast().await;
    let client = peer.client().await;
    let error = client.list_resources(Some(cursor)).await.unwrap_err();
    assert_eq!(refusal(error), (-32602, "no such cursor".to_owned()));
}

#[tokio::test]
async fn messages_are_resources() {
    let peer = Peer::fast().await;
    let client = peer.client().await;

    let templates = client.list_all_resource_templates().await.unwrap();
    assert_eq!(
        templates.first().unwrap().uri_template,
        "gmail://messages/{id}"
    );

    let first = client.list_resources(None).await.unwrap();
    let cursor = first.next_cursor.clone();
    let second = client
        .list_resources(Some(PaginatedRequestParams::default().with_cursor(cursor)))
        .await
        .unwrap();
    let uris: Vec<_> = first
        .resources
        .iter()
        .chain(&second.resources)
        .map(|resource| resource.uri.clone())
        .collect();
    let expected: Vec<_> = Mailbox::default()
        .messages()
        .iter()
        .map(|message| format!("gmail://messages/{}", message.id))
        .collect();
    assert_eq!(uris, expected);
    assert_eq!(second.next_cursor, None);

    let mut params = ReadResourceRequestParams::new(uris.first().unwrap());
    let flag = json!({"otel": {"traces": {"request": true, "detailed": true}}});
    params.meta = Some(RequestMetaObject(flag.as_object().unwrap().clone().into()));
    let read = client.read_resource(params).await.unwrap();
    let contents = serde_json::to_value(&read.contents).unwrap();
    let text = contents.pointer("/0/text").and_then(Value::as_str).unwrap();
    let email: Value = serde_json::from_str(text).unwrap();
    assert_eq!(email.get("subject"), Some(&json!("Found the slow call")));
    let spans = serde_json::to_value(&read.meta)
        .unwrap()
        .pointer("/otel/traces")
        .unwrap()
        .clone();
    expect![[r#"
        resources/read
          auth.gmail_token
            GET /gmail/v1/users/me/profile
          gmail.get_message
            GET /gmail/v1/users/me/messages/{id}
    "#]]
    .assert_eq(&outline(&spans));

    for unknown in [
        "gmail://messages/12ab",
        "gmail://messages/../x",
        "gmail://drafts/1",
        "file:///etc/passwd",
    ] {
        let error = client
            .read_resource(ReadResourceRequestParams::new(unknown))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("no such resource"), "{unknown}: {error}");
    }
}

#[tokio::test]
async fn no_secret_is_in_the_spans() {
    const TOKEN: &str = "canary-token-5f1d";
    const QUERY: &str = "canary-query-77aa";
    const RECIPIENT: &str = "canary-recipient-c0de@example.org";
    const SUBJECT: &str = "canary-subject-1b2b";
    const BODY: &str = "canary-body-9e9e";
    let config = SimulatorConfig::default()
        .with_latency(0.0)
        .with_access_token(TOKEN);
    let mail = |to: &str, subject: &str| json!({"to": to, "subject": subject, "body": BODY});
    let (well, failing, refused) = (
        Peer::start(config.clone(), TOKEN).await,
        Peer::start(config.clone().with_fail(Some(400)), TOKEN).await,
        Peer::start(config.with_access_token("another"), TOKEN).await,
    );
    let mut answers = Vec::new();
    for peer in [&well, &failing, &refused] {
        answers.push(
            peer.call("list_emails", json!({"query": format!("subject:{QUERY}")}))
                .await,
        );
        answers.push(peer.call("send_email", mail(RECIPIENT, SUBJECT)).await);
        answers.push(
            peer.call(
                "send_email",
                mail(&format!("{RECIPIENT}\r\nBcc: x"), SUBJECT),
            )
            .await,
        );
        answers.push(
            peer.call("send_email", mail(RECIPIENT, &format!("{SUBJECT}\r\nX: y")))
                .await,
        );
    }
    // Once more, so that the list has found what was sent.
    answers.push(
        well.call(
            "list_emails",
            json!({"query": format!("subject:{SUBJECT}")}),
        )
        .await,
    );
    assert_eq!(well.simulator.mailbox().messages().len(), 27);

    for called in &answers {
        let spans = format!("{}{:?}", called.payload, called.own_spans);
        assert!(spans.contains("auth.gmail_token"), "{spans}");
        for canary in [TOKEN, QUERY, RECIPIENT, SUBJECT, BODY, "canary"] {
            assert!(!spans.contains(canary), "{canary} in {spans}");
        }
        let result = serde_json::to_string(&called.result).unwrap();
        assert!(!result.contains(TOKEN), "{result}");
    }
}

#[tokio::test]
async fn a_collector_gets_both_sides_each_under_its_own_name() {
    let (url, received) = collector(StatusCode::OK).await;
    let (outcome, text) = Peer::fast()
        .await
        .ask(PassbackRequest::Detailed, Some(url.clone()))
        .await;
    outcome.unwrap();
    let received = received.lock().unwrap();
    let payloads = received.iter().map(|(_, payload)| payload);
    let tree = SpanTree::from_payloads(payloads).unwrap();
    let line = |(depth, node): (usize, Node<'_>)| {
        let span = node.span();
        format!(
            "{}{} {}\n",
            "  ".repeat(depth),
            span.name(),
            span.service().unwrap()
        )
    };
    expect![[r#"
        invoke_agent mcp-gmail-agent mcp-gmail-agent
          chat scripted mcp-gmail-agent
          tools/call list_emails mcp-gmail-agent
            tools/call list_emails mcp-gmail-server
              auth.gmail_token mcp-gmail-server
                GET /gmail/v1/users/me/profile mcp-gmail-server
              gmail.list_messages mcp-gmail-server
                GET /gmail/v1/users/me/messages mcp-gmail-server
              gmail.fetch_details mcp-gmail-server
                GET /gmail/v1/users/me/messages/{id} mcp-gmail-server
                GET /gmail/v1/users/me/messages/{id} mcp-gmail-server
                GET /gmail/v1/users/me/messages/{id} mcp-gmail-server
              format_response mcp-gmail-server
          chat scripted mcp-gmail-agent
    "#]]
    .assert_eq(&tree.walk().map(line).collect::<String>());
    let entries: usize = received
        .iter()
        .map(|(_, payload)| payload["resourceSpans"].as_array().unwrap().len())
        .sum();
    assert_eq!(entries, 2, "one of the server, one of the agent");
    assert!(
        received
            .iter()
            .all(|(content_type, _)| content_type == "application/json")
    );
    assert!(
        received
            .iter()
            .all(|(_, payload)| payload.as_object().unwrap().len() == 1)
    );
    assert!(
        text.replace('\n', " ").contains(&format!(
            "10 spans received, 0 rejected; with the agent's own, 14 spans forwarded to {}",
            url.as_str().trim_end_matches('/')
        )),
        "{text}"
    );
}

#[tokio::test]
async fn a_collector_that_refuses_is_an_error_after_the_answer() {
    let (url, _received) = collector(StatusCode::SERVICE_UNAVAILABLE).await;
    let (outcome, text) = Peer::fast()
        .await
        .ask(PassbackRequest::TopLevel, Some(url.clone()))
        .await;
    let error = outcome.unwrap_err();
    assert_eq!(
        error,
        format!(
            "not all spans were delivered: 9 spans for {}: 9 lost (503 Service Unavailable)",
            url.as_str().trim_end_matches('/')
        )
    );
    assert!(text.starts_with("I found 3 emails:\n"), "{text}");
}
