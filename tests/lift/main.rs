//! A stock rmcp client on lifted transports, against a server that answers
//! every call with telemetry no client should be asked to take.

mod answers;
mod servers;
mod statuses;

use glassbox::client::lift::{self, Lift, Refusal, Telemetry};
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{Peer, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};

use crate::answers::{Answer, Expected, answers, result_text};

type Client = RunningService<RoleClient, ()>;

async fn call(client: &Peer<RoleClient>, name: &str) -> Result<CallToolResult, ServiceError> {
    client
        .call_tool(CallToolRequestParams::new(name.to_owned()))
        .await
}

/// The telemetry of one answer, whose result is there and as it was written.
async fn telemetry(client: &Peer<RoleClient>, answer: &Answer) -> Option<Telemetry> {
    match call(client, answer.name).await {
        Ok(mut result) => {
            let telemetry = lift::take(&mut result.meta);
            assert_eq!(result_text(&result), Some("the result"), "{}", answer.name);
            telemetry
        }
        Err(ServiceError::McpError(mut error)) => {
            assert!(answer.is_error, "{}: {error}", answer.name);
            assert_eq!(error.message, "the error");
            lift::take_from_error(&mut error)
        }
        Err(error) => panic!("{}: the result is lost: {error}", answer.name),
    }
}

async fn every_result_arrives(client: Client, lift: Lift) {
    for answer in answers() {
        let taken = telemetry(&client, &answer).await;
        match (taken, answer.expected) {
            (Some(Telemetry::Text(text)), Expected::Text) => {
                assert!(text == answer.telemetry, "{}", answer.name);
            }
            (Some(Telemetry::Refused { reason, bytes }), Expected::Refused(expected)) => {
                assert_eq!(reason, expected, "{}", answer.name);
                assert_eq!(bytes, answer.telemetry.len() as u64);
            }
            (taken, _) => panic!("{}: {:.200}", answer.name, format!("{taken:?}")),
        }
    }
    let counts = lift.counts();
    let expected = |wanted: fn(&Expected) -> bool| {
        let answers = answers();
        answers
            .iter()
            .filter(|answer| wanted(&answer.expected))
            .count() as u64
    };
    assert_eq!(counts.lifted, expected(|e| matches!(e, Expected::Text)));
    assert_eq!(
        counts.refused(),
        expected(|e| matches!(e, Expected::Refused(_)))
    );
    assert_eq!(
        counts.left_out,
        answers().iter().map(|answer| answer.left_out).sum::<u64>()
    );
    assert_eq!(counts.march_advertisements, 1);
    client.cancel().await.unwrap();
}

async fn over_http(url: String, lift: &Lift) -> Client {
    ().serve(lift.http(support::http::client(), url))
        .await
        .unwrap()
}

#[tokio::test]
async fn every_result_arrives_as_json() {
    let lift = Lift::new();
    let client = over_http(servers::http().await.json(), &lift).await;
    every_result_arrives(client, lift).await;
}

#[tokio::test]
async fn every_result_arrives_in_an_event_stream() {
    let lift = Lift::new();
    let client = over_http(servers::http().await.events(), &lift).await;
    every_result_arrives(client, lift).await;
}

#[tokio::test]
async fn every_result_arrives_on_stdio() {
    let lift = Lift::new();
    let (reader, writer) = servers::stdio();
    let client = ().serve(lift.stdio(reader, writer)).await.unwrap();
    every_result_arrives(client, lift).await;
}

#[tokio::test]
async fn a_stock_client_loses_results() {
    let config = StreamableHttpClientTransportConfig::with_uri(servers::http().await.json());
    let transport = StreamableHttpClientTransport::with_client(support::http::client(), config);
    let client = ().serve(transport).await.unwrap();
    for (name, is_lost) in [
        ("small", false),
        ("nested 60 levels", true),
        ("a lone surrogate", true),
        ("a number out of range", true),
        ("an integer of 5,000 digits", true),
        ("an array for _meta", true),
        ("two _meta", true),
        ("50 MB", true),
    ] {
        assert_eq!(call(&client, name).await.is_err(), is_lost, "{name}");
    }
    let mut result = call(&client, "small").await.unwrap();
    let small = answers().into_iter().find(|answer| answer.name == "small");
    assert_eq!(
        lift::take(&mut result.meta),
        Some(Telemetry::Text(small.unwrap().telemetry))
    );
}

#[tokio::test]
async fn the_bound_is_for_each_answer() {
    let small = "{\"traces\":{\"resourceSpans\":[]}}";
    for (bound, fits) in [
        (small.len() - 1, false),
        (small.len(), true),
        (small.len() + 1, true),
    ] {
        let lift = Lift::new().with_max_telemetry_bytes(bound);
        let client = over_http(servers::http().await.json(), &lift).await;
        for _ in 0..2 {
            let mut result = call(&client, "small").await.unwrap();
            let expected = if fits {
                Telemetry::Text(small.to_owned())
            } else {
                Telemetry::Refused {
                    reason: Refusal::TooLarge,
                    bytes: small.len() as u64,
                }
            };
            assert_eq!(lift::take(&mut result.meta), Some(expected));
            assert_eq!(result.meta, None);
        }
    }
}
