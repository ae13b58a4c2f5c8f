//! The agent's loop, in front of the scripted model and of one that misbehaves.

use axum::http::StatusCode;
use expect_test::expect;
use glassbox::PassbackRequest;
use glassbox::analysis::{Node, SpanKind, SpanTree};
use gmail_example::agent::AgentOptions;
use gmail_example::model::ModelOptions;
use gmail_example::simulator::SimulatorConfig;
use serde_json::Value;

use super::model::{KEY, StubModel, calling, refusing, saying};
use super::support::{Peer, collector, run};

const LIST: &str = "list_emails";

async fn ask(peer: &Peer, model: &ModelOptions) -> (Result<(), String>, String) {
    let mut options = AgentOptions::new("canary-question", peer.url.clone());
    options.model = model.clone();
    options.passback = PassbackRequest::Detailed;
    run(&options).await
}

async fn ask_stub(
    answers: impl IntoIterator<Item = Value>,
) -> (StubModel, Result<(), String>, String) {
    let stub = StubModel::start(answers).await;
    let (outcome, text) = ask(&Peer::fast().await, &stub.options).await;
    (stub, outcome, text)
}

/// What was said of the results, and nothing of ids.
fn told(stub: &StubModel) -> Vec<String> {
    stub.results().into_iter().map(|(_, text)| text).collect()
}

/// Names, kinds, failures and the attributes that the conventions ask for.
fn described(payloads: &[Value]) -> String {
    let line = |(depth, node): (usize, Node<'_>)| {
        let span = node.span();
        let kind = match span.kind() {
            SpanKind::Internal => String::new(),
            kind => format!(" {kind:?}").to_uppercase(),
        };
        let mut attributes: Vec<_> = span
            .attributes()
            .iter()
            .filter(|attribute| attribute.key.as_str() != "server.port")
            .map(|attribute| format!(" {}={}", attribute.key, attribute.value))
            .collect();
        attributes.sort();
        format!(
            "{}{}{kind}{}\n",
            "  ".repeat(depth),
            span.name(),
            attributes.concat()
        )
    };
    SpanTree::from_payloads(payloads)
        .unwrap()
        .walk()
        .map(line)
        .collect()
}

