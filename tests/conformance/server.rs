//! Server rules S01 to S18, as far as they are built.

use expect_test::expect;
use glassbox::{EXTENSION_ID, PassbackGrant, PassbackLimits};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::{Value, json};
use support::server::{NAME, builder, server};
use support::transports::{every_transport, over_http};
use support::tree::{attributes, span, spans, text, traces, tree};
use support::upstream::Upstream;
use support::wire::{Client, Running, ask, ask_under, post};

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00f067aa0ba902b7";

fn sampled(flag: bool) -> Value {
    ask_under(&format!("00-{TRACE}-{PARENT}-0{}", u8::from(flag)))
}

fn telemetry(answer: &Value) -> Option<&Value> {
    answer
        .pointer("/result/_meta/otel")
        .or_else(|| answer.pointer("/error/data/_meta"))
}

#[tokio::test]
async fn s01_nothing_is_added_unless_asked() {
    for mut at in every_transport(STDIO).await {
        for meta in [
            json!({}),
            json!({"traceparent": format!("00-{TRACE}-{PARENT}-01")}),
        ] {
            let answer = at
                .client
                .call("order", json!({"number": 1}), meta.clone())
                .await;
            assert_eq!(
                answer["result"]["structuredContent"]["number"], 1,
                "{}",
                at.name
            );
            assert_eq!(answer["result"].get("_meta"), None, "{}", at.name);
            let answer = at
                .client
                .call("protocol_error", json!({}), meta.clone())
                .await;
            assert_eq!(answer["error"].get("data"), None, "{}", at.name);
            let read = json!({"uri": "note://1", "_meta": meta});
            let answer = at.client.request("resources/read", read).await;
            assert_eq!(answer["result"].get("_meta"), None, "{}", at.name);
        }
    }
}

#[tokio::test]
async fn s01_a_refused_request_is_answered_as_if_it_had_not_asked() {
    let refusing = builder("http://127.0.0.1:9", 1).passback_grant(|_| PassbackGrant::Refuse);
    for mut at in over_http(refusing.build().unwrap()).await {
        let calls = [
            ("order", json!({"number": 1})),
            ("order", json!({"number": 17})),
            ("protocol_error", json!({})),
            ("no_such_tool", json!({})),
        ];
        for (tool, arguments) in calls {
            let not_asked = at.client.call(tool, arguments.clone(), json!({})).await;
            let refused = at.client.call(tool, arguments, ask(true)).await;
            assert_eq!(refused, not_asked, "{} {tool}", at.name);
        }
    }
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
    for mut at in every_transport(STDIO).await {
        for otel in &junk {
            let answer = at
                .client
                .call("add", json!({"left": 2, "right": 3}), json!({"otel": otel}))
                .await;
            assert_eq!(text(&answer), "5", "{} {otel}", at.name);
            assert_eq!(telemetry(&answer), None, "{} {otel}", at.name);
        }
        let extra = json!({"otel": {"traces": {"request": true, "x": 1}, "logs": []}, "y": []});
        let answer = at
            .client
            .call("add", json!({"left": 2, "right": 3}), extra)
            .await;
        assert_eq!(
            spans(&answer).len(),
            2,
            "{}: unknown keys are ignored",
            at.name
        );
    }
}

#[tokio::test]
async fn s03_the_flag_on_a_single_request_is_enough() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), ask(false))
            .await;
        assert!(!spans(&answer).is_empty(), "{}", at.name);
        let answer = at
            .client
            .call("order", json!({"number": 1}), json!({}))
            .await;
        assert_eq!(
            telemetry(&answer),
            None,
            "{}: nothing is remembered",
            at.name
        );
    }
}

