//! The simulator against the Gmail API's documented shapes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use gmail_example::simulator::{SIMULATED_TOKEN, Simulator, SimulatorConfig};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

struct Peer {
    simulator: Simulator,
    http: Client,
}

impl Peer {
    async fn start(config: SimulatorConfig) -> Self {
        let simulator = Simulator::start(config.with_latency(0.0)).await.unwrap();
        let http = gmail_example::http::client(&Url::parse(&simulator.url()).unwrap())
            .build()
            .unwrap();
        Self { simulator, http }
    }

    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(
            method,
            format!("{}/gmail/v1/users/me{path}", self.simulator.url()),
        )
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        split(
            self.bare(Method::GET, path)
                .bearer_auth(SIMULATED_TOKEN)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    async fn send(&self, body: &Value) -> (StatusCode, Value) {
        let request = self
            .bare(Method::POST, "/messages/send")
            .bearer_auth(SIMULATED_TOKEN);
        split(request.json(body).send().await.unwrap()).await
    }

    async fn send_raw(&self, mail: &str) -> (StatusCode, Value) {
        self.send(&json!({"raw": URL_SAFE.encode(mail)})).await
    }
}

async fn split(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, response.json().await.unwrap())
}

async fn peer() -> Peer {
    Peer::start(SimulatorConfig::default()).await
}

fn error_of((status, body): (StatusCode, Value)) -> (u16, String, String) {
    assert_eq!(body["error"]["code"], status.as_u16());
    let text = |key: &str| body["error"][key].as_str().unwrap().to_owned();
    assert!(body["error"]["errors"][0]["message"].is_string());
    assert!(body["error"]["errors"][0]["reason"].is_string());
    (status.as_u16(), text("status"), text("message"))
}

#[tokio::test]
async fn the_profile_says_whose_token_it_is() {
    let (status, profile) = peer().await.get("/profile").await;
    assert_eq!(status, 200);
    assert_eq!(profile["emailAddress"], "ada@example.com");
    assert_eq!(
        (&profile["messagesTotal"], &profile["threadsTotal"]),
        (&json!(26), &json!(26))
    );
    assert!(profile["historyId"].is_string());
}