#[tokio::test]
async fn the_answer_comes_first_and_the_whole_tree_below_it() {
    let (outcome, text) = Peer::fast()
        .await
        .ask(PassbackRequest::Detailed, None)
        .await;
    outcome.unwrap();
    expect![[r#"
        I found 3 emails:
        - Grace Hopper: Found the slow call
        - Build: [analytical-engine] Build 1843 passed
        - Charles Babbage: Re: Difference Engine, second quote

        invoke_agent mcp-gmail-agent INTERNAL <time>
        ├─ chat scripted <time>
        ├─ tools/call list_emails <time>
        │  └─ tools/call list_emails SERVER mcp-gmail-server <time>
        │     ├─ auth.gmail_token <time>
        │     │  └─ GET /gmail/v1/users/me/profile <time>
        │     ├─ gmail.list_messages gmail.max_results=3 <time>
        │     │  └─ GET /gmail/v1/users/me/messages <time>
        │     ├─ gmail.fetch_details gmail.fetch_count=3 <time>
        │     │  ├─ GET /gmail/v1/users/me/messages/{id} <time>
        │     │  ├─ GET /gmail/v1/users/me/messages/{id} <time>
        │     │  └─ GET /gmail/v1/users/me/messages/{id} <time>
        │     └─ format_response <time>
        └─ chat scripted <time>

        Model: scripted (no OPENAI_API_KEY); 2 turns, 183 tokens in, 23 out.
        Calls: 1 made.
        10 spans received, 0 rejected.
    "#]]
    .assert_eq(&text);
}

#[tokio::test]
async fn the_spans_follow_the_conventions_and_hold_no_contents() {
    let stub = StubModel::start([
        calling([(LIST, r#"{"max_results": 1, "query": "is:unread"}"#)]),
        saying("canary-answer"),
    ])
    .await;
    let (url, received) = collector(StatusCode::OK).await;
    let peer = Peer::fast().await;
    let mut options = AgentOptions::new("canary-question", peer.url.clone());
    options.model = stub.options.clone();
    options.passback = PassbackRequest::Off;
    options.collector = Some(url);
    let (outcome, text) = run(&options).await;
    outcome.unwrap();
    let received = received.lock().unwrap();
    let payloads: Vec<_> = received
        .iter()
        .map(|(_, payload)| payload.clone())
        .collect();
    expect![[r#"
        invoke_agent mcp-gmail-agent gen_ai.agent.name=mcp-gmail-agent gen_ai.operation.name=invoke_agent
          chat stub-1 CLIENT gen_ai.operation.name=chat gen_ai.provider.name=openai gen_ai.request.model=stub-1 gen_ai.response.model=stub-1-2026 gen_ai.usage.input_tokens=100 gen_ai.usage.output_tokens=7 server.address=127.0.0.1
          tools/call list_emails CLIENT gen_ai.operation.name=execute_tool gen_ai.tool.name=list_emails jsonrpc.request.id=2 mcp.method.name=tools/call mcp.protocol.version=2026-07-28 network.protocol.name=http network.transport=tcp server.address=127.0.0.1
          chat stub-1 CLIENT gen_ai.operation.name=chat gen_ai.provider.name=openai gen_ai.request.model=stub-1 gen_ai.response.model=stub-1-2026 gen_ai.usage.input_tokens=100 gen_ai.usage.output_tokens=7 server.address=127.0.0.1
    "#]].assert_eq(&described(&payloads));
    let spans = format!("{payloads:?}");
    for secret in ["canary", "is:unread", "Found the slow call"] {
        assert!(!spans.contains(secret), "{secret} in {spans}");
    }
    assert!(!text.contains(KEY), "{text}");
    assert_eq!(
        stub.credentials(),
        [Some(format!("Bearer {KEY}")), Some(format!("Bearer {KEY}"))]
    );
}

#[tokio::test]
async fn a_wrong_argument_is_corrected_on_the_next_turn() {
    let (stub, outcome, text) = ask_stub([
        calling([(LIST, r#"{"max_results": 50}"#)]),
        calling([(LIST, r#"{"max_results": 2}"#)]),
        saying("Two emails."),
    ])
    .await;
    outcome.unwrap();
    assert!(text.starts_with("Two emails.\n\ninvoke_agent"), "{text}");
    assert!(
        text.contains("Calls: 1 made, 1 refused before they were made.\n9 spans received"),
        "{text}"
    );
    assert!(
        text.contains("Model: stub-1; 3 turns, 300 tokens in, 21 out."),
        "{text}"
    );
    let told = told(&stub);
    expect![[r#"{"error":"the model's call was not made: list_emails: the arguments do not fit the input schema: max_results: 50 is greater than the maximum of 20"}"#]].assert_eq(told.first().unwrap());
    assert!(
        told.get(1).unwrap().starts_with(r#"{"emails":[{"#),
        "{told:?}"
    );
}

#[tokio::test]
async fn calls_that_cannot_be_made_are_told_and_said() {
    let (stub, outcome, text) = ask_stub([
        calling([("delete_emails", "{}")]),
        calling([(LIST, "{max_results: 3}")]),
        saying("I could not."),
    ])
    .await;
    assert_eq!(
        outcome.unwrap_err(),
        "the model's call was not made: list_emails: the arguments are not valid JSON: key must be a string at line 1 \
         column 2"
    );
    assert!(text.starts_with("I could not.\n"), "{text}");
    assert!(!text.contains("tools/call"), "{text}");
    expect![[r#"
        {"error":"the model's call was not made: delete_emails: there is no such tool"}
        {"error":"the model's call was not made: list_emails: the arguments are not valid JSON: key must be a string at line 1 column 2"}"#]].assert_eq(&told(&stub).join("\n"));
}

#[tokio::test]
async fn calls_of_one_turn_are_made_in_order() {
    let (stub, outcome, text) = ask_stub([
        calling([
            (LIST, r#"{"max_results": 1}"#),
            ("nonsense", "{}"),
            (LIST, r#"{"max_results": 2}"#),
        ]),
        saying("Done."),
    ])
    .await;
    outcome.unwrap();
    assert_eq!(
        text.matches("tools/call list_emails SERVER").count(),
        2,
        "{text}"
    );
    let told: Vec<_> = stub
        .results()
        .into_iter()
        .map(|(id, text)| (id, text.matches(r#""subject""#).count()))
        .collect();
    assert_eq!(
        told,
        [
            ("call_0".to_owned(), 1),
            ("call_1".to_owned(), 0),
            ("call_2".to_owned(), 2)
        ]
    );
}

#[tokio::test]
async fn a_failed_tool_is_told_to_the_model_which_may_recover() {
    let mail = |to: &str| format!(r#"{{"to": "{to}", "subject": "s", "body": "b"}}"#);
    let (wrong, right) = (mail("nobody"), mail("grace@example.org"));
    let (stub, outcome, _) = ask_stub([
        calling([("send_email", wrong.as_str())]),
        calling([("send_email", right.as_str())]),
        saying("Sent."),
    ])
    .await;
    outcome.unwrap();
    let told = told(&stub);
    assert!(
        told.first()
            .unwrap()
            .starts_with(r#"{"error":"the tool answered with an error: "#),
        "{told:?}"
    );
    assert!(
        told.get(1).unwrap().contains("gmail://messages/"),
        "{told:?}"
    );
    let (_, outcome, text) =
        ask_stub([calling([("send_email", wrong.as_str())]), saying("No.")]).await;
    assert!(
        outcome
            .unwrap_err()
            .starts_with("the tool answered with an error: ")
    );
    assert!(
        text.starts_with("No.\n\ninvoke_agent mcp-gmail-agent ERROR tool_error"),
        "{text}"
    );
}

#[tokio::test]
async fn a_model_that_never_ends_is_ended() {
    let (stub, outcome, text) = ask_stub([calling([(LIST, r#"{"max_results": 1}"#)])]).await;
    assert_eq!(
        outcome.unwrap_err(),
        "no answer after 8 turns of the model, which went on asking for calls"
    );
    assert_eq!(stub.requests().len(), 8);
    assert!(
        text.starts_with("invoke_agent mcp-gmail-agent ERROR too_many_rounds"),
        "{text}"
    );
    let last_moment = std::iter::repeat_n(calling([(LIST, r#"{"max_results": 1}"#)]), 7);
    let (_, outcome, text) = ask_stub(last_moment.chain([saying("At last.")])).await;
    outcome.unwrap();
    assert!(text.starts_with("At last.\n"), "{text}");
}

#[tokio::test]
async fn too_many_calls_at_once_are_not_made() {
    for (count, made) in [(15, true), (16, true), (17, false)] {
        let calls = std::iter::repeat_n(("nonsense", "{}"), count);
        let (stub, outcome, _) = ask_stub([calling(calls), saying("Done.")]).await;
        let error = outcome.unwrap_err();
        if made {
            assert_eq!(
                error,
                "the model's call was not made: nonsense: there is no such tool"
            );
            assert_eq!(stub.results().len(), count);
        } else {
            assert_eq!(
                error,
                "the model asked for 17 calls at once; the agent makes at most 16"
            );
            assert_eq!(stub.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_refusal_and_silence_are_no_answers() {
    let (_, outcome, text) = ask_stub([refusing("I will not.")]).await;
    assert_eq!(outcome.unwrap_err(), "the model refused: I will not.");
    assert!(
        text.starts_with("invoke_agent mcp-gmail-agent ERROR refusal"),
        "{text}"
    );
    let (_, outcome, _) = ask_stub([saying(" \n")]).await;
    assert_eq!(
        outcome.unwrap_err(),
        "the model gave neither an answer nor a call"
    );
}

#[tokio::test]
async fn what_the_api_refuses_is_one_line_without_the_key() {
    let explained =
        |message: &str| format!(r#"{{"error": {{"message": "{message}", "type": "x"}}}}"#);
    for (status, body, error_type, expected) in [
        (
            401,
            explained(&format!("Incorrect API key provided: {KEY}")),
            "401",
            "answered 401 Unauthorized: Incorrect API key provided: ***",
        ),
        (
            429,
            explained("Rate limit reached"),
            "429",
            "answered 429 Too Many Requests: Rate limit reached",
        ),
        (
            500,
            "<html>".to_owned(),
            "500",
            "answered 500 Internal Server Error",
        ),
        (
            200,
            "<html>".to_owned(),
            "invalid_answer",
            "is not a chat completion",
        ),
        (
            200,
            r#"{"choices": []}"#.to_owned(),
            "invalid_answer",
            "is not a chat completion",
        ),
        (
            200,
            "x".repeat((1 << 20) + 1),
            "invalid_answer",
            "answered with more than 1024 KiB",
        ),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let stub = StubModel::raw([(status, body)]).await;
        let (outcome, text) = ask(&Peer::fast().await, &stub.options).await;
        let error = outcome.unwrap_err();
        assert!(error.ends_with(expected), "{error}");
        assert!(
            !error.contains(KEY) && !text.contains(KEY),
            "{error}\n{text}"
        );
        let tree = format!("├─ chat stub-1 ERROR {error_type} ");
        assert!(text.replace('└', "├").contains(&tree), "{text}");
        assert_eq!(stub.requests().len(), 1, "nothing is tried again");
    }
}

#[tokio::test]
async fn an_answer_of_the_largest_size_is_read() {
    let answer = saying("x").to_string();
    for (bytes, taken) in [
        ((1 << 20) - 1, true),
        (1 << 20, true),
        ((1 << 20) + 1, false),
    ] {
        let padded = answer.clone() + &" ".repeat(bytes - answer.len());
        let stub = StubModel::raw([(StatusCode::OK, padded)]).await;
        let (outcome, _) = ask(&Peer::fast().await, &stub.options).await;
        assert_eq!(outcome.is_ok(), taken, "{bytes}");
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_said() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let base = format!("http://127.0.0.1:{port}/v1");
    let options = ModelOptions::from_variables(None, Some(&base), None, None).unwrap();
    let (outcome, text) = ask(&Peer::fast().await, &options).await;
    let error = outcome.unwrap_err();
    assert!(
        error.starts_with(&format!("cannot reach the model at {base}: ")),
        "{error}"
    );
    assert!(
        text.contains("chat gpt-5.4-mini ERROR connection"),
        "{text}"
    );
}

#[tokio::test]
async fn the_model_is_told_of_the_servers_tools() {
    let (stub, outcome, _) = ask_stub([saying("Hello.")]).await;
    outcome.unwrap();
    let request = stub.requests().pop().unwrap();
    assert_eq!(request.get("model").unwrap(), "stub-1");
    let tools = request.get("tools").unwrap().as_array().unwrap();
    let described: Vec<_> = tools
        .iter()
        .map(|tool| {
            let text = |path: &str| tool.pointer(path).unwrap().as_str().unwrap();
            let maximum = tool.pointer("/function/parameters/properties/max_results/maximum");
            (
                text("/function/name"),
                text("/function/description"),
                maximum.and_then(Value::as_u64),
            )
        })
        .collect();
    assert_eq!(
        described,
        [
            (LIST, "List recent emails from the user's inbox.", Some(20)),
            (
                "send_email",
                "Send an email from the user's account, as plain text.",
                None
            ),
        ]
    );
}

#[tokio::test]
async fn a_failing_gmail_is_named_by_the_answer_the_tree_and_the_error() {
    let config = SimulatorConfig::default()
        .with_latency(0.0)
        .with_fail(Some(500));
    let token = config.access_token.clone();
    let peer = Peer::start(config, &token).await;
    let (outcome, text) = peer.ask(PassbackRequest::Detailed, None).await;
    let reason =
        "the tool answered with an error: Gmail answered 500 INTERNAL: Internal error encountered.";
    assert_eq!(outcome.unwrap_err(), reason);
    assert!(
        text.replace('\n', " ")
            .starts_with(&format!("That did not work: {reason}")),
        "{text}"
    );
    assert!(
        text.contains("GET /gmail/v1/users/me/profile ERROR 500"),
        "{text}"
    );
}