#[tokio::test]
async fn s03_both_advertisements_stand_in_initialize_and_discover() {
    for mut at in every_transport(STDIO).await {
        if at.name.contains("stateless") {
            let answer = at.client.request("server/discover", json!({})).await;
            assert_advertised(&answer, at.name);
        }
        if let Some(running) = &at.running {
            let http = support::http::client();
            let (answer, _) =
                support::wire::post(&http, &running.url, None, &support::wire::initialize()).await;
            assert_advertised(&answer, at.name);
        }
    }
    // Over stdio, initialize comes first.
    let mut client = support::wire::Client::stdio(STDIO, true).await;
    let answer = client.send(support::wire::initialize()).await;
    assert_advertised(&answer, "stdio, initialize");
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

#[tokio::test]
async fn s04_unsampled_traceparent_still_returns_spans() {
    for mut at in every_transport(STDIO).await {
        let with = at
            .client
            .call("order", json!({"number": 1}), sampled(true))
            .await;
        let without = at
            .client
            .call("order", json!({"number": 1}), sampled(false))
            .await;
        assert_eq!(tree(&with), tree(&without), "{}", at.name);
        // Bit 0 of the flags is the sampled flag; it is as the caller set it.
        assert!(
            spans(&with)
                .iter()
                .all(|span| span["flags"].as_u64().unwrap() & 1 == 1)
        );
        assert!(
            spans(&without)
                .iter()
                .all(|span| span["flags"].as_u64().unwrap() & 1 == 0)
        );
    }
}

#[tokio::test]
async fn s05_recording_does_not_flip_the_sampled_bit_further_up() {
    let upstream = Upstream::start().await;
    for mut at in over_http(builder(upstream.url(), 1).build().unwrap()).await {
        for flag in [true, false] {
            at.client
                .call("fetch", json!({"path": "/ok"}), sampled(flag))
                .await;
            let headers = upstream.seen().pop().unwrap();
            let traceparent = headers["traceparent"].to_str().unwrap().to_owned();
            assert!(
                traceparent.ends_with(if flag { "-01" } else { "-00" }),
                "{traceparent}"
            );
        }
    }
}

#[tokio::test]
async fn s06_spans_are_otlp_json() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), sampled(true))
            .await;
        for span in spans(&answer) {
            let hex = |key: &str, length: usize| {
                let id = span[key]
                    .as_str()
                    .unwrap_or_else(|| panic!("{key} in {span}"));
                assert!(
                    id.len() == length && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    "{key} {id}"
                );
            };
            hex("traceId", 32);
            hex("spanId", 16);
            hex("parentSpanId", 16);
            assert!(span["kind"].is_u64());
            for time in ["startTimeUnixNano", "endTimeUnixNano"] {
                assert!(
                    span[time].as_str().unwrap().parse::<u64>().unwrap()
                        > 1_600_000_000_000_000_000
                );
            }
        }
        let number = &span(&answer, "check")["attributes"][0];
        assert_eq!(
            *number,
            json!({"key": "order.number", "value": {"intValue": "1"}}),
            "{}",
            at.name
        );

        // The official messages read it, and write the same again.
        let resource_spans = json!({"resourceSpans": traces(&answer)["resourceSpans"]});
        let read: ExportTraceServiceRequest = serde_json::from_value(resource_spans).unwrap();
        let again = serde_json::to_value(&read).unwrap();
        let twice: ExportTraceServiceRequest = serde_json::from_value(again).unwrap();
        assert_eq!(read, twice);
        assert_eq!(
            read.resource_spans[0].scope_spans[0].spans.len(),
            spans(&answer).len()
        );
    }
}

#[tokio::test]
async fn s07_every_entry_names_its_producer() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), ask(true))
            .await;
        let resources = traces(&answer)["resourceSpans"].as_array().unwrap();
        assert!(!resources.is_empty());
        for entry in resources {
            let resource = attributes(&entry["resource"]);
            assert_eq!(resource["service.name"], NAME, "{}", at.name);
            assert_eq!(resource["service.version"], "1.2.3", "{}", at.name);
        }
    }
}

