//! What is not telemetry is as it was: rmcp's own client and ours, side by side.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response};
use axum::routing::any;
use futures_util::StreamExt;
use glassbox::client::lift::Lift;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, DiscoverRequest, PingRequest, RequestId};
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};

type Headers = &'static [(&'static str, &'static str)];

const JSON: (&str, &str) = ("content-type", "Application/JSON; charset=utf-8");
const EVENTS: (&str, &str) = ("content-type", "text/event-stream");
const TEXT: (&str, &str) = ("content-type", "text/plain");
const SESSION: (&str, &str) = ("mcp-session-id", "s");
const ERROR: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m","data":{"a":1}}}"#;
const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

/// Responses, each over and over.
const RESPONSES: &[(u16, Headers, &str)] = &[
    (200, &[JSON, SESSION], RESULT),
    (200, &[JSON], ERROR),
    (200, &[JSON], ""),
    (200, &[JSON], "{}"),
    (200, &[JSON], "<html>"),
    (
        200,
        &[JSON],
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"a text that is over a limit of sixty-four bytes\"}}",
    ),
    (200, &[TEXT], RESULT),
    (200, &[], RESULT),
    (
        200,
        &[EVENTS, SESSION],
        "id: 1\ndata: {\"a\":\ndata: 1}\n\n: x\n\ndata: 2\r\n\r\nid: 3\n\n",
    ),
    (
        200,
        &[EVENTS],
        "data: a text that is over a limit of sixty-four bytes, as an event\n\n",
    ),
    (200, &[EVENTS], "junk\n\n"),
    (202, &[], ""),
    (204, &[], ""),
    (301, &[], "moved"),
    (400, &[JSON], ERROR),
    (
        400,
        &[JSON],
        "{\"why\": \"not a JSON-RPC error, and over a limit of sixty-four bytes\"}",
    ),
    (400, &[TEXT], "no"),
    (401, &[("www-authenticate", "Bearer scope=\"a b\"")], ""),
    (401, &[JSON], ERROR),
    (
        403,
        &[("www-authenticate", "Bearer error=\"e\", scope=\"a b\", x=y")],
        "",
    ),
    (403, &[("www-authenticate", "Bearer")], ""),
    (403, &[TEXT], "no"),
    (404, &[JSON], ERROR),
    (404, &[], ""),
    (405, &[], ""),
    (
        422,
        &[TEXT],
        "a text that is over a limit of sixty-four bytes: it is cut there.",
    ),
    (429, &[JSON, ("retry-after", "7")], ERROR),
    (500, &[JSON], ERROR),
    (500, &[JSON], "{}"),
    (500, &[TEXT, ("retry-after", "8")], ERROR),
    (
        503,
        &[JSON, ("retry-after", "9")],
        "{\"why\": \"over a limit of sixty-four bytes, and JSON, but no error\"}",
    ),
];

/// Serves response `n` at `/n`.
async fn url() -> String {
    let router = Router::new().route(
        "/{at}",
        any(
            async |method: Method, axum::extract::Path(at): axum::extract::Path<usize>| {
                let (status, headers, body) = RESPONSES[at];
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status.try_into().unwrap();
                for (name, value) in headers {
                    let name = HeaderName::from_static(name);
                    response
                        .headers_mut()
                        .append(name, HeaderValue::from_static(value));
                }
                // Part of the answer, so that a wrong method would be noticed.
                response
                    .headers_mut()
                    .append("x-method", method.as_str().parse().unwrap());
                response
            },
        ),
    );
    crate::servers::serve(router).await
}

/// What a client makes of a response, as text.
async fn posted<C: StreamableHttpClient>(
    client: &C,
    url: String,
    message: ClientJsonRpcMessage,
    session: Option<&str>,
    limit: usize,
) -> String {
    let mut limits = StreamableHttpResponseLimits::default();
    limits.max_json_response_size = limit;
    limits.max_error_response_size = limit;
    limits.max_sse_event_size = limit;
    let answer = client
        .post_message_with_response_limits(
            url.into(),
            message,
            session.map(Arc::from),
            Some("token".to_owned()),
            HashMap::new(),
            limits,
        )
        .await;
    match answer {
        Ok(StreamableHttpPostResponse::Sse(events, session)) => {
            let events: Vec<_> = events
                .map(|event| event.map_err(|error| error.to_string()))
                .collect()
                .await;
            format!("{events:?} {session:?}")
        }
        other => format!("{other:?}"),
    }
}

async fn streamed<C: StreamableHttpClient>(client: &C, url: String, limit: usize) -> String {
    let stream = client
        .get_stream_with_max_sse_event_size(
            url.into(),
            None,
            Some("1".to_owned()),
            None,
            HashMap::new(),
            limit,
        )
        .await;
    match stream {
        Ok(events) => {
            let events: Vec<_> = events
                .map(|event| event.map_err(|error| error.to_string()))
                .collect()
                .await;
            format!("{events:?}")
        }
        Err(error) => format!("{error:?}"),
    }
}

/// The two differ in what they say of an event that is too large.
fn plain(text: &str) -> String {
    text.replace(", telemetry not counted", "")
}

#[tokio::test]
async fn every_response_means_what_it_means_to_rmcps_client() {
    let url = url().await;
    let stock = support::http::client();
    let lifting = Lift::new().http_client(stock.clone());
    let id = RequestId::Number(1);
    let messages = [
        ClientRequest::PingRequest(PingRequest::default()),
        ClientRequest::DiscoverRequest(DiscoverRequest::default()),
    ];
    for (at, response) in RESPONSES.iter().enumerate() {
        let url = format!("{url}/{at}");
        for limit in [64, 1_000] {
            for session in [None, Some("s")] {
                for message in &messages {
                    let message = ClientJsonRpcMessage::request(message.clone(), id.clone());
                    let ours = posted(&lifting, url.clone(), message.clone(), session, limit).await;
                    let theirs = posted(&stock, url.clone(), message, session, limit).await;
                    assert_eq!(plain(&ours), theirs, "{response:?} {limit} {session:?}");
                }
            }
            let ours = streamed(&lifting, url.clone(), limit).await;
            let theirs = streamed(&stock, url.clone(), limit).await;
            assert_eq!(plain(&ours), theirs, "{response:?} {limit}");
        }
    }
}

#[tokio::test]
async fn headers_of_the_transport_cannot_be_set() {
    let lifting = Lift::new().http_client(support::http::client());
    for name in ["accept", "mcp-session-id", "last-event-id"] {
        let headers =
            HashMap::from([(HeaderName::from_static(name), HeaderValue::from_static("x"))]);
        let ping = ClientRequest::PingRequest(PingRequest::default());
        let message = ClientJsonRpcMessage::request(ping, RequestId::Number(1));
        let sent = lifting
            .post_message("http://127.0.0.1:1".into(), message, None, None, headers)
            .await;
        assert!(sent.unwrap_err().to_string().contains(name));
    }
}