#[tokio::test]
async fn a_list_has_ids_and_an_estimate_only() {
    let (status, list) = peer().await.get("/messages?maxResults=2").await;
    assert_eq!(status, 200);
    let messages = list["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    let keys: Vec<_> = messages[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["id", "threadId"]);
    assert_eq!(list["resultSizeEstimate"], 26);
    assert!(list["nextPageToken"].is_string());
}

#[tokio::test]
async fn pages_cover_the_mailbox_once_and_end_without_a_token() {
    let peer = peer().await;
    let mut ids = Vec::new();
    let mut query = "maxResults=10".to_owned();
    let mut sizes = Vec::new();
    loop {
        let (_, page) = peer.get(&format!("/messages?{query}")).await;
        let messages = page["messages"].as_array().unwrap();
        sizes.push(messages.len());
        ids.extend(
            messages
                .iter()
                .map(|message| message["id"].as_str().unwrap().to_owned()),
        );
        let Some(token) = page.get("nextPageToken") else {
            break;
        };
        query = format!("maxResults=10&pageToken={}", token.as_str().unwrap());
    }
    assert_eq!(sizes, [10, 10, 6]);
    let expected: Vec<_> = peer
        .simulator
        .mailbox()
        .messages()
        .iter()
        .map(|message| message.id.clone())
        .collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_empty_list_has_no_messages_key() {
    let (_, list) = peer().await.get("/messages?q=from:nobody").await;
    assert_eq!(list, json!({"resultSizeEstimate": 0}));
}

#[tokio::test]
async fn lists_are_restricted_by_search_and_labels() {
    let peer = peer().await;
    for (query, count) in [
        ("q=is%3Aunread", 8),
        ("q=from%3Agrace+-is%3Aunread", 3),
        ("labelIds=UNREAD&labelIds=IMPORTANT", 1),
        ("maxResults=0", 26),
        ("maxResults=5000", 26),
    ] {
        let (_, list) = peer.get(&format!("/messages?{query}")).await;
        assert_eq!(list["resultSizeEstimate"], count, "{query}");
    }
}

#[tokio::test]
async fn bad_parameters_are_400_in_googles_words() {
    let peer = peer().await;
    let id = peer.simulator.mailbox().messages()[0].id.clone();
    for (path, message) in [
        ("/messages?maxResults=many", "Invalid value at 'max_results' (TYPE_UINT32), \"many\"".to_owned()),
        ("/messages?maxResults=-1", "Invalid value at 'max_results' (TYPE_UINT32), \"-1\"".to_owned()),
        ("/messages?pageToken=next", "Invalid pageToken".to_owned()),
        ("/messages?pageToken=17", "Invalid pageToken".to_owned()),
        ("/messages/not-an-id", "Invalid id value".to_owned()),
        (
            &format!("/messages/{id}?format=odd"),
            "Invalid value at 'format' (type.googleapis.com/google.gmail.v1.MessageFormat), \"odd\"".to_owned(),
        ),
    ] {
        let expected = (400, "INVALID_ARGUMENT".to_owned(), message);
        assert_eq!(error_of(peer.get(path).await), expected, "{path}");
    }
}

#[tokio::test]
async fn metadata_has_the_headers_asked_for_and_no_body() {
    let peer = peer().await;
    let id = peer.simulator.mailbox().messages()[0].id.clone();
    let path =
        format!("/messages/{id}?format=metadata&metadataHeaders=subject&metadataHeaders=From");
    let (status, message) = peer.get(&path).await;
    assert_eq!(status, 200);
    let mut keys: Vec<_> = message
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "historyId",
            "id",
            "internalDate",
            "labelIds",
            "payload",
            "sizeEstimate",
            "snippet",
            "threadId"
        ]
    );
    assert_eq!(message["internalDate"], "1795166820000");
    assert_eq!(message["labelIds"], json!(["UNREAD", "IMPORTANT", "INBOX"]));
    assert!(message["sizeEstimate"].is_u64());
    assert_eq!(
        message["payload"],
        json!({"mimeType": "text/plain", "headers": [
            {"name": "From", "value": "Grace Hopper <grace@example.org>"},
            {"name": "Subject", "value": "Found the slow call"},
        ]})
    );
}

#[tokio::test]
async fn formats_differ_in_payload() {
    let peer = peer().await;
    let mailbox = peer.simulator.mailbox();
    let message = &mailbox.messages()[5];
    let (_, minimal) = peer
        .get(&format!("/messages/{}?format=minimal", message.id))
        .await;
    assert_eq!(minimal.get("payload"), None);
    assert!(
        minimal["snippet"]
            .as_str()
            .unwrap()
            .contains("I&#39;d like"),
        "{minimal}"
    );
    let (_, full) = peer.get(&format!("/messages/{}", message.id)).await;
    assert_eq!(
        full["payload"]["body"]["data"],
        URL_SAFE.encode(&message.body)
    );
    assert_eq!(full["payload"]["body"]["size"], message.body.len());
    let (_, raw) = peer
        .get(&format!("/messages/{}?format=raw", message.id))
        .await;
    let raw = String::from_utf8(URL_SAFE.decode(raw["raw"].as_str().unwrap()).unwrap()).unwrap();
    assert!(raw.ends_with(&format!("\r\n\r\n{}", message.body)), "{raw}");
}

#[tokio::test]
async fn ids_and_paths_that_are_not_there_are_404() {
    let peer = peer().await;
    for path in ["/messages/1234567890abcdef", "/drafts", "/messages/1/2"] {
        let (code, status, _) = error_of(peer.get(path).await);
        assert_eq!((code, status.as_str()), (404, "NOT_FOUND"), "{path}");
    }
}