#[tokio::test]
async fn s08_top_level_by_default_and_the_whole_tree_on_demand() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), ask(false))
            .await;
        expect![[r"
            tools/call order SERVER
              check
              store
              format
        "]]
        .assert_eq(&tree(&answer));
        assert_eq!(traces(&answer)["truncated"], false);
        assert_eq!(
            traces(&answer)["droppedSpanCount"],
            0,
            "what was not asked for is not dropped"
        );

        let answer = at
            .client
            .call("order", json!({"number": 1}), ask(true))
            .await;
        expect![[r"
            tools/call order SERVER
              check
                lookup
              store
                write
                write
              format
        "]]
        .assert_eq(&tree(&answer));
    }
}

#[tokio::test]
async fn s08_resources_are_read_under_a_span_as_well() {
    for mut at in every_transport(STDIO).await {
        let read = json!({"uri": "note://1", "_meta": ask(true)});
        let answer = at.client.request("resources/read", read).await;
        expect![[r"
            resources/read SERVER
              load
                write
        "]]
        .assert_eq(&tree(&answer));
        let uri = attributes(span(&answer, "resources/read")).remove("mcp.resource.uri");
        assert_eq!(uri, None, "a URI may hold anything");
        assert_eq!(answer["result"]["contents"][0]["text"], "text of the note");
    }
}

#[tokio::test]
async fn s09_s10_s18_volume_is_bounded_and_what_was_held_back_is_counted() {
    let mut limits = PassbackLimits::default();
    limits.max_spans = 10;
    for (calls, held_back) in [(9, 0), (10, 1), (5_000, 4_991)] {
        let server = builder("http://127.0.0.1:9", 1)
            .passback_limits(limits)
            .build()
            .unwrap();
        for mut at in over_http(server).await {
            let answer = at
                .client
                .call("many", json!({"count": calls}), ask(true))
                .await;
            assert_eq!(text(&answer), calls.to_string());
            assert_eq!(spans(&answer).len(), 10, "{}", at.name);
            assert_eq!(traces(&answer)["droppedSpanCount"], held_back);
            assert_eq!(traces(&answer)["truncated"], held_back > 0);
            assert!(tree(&answer).starts_with("tools/call many SERVER\n  step\n"));
        }
    }
}

#[tokio::test]
async fn s09_attributes_and_events_on_a_span_are_bounded() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("chatter", json!({}), ask(true)).await;
        let talk = span(&answer, "talk");
        // Declared, the tool's name and our own error class; 200 more were set by other code.
        assert_eq!(
            talk["attributes"].as_array().unwrap().len(),
            3,
            "{}",
            at.name
        );
        assert_eq!(attributes(talk)["label"], "0");
        assert_eq!(talk["droppedAttributesCount"], 200);
        assert_eq!(
            (talk.get("events"), &talk["droppedEventsCount"]),
            (None, &json!(100))
        );
    }
}

#[tokio::test]
async fn s10_bytes_are_bounded() {
    let mut limits = PassbackLimits::default();
    limits.max_total_bytes = 3_000;
    let server = builder("http://127.0.0.1:9", 1)
        .passback_limits(limits)
        .build()
        .unwrap();
    for mut at in over_http(server).await {
        let answer = at
            .client
            .call("many", json!({"count": 200}), ask(true))
            .await;
        let bytes = traces(&answer).to_string().len();
        assert!((2_000..=3_000).contains(&bytes), "{bytes}");
        let dropped = traces(&answer)["droppedSpanCount"].as_u64().unwrap();
        assert_eq!(u64::try_from(spans(&answer).len()).unwrap() + dropped, 201);
    }
}

#[tokio::test]
async fn s11_the_root_is_a_server_span_under_the_callers_span() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), sampled(true))
            .await;
        let root = span(&answer, "tools/call order");
        assert_eq!(
            (&root["traceId"], &root["parentSpanId"]),
            (&json!(TRACE), &json!(PARENT)),
            "{}",
            at.name
        );
        assert_eq!(root["kind"], 2, "SERVER");
        assert!(spans(&answer).iter().all(|span| span["traceId"] == TRACE));
        let found = attributes(root);
        let expected = [
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", "order"),
            ("jsonrpc.request.id", "7"),
            ("mcp.method.name", "tools/call"),
        ];
        for (key, value) in expected {
            assert_eq!(
                found.get(key).map(String::as_str),
                Some(value),
                "{} {key}",
                at.name
            );
        }
        let over_http = at.name.starts_with("HTTP");
        assert_eq!(
            found["network.transport"],
            if over_http { "tcp" } else { "pipe" }
        );
        let version = if at.name.contains("session") {
            "2025-11-25"
        } else {
            "2026-07-28"
        };
        assert_eq!(found["mcp.protocol.version"], version);
    }
}

