//! S01 to S03: who asks, gets; who does not, gets nothing.

use glassbox::EXTENSION_ID;
use serde_json::{Value, json};
use support::matrix::{Host, Serving, Setup, Transport};
use support::tree::spans;
use support::wire::{ask, initialize};

use super::{PARENT, STDIO, TRACE, everywhere, telemetry};

#[tokio::test]
async fn s01_nothing_is_added_unless_asked() {
    everywhere(&Setup::default(), async |case| {
        for meta in [
            json!({}),
            json!({"traceparent": format!("00-{TRACE}-{PARENT}-01")}),
        ] {
            let answer = case.ask("stages", "", meta.clone()).await;
            assert_eq!(case.text(&answer), "done");
            assert_eq!(answer["result"].get("_meta"), None);
            let answer = case.ask("protocol_error", "", meta).await;
            assert_eq!(answer["error"]["code"], -32603);
            assert_eq!(answer["error"].get("data"), None);
        }
    })
    .await;
}

#[tokio::test]
async fn s01_a_refused_request_is_answered_as_if_it_had_not_asked() {
    let setup = Setup {
        refuses: true,
        ..Setup::default()
    };
    everywhere(&setup, async |case| {
        for deed in [
            "stages",
            "fail",
            "protocol_error",
            "forbidden",
            "no_such_deed",
        ] {
            let not_asked = case.ask(deed, "", json!({})).await;
            let refused = case.ask(deed, "", ask(true)).await;
            assert_eq!(refused, not_asked, "{deed}");
        }
    })
    .await;
}

#[tokio::test]
async fn s02_any_other_shape_is_ignored() {
    let junk = [
        json!(null),
        json!(true),
        json!("traces"),
        json!([]),
        json!({"traces": null}),
        json!({"traces": true}),
        json!({"traces": [{"request": true}]}),
        json!({"traces": {"request": "true"}}),
        json!({"traces": {"request": 1}}),
        json!({"traces": {"request": {}}}),
        json!({"traces": {"request": false, "detailed": true}}),
        json!({"traces": {"detailed": true}}),
        json!({"metrics": {"request": true}}),
    ];
    everywhere(&Setup::default(), async |case| {
        for otel in &junk {
            let answer = case.ask("echo", "", json!({"otel": otel})).await;
            assert_eq!(case.text(&answer), "done", "{otel}");
            assert_eq!(telemetry(&answer), None, "{otel}");
        }
        let extra = json!({"otel": {"traces": {"request": true, "x": 1}, "logs": []}, "y": []});
        let answer = case.ask("echo", "", extra).await;
        assert_eq!(spans(&answer).len(), 2, "unknown keys are ignored");
    })
    .await;
}

#[tokio::test]
async fn s03_the_flag_on_a_single_request_is_enough() {
    everywhere(&Setup::default(), async |case| {
        let answer = case.ask("stages", "", ask(false)).await;
        assert!(!spans(&answer).is_empty());
        let answer = case.ask("stages", "", json!({})).await;
        assert_eq!(telemetry(&answer), None, "nothing is remembered");
    })
    .await;
}

#[tokio::test]
async fn s03_both_advertisements_stand_in_initialize_and_discover() {
    for host in [Host::Own, Host::Wrapped] {
        let setup = Setup::default().with_host(host);
        for is_http in [true, false] {
            for (method, is_first) in [("server/discover", false), ("initialize", true)] {
                let transport = Transport {
                    is_http,
                    is_stateless: true,
                };
                let mut serving = Serving::start(STDIO, &setup, transport).await;
                let answer = if is_first {
                    serving.client.send(initialize()).await
                } else {
                    serving.client.request(method, json!({})).await
                };
                assert_advertised(&answer, &format!("{method} of {host} over {transport}"));
            }
        }
    }
}

fn assert_advertised(answer: &Value, name: &str) {
    let capabilities = &answer["result"]["capabilities"];
    assert_eq!(
        capabilities["extensions"][EXTENSION_ID],
        json!({}),
        "{name} {answer:#}"
    );
    assert_eq!(
        capabilities["serverExecutionTelemetry"],
        json!({"version": "2026-03-01", "signals": {"traces": {"supported": true}}}),
        "{name}"
    );
    assert!(
        capabilities["tools"].is_object(),
        "{name}: what was there stays"
    );
}