#[tokio::test]
async fn asks_for_a_bearer_token_before_anything_else() {
    let peer = peer().await;
    for (authorization, reason) in [
        (None, "required"),
        (Some("Basic YTpi"), "required"),
        (Some("Bearer other"), "authError"),
    ] {
        let mut request = peer.bare(Method::GET, "/nowhere");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("www-authenticate"));
        let (status, body) = split(response).await;
        assert_eq!(body["error"]["errors"][0]["reason"], reason);
        assert_eq!(body["error"]["errors"][0]["location"], "Authorization");
        assert_eq!(error_of((status, body)).1, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn other_accounts_are_out_of_reach() {
    let peer = peer().await;
    let url = |user: &str| format!("{}/gmail/v1/users/{user}/profile", peer.simulator.url());
    let get = |user| peer.http.get(url(user)).bearer_auth(SIMULATED_TOKEN).send();
    assert_eq!(get("ada@example.com").await.unwrap().status(), 200);
    let (code, status, message) = error_of(split(get("bob@example.com").await.unwrap()).await);
    assert_eq!((code, status.as_str()), (403, "PERMISSION_DENIED"));
    assert_eq!(message, "Delegation denied for ada@example.com");
}

#[tokio::test]
async fn a_sent_mail_shows_up_in_the_mailbox() {
    let peer = peer().await;
    let (status, sent) = peer
        .send_raw(
            "To: Grace <grace@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello",
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    assert_eq!(sent["id"], sent["threadId"]);
    let (_, list) = peer
        .get("/messages?maxResults=1&q=subject:Gr%C3%BC%C3%9Fe")
        .await;
    assert_eq!(list["messages"][0]["id"], sent["id"]);
    let (_, message) = peer
        .get(&format!("/messages/{}", sent["id"].as_str().unwrap()))
        .await;
    let headers = message["payload"]["headers"].as_array().unwrap();
    assert!(headers.contains(&json!({"name": "To", "value": "Grace <grace@example.org>"})));
    assert!(headers.contains(&json!({"name": "From", "value": "ada@example.com"})));
}

#[tokio::test]
async fn mail_to_oneself_arrives() {
    let (_, sent) = peer()
        .await
        .send_raw("To: ada@example.com\r\n\r\nnote")
        .await;
    assert_eq!(sent["labelIds"], json!(["SENT", "INBOX", "UNREAD"]));
}

#[tokio::test]
async fn refuses_mail_that_cannot_be_sent() {
    let peer = peer().await;
    let message = |answer| error_of(answer).2;
    assert_eq!(
        message(peer.send_raw("Subject: x\r\n\r\nHello").await),
        "Recipient address required"
    );
    assert_eq!(
        message(peer.send_raw("To: nobody\r\n\r\nHello").await),
        "Invalid To header"
    );
    assert_eq!(
        message(peer.send(&json!({})).await),
        "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
    );
    assert_eq!(
        message(peer.send(&json!({"raw": "%%%"})).await),
        "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed"
    );
    let request = peer
        .bare(Method::POST, "/messages/send")
        .bearer_auth(SIMULATED_TOKEN)
        .body("{");
    let answer = split(request.send().await.unwrap()).await;
    assert!(
        error_of(answer)
            .2
            .starts_with("Invalid JSON payload received.")
    );
    assert_eq!(peer.simulator.mailbox().messages().len(), 26);
}

#[tokio::test]
async fn fails_every_call_when_told_to() {
    for (status, name) in [
        (400, "FAILED_PRECONDITION"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
    ] {
        let peer = Peer::start(SimulatorConfig::default().with_fail(Some(status))).await;
        for path in ["/profile", "/messages", "/messages/1"] {
            let (code, found, _) = error_of(peer.get(path).await);
            assert_eq!((code, found.as_str()), (status, name), "{path}");
        }
    }
}