#[tokio::test]
async fn s11_without_a_usable_traceparent_a_fresh_trace_begins() {
    for mut at in every_transport(STDIO).await {
        for traceparent in [
            json!("00-junk"),
            json!(7),
            json!(null),
            json!(format!("00-{}-{PARENT}-01", "0".repeat(32))),
        ] {
            let mut meta = ask(true);
            meta["traceparent"] = traceparent.clone();
            let answer = at
                .client
                .call("add", json!({"left": 1, "right": 1}), meta)
                .await;
            let root = span(&answer, "tools/call add");
            assert_eq!(root.get("parentSpanId"), None, "{} {traceparent}", at.name);
            assert_ne!(root["traceId"], TRACE);
            assert_eq!(text(&answer), "2");
        }
    }
}

#[tokio::test]
async fn s12_stages_are_direct_children_of_the_root() {
    for mut at in every_transport(STDIO).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), ask(false))
            .await;
        let root = span(&answer, "tools/call order");
        for stage in ["check", "store", "format"] {
            let stage = span(&answer, stage);
            assert_eq!(stage["parentSpanId"], root["spanId"], "{}", at.name);
            assert_eq!(attributes(stage)["gen_ai.tool.name"], "order");
            assert_eq!(
                attributes(stage).get("gen_ai.operation.name"),
                None,
                "only the root is a tool call"
            );
        }
    }
}

#[tokio::test]
async fn s13_no_secret_leaves() {
    let upstream = Upstream::start().await;
    for mut at in over_http(builder(upstream.url(), 1).build().unwrap()).await {
        let calls = [
            (
                "order",
                json!({"number": 1, "item": "hunter2", "note": "hunter2"}),
            ),
            ("order", json!({"number": 17})),
            ("order", json!({"number": "hunter2"})),
            ("explode", json!({})),
            ("fetch", json!({"path": "/fail"})),
            ("fetch", json!({"path": "/hunter2"})),
        ];
        for (tool, arguments) in calls {
            let answer = at.client.call(tool, arguments, ask(true)).await;
            let leaked = traces(&answer).to_string();
            assert!(!leaked.contains("hunter2"), "{tool} leaks: {leaked}");
        }
    }
}

#[tokio::test]
async fn s13_what_other_code_puts_on_a_span_stays() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("chatter", json!({}), ask(true)).await;
        expect![[r"
            tools/call chatter SERVER ERROR tool_error
              talk ERROR _OTHER
        "]]
        .assert_eq(&tree(&answer));
        assert!(
            !traces(&answer).to_string().contains("hunter2"),
            "{}",
            at.name
        );
    }
}

#[tokio::test]
async fn s13_a_span_that_other_code_ends_keeps_its_name() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("hijack", json!({}), ask(true)).await;
        assert_eq!(
            tree(&answer),
            "tools/call hijack SERVER\n  mine\n",
            "{}",
            at.name
        );
        assert_eq!(attributes(span(&answer, "mine"))["label"], "1");
        assert!(
            !traces(&answer).to_string().contains("hunter2"),
            "{}",
            at.name
        );
    }
}

#[tokio::test]
async fn s13_the_callers_own_token_is_redacted() {
    let running = Running::start(server()).await;
    let params = json!({"name": "my-token-7", "arguments": {}, "_meta": ask(true)});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let Client::Http { session, .. } = Client::with_session(&running.url).await else {
        panic!("no session");
    };
    let token = HeaderValue::from_static("Bearer my-token-7");
    let http = support::http::client_with([(AUTHORIZATION, token)]);
    let (answer, _) = post(&http, &running.url, session.as_deref(), &message).await;
    assert_eq!(tree(&answer), "tools/call [redacted] SERVER\n");
    assert!(!traces(&answer).to_string().contains("my-token"));
}

#[tokio::test]
async fn s10_the_failed_span_is_not_the_one_that_goes() {
    let mut limits = PassbackLimits::default();
    limits.max_spans = 10;
    let server = builder("http://127.0.0.1:9", 1)
        .passback_limits(limits)
        .build()
        .unwrap();
    for mut at in over_http(server).await {
        let answer = at
            .client
            .call("fail_late", json!({"count": 300}), ask(true))
            .await;
        assert_eq!(spans(&answer).len(), 10, "{}", at.name);
        let last = span(&answer, "last");
        assert_eq!(last["status"], json!({"code": 2}));
        assert_eq!(span(&answer, "inner")["parentSpanId"], last["spanId"]);
    }
}

#[tokio::test]
async fn s14_urls_stay_and_templates_leave() {
    let upstream = Upstream::start().await;
    for mut at in over_http(builder(upstream.url(), 1).build().unwrap()).await {
        let answer = at
            .client
            .call("fetch", json!({"path": "/private/7"}), ask(true))
            .await;
        expect![[r"
            tools/call fetch SERVER
              upstream
                GET /{path} CLIENT
        "]]
        .assert_eq(&tree(&answer));
        let call = span(&answer, "GET /{path}");
        let keys: Vec<_> = attributes(call).into_keys().collect();
        assert_eq!(
            keys,
            [
                "http.request.method",
                "http.response.status_code",
                "network.protocol.version",
                "url.template"
            ]
        );
        assert_eq!(
            call["droppedAttributesCount"], 3,
            "the URL and the server's address are counted"
        );
    }
}

#[tokio::test]
async fn s15_failed_calls_return_the_stages_that_ran() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("fail", json!({}), ask(true)).await;
        assert_eq!(answer["result"]["isError"], true);
        assert_eq!(answer["result"]["content"][0]["text"], "the till is closed");
        expect![[r"
            tools/call fail SERVER ERROR tool_error
              attempt ERROR closed
        "]]
        .assert_eq(&tree(&answer));

        let answer = at.client.call("protocol_error", json!({}), ask(true)).await;
        assert_eq!(answer["error"]["code"], -32603);
        expect![[r"
            tools/call protocol_error SERVER ERROR -32603
              try
        "]]
        .assert_eq(&tree(&answer));
        let root = span(&answer, "tools/call protocol_error");
        assert_eq!(root["status"], json!({"code": 2}), "texts of errors stay");
        assert_eq!(attributes(root)["rpc.response.status_code"], "-32603");

        let answer = at.client.call("no_such_tool", json!({}), ask(true)).await;
        assert_eq!(answer["error"]["code"], -32602);
        expect![[r"
            tools/call no_such_tool SERVER
        "]]
        .assert_eq(&tree(&answer));
    }
}

#[tokio::test]
async fn s16_a_panic_is_an_error_that_says_so() {
    for mut at in every_transport(STDIO).await {
        let answer = at.client.call("explode", json!({}), ask(true)).await;
        assert_eq!(answer["result"]["isError"], true, "{}", at.name);
        expect![[r"
            tools/call explode SERVER ERROR panic
              fuse ERROR panic
        "]]
        .assert_eq(&tree(&answer));
    }
}

#[tokio::test]
async fn s17_the_trace_context_is_handed_on() {
    let upstream = Upstream::start().await;
    for mut at in over_http(builder(upstream.url(), 1).build().unwrap()).await {
        let mut meta = sampled(true);
        meta["tracestate"] = json!("vendor=1");
        meta["baggage"] = json!("tenant=acme");
        let answer = at
            .client
            .call("fetch", json!({"path": "/ok"}), meta.clone())
            .await;
        let headers = upstream.seen().pop().unwrap();
        let call = span(&answer, "GET /{path}")["spanId"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(headers["traceparent"], format!("00-{TRACE}-{call}-01"));
        assert_eq!(headers["tracestate"], "vendor=1");
        assert_eq!(
            headers.get("baggage"),
            None,
            "baggage was meant for this server"
        );

        // Nobody asks for spans: the caller's own context goes on.
        meta.as_object_mut().unwrap().remove("otel");
        at.client.call("fetch", json!({"path": "/ok"}), meta).await;
        let headers = upstream.seen().pop().unwrap();
        assert_eq!(headers["traceparent"], format!("00-{TRACE}-{PARENT}-01"));

        // Nobody says anything: nothing is made up.
        at.client
            .call("fetch", json!({"path": "/ok"}), json!({}))
            .await;
        assert_eq!(upstream.seen().pop().unwrap().get("traceparent"), None);
    }
}
