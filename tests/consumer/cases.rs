//! Answers that are not nice. The name of the tool that is called says which.

use support::hostile::Script;

use crate::frame::{
    Call, RESOURCE, RESULT, entry, entry_of, hex, result_of, result_with_meta, result_with_spans,
};

/// One answer, and what is to be said of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) script: fn(Call) -> Script,
    /// The report, `N` for numbers of bytes.
    pub(crate) report: &'static str,
    /// Spans in the answer, where they can be counted.
    pub(crate) sent: usize,
}

const fn case(
    name: &'static str,
    sent: usize,
    report: &'static str,
    script: fn(Call) -> Script,
) -> Case {
    Case {
        name,
        script,
        report,
        sent,
    }
}

/// Text that a terminal, a browser or a reader of lines would act on.
pub(crate) const EVIL: &str = r"\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n\u202egnp\u2066\u200b\u2028</script><script>alert(1)</script><img src=x onerror=alert(2)>&#0;";

fn one(text: String) -> Script {
    Script::new([text])
}

/// A good span, and these beside it.
fn beside_a_good_one(call: &Call, spans: &str) -> Script {
    let good = call.top(1, r#","name":"good""#);
    one(result_of(&entry(&format!("{good},{spans}"))))
}

fn named(name: &str) -> String {
    format!(r#","name":"{name}""#)
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

/// An attribute with so many levels of arrays, in OTLP's spelling.
fn nested_attribute(levels: usize) -> String {
    format!(
        r#","attributes":[{{"key":"a","value":{}{{}}{}}}]"#,
        r#"{"arrayValue":{"values":["#.repeat(levels),
        "]}}".repeat(levels)
    )
}

fn wrong_types(call: &Call) -> Vec<String> {
    let junk = [
        "true",
        "-1",
        "1.5",
        "\"x\"",
        "[]",
        "[1]",
        "{}",
        "[[[]]]",
        "{\"a\":{}}",
    ];
    let members = [
        "name",
        "kind",
        "flags",
        "traceState",
        "attributes",
        "events",
        "links",
        "status",
        "droppedAttributesCount",
        "startTimeUnixNano",
    ];
    let mut spans = vec!["7".to_owned(), "[]".to_owned(), "\"span\"".to_owned()];
    for (id, member) in (10..).zip(members) {
        for (more, junk) in (0..).zip(junk) {
            let span = call.top(id * 100 + more, &format!(r#","{member}":{junk}"#));
            // A member given twice is malformed for that reason.
            spans.push(span.replace(r#""startTimeUnixNano":"1000000000","#, ""));
        }
    }
    spans
}

/// All answers that are read at once. What takes long is in [`large`].
pub(crate) const SMALL: &[Case] = &[
    case("nothing", 0, "no spans returned", |_| {
        one(r#""result":{"content":[{"type":"text","text":"done"}]}"#.to_owned())
    }),
    case(
        "nested 60 levels",
        2,
        "2 spans received, 1 accepted, 1 rejected: 1 nested too deeply",
        |call| beside_a_good_one(&call, &call.top(2, &nested_attribute(60))),
    ),
    case(
        "nested 10,000 levels",
        2,
        "2 spans received, 1 accepted, 1 rejected: 1 nested too deeply",
        |call| beside_a_good_one(&call, &call.top(2, &nested_attribute(10_000))),
    ),
    case(
        "a million brackets",
        2,
        "2 spans received, 1 accepted, 1 rejected: 1 nested too deeply",
        |call| {
            let deep = format!(",\"x\":{}", nested(1_000_000));
            beside_a_good_one(&call, &call.top(2, &deep))
        },
    ),
    case(
        "a million brackets for spans",
        1,
        "1 span received, 0 accepted, 1 rejected: 1 malformed",
        |_| one(result_of(&entry(&nested(1_000_000)))),
    ),
    case(
        "cycles",
        4,
        "4 spans received, 1 accepted, 3 rejected: 3 below a rejected span or on a cycle",
        |call| {
            let cycle = [
                call.below(2, 3, ""),
                call.below(3, 2, ""),
                call.below(4, 4, ""),
            ];
            beside_a_good_one(&call, &cycle.join(","))
        },
    ),
    case(
        "one id twice",
        3,
        "3 spans received, 1 accepted, 2 rejected: 2 with an id sent twice",
        |call| beside_a_good_one(&call, &vec![call.top(1, ""); 2].join(",")),
    ),
    case(
        "a foreign trace",
        3,
        "3 spans received, 1 accepted, 2 rejected: 1 of another trace, 1 not under the caller's span",
        |call| {
            let foreign = call.top(2, "").replace(&call.trace, &"1".repeat(32));
            let child = call.below(3, 2, "");
            beside_a_good_one(&call, &format!("{foreign},{child}"))
        },
    ),
    case(
        "a foreign parent",
        3,
        "3 spans received, 1 accepted, 2 rejected: 1 not under the caller's span, 1 below a rejected span or on a cycle",
        |call| {
            let strays = [call.below(2, 77, ""), call.below(3, 2, "")];
            beside_a_good_one(&call, &strays.join(","))
        },
    ),
    case(
        "our own id",
        2,
        "2 spans received, 1 accepted, 1 rejected: 1 with an id of the caller's",
        |call| {
            let own = call.top(2, "").replace(&hex(2), &call.caller);
            beside_a_good_one(&call, &own)
        },
    ),
    case(
        "ids of other lengths",
        6,
        "6 spans received, 1 accepted, 5 rejected: 4 malformed, 1 without ids",
        |call| {
            let ids = [
                "",
                "1",
                "0x00000000000000",
                "000000000000000g",
                "00000000000000021",
            ];
            let spans = ids.map(|id| call.top(2, "").replace(&hex(2), id));
            beside_a_good_one(&call, &spans.join(","))
        },
    ),
    case(
        "wrong types everywhere",
        94,
        // Eight of them are right: empty lists, texts for names, an empty status.
        "94 spans received, 9 accepted, 85 rejected: 85 malformed",
        |call| beside_a_good_one(&call, &wrong_types(&call).join(",")),
    ),
    case(
        "wrong types around the spans",
        1,
        "1 span received, 1 accepted; N bytes refused unread: malformed",
        |call| {
            let good = entry(&call.top(1, &named("good")));
            one(result_of(&format!(
                r#"7,"x",[],{{"scopeSpans":{{}}}},{{"scopeSpans":[{{"spans":{{}}}}]}},{good},null"#
            )))
        },
    ),
    case(
        "a resource without a name, and one that is none",
        3,
        "3 spans received, 1 accepted, 2 rejected: 1 malformed, 1 without a service name",
        |call| {
            let good = entry(&call.top(1, &named("good")));
            let nameless = entry_of("{}", &call.top(2, ""));
            let junk = entry_of("[7]", &call.top(3, ""));
            one(result_of(&format!("{nameless},{junk},{good}")))
        },
    ),
    case(
        "text that wants to be more",
        3,
        "3 spans received, 3 accepted",
        |call| {
            let attribute = format!(r#"{{"key":"{EVIL}","value":{{"stringValue":"{EVIL}"}}}}"#);
            let error = format!(r#"{{"key":"error.type","value":{{"stringValue":"{EVIL}"}}}}"#);
            let more = format!(
                r#","name":"{EVIL}","traceState":"{EVIL}","attributes":[{attribute},{error}],"events":[{{"timeUnixNano":"1200000000","name":"{EVIL}","attributes":[{attribute}]}}],"links":[{{"traceId":"{}","spanId":"{}","traceState":"{EVIL}","attributes":[{attribute}]}}],"status":{{"code":2,"message":"{EVIL}"}}"#,
                call.trace, call.caller
            );
            let spans = [
                call.top(1, &more),
                call.below(2, 1, &more),
                call.below(3, 1, &more),
            ];
            let resource = format!(
                r#"{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{EVIL}"}}}},{attribute}]}}"#
            );
            let scope =
                format!(r#"{{"name":"{EVIL}","version":"{EVIL}","attributes":[{attribute}]}}"#);
            one(result_of(&format!(
                r#"{{"resource":{resource},"scopeSpans":[{{"scope":{scope},"spans":[{}],"schemaUrl":"{EVIL}"}}],"schemaUrl":"{EVIL}"}}"#,
                spans.join(",")
            )))
        },
    ),
    case(
        "a lone surrogate",
        3,
        "3 spans received, 1 accepted, 2 rejected: 2 malformed",
        |call| {
            let spans = [
                call.top(2, &named(r"\ud800")),
                call.top(3, r#","x":"\udfff\ud800""#),
            ];
            beside_a_good_one(&call, &spans.join(","))
        },
    ),
    case(
        "numbers that are none",
        4,
        "4 spans received, 1 accepted, 3 rejected: 3 malformed",
        |call| {
            let spans = [
                call.top(2, r#","x":1e999"#),
                call.top(
                    3,
                    r#","attributes":[{"key":"a","value":{"doubleValue":-1e999}}]"#,
                ),
                call.top(4, &format!(r#","x":[1{}]"#, "0".repeat(5_000))),
            ];
            beside_a_good_one(&call, &spans.join(","))
        },
    ),
    case("null for _meta", 0, "no spans returned", |_| {
        one(result_with_meta("null"))
    }),
    case(
        "an array for _meta",
        0,
        "N bytes refused unread: malformed",
        |call| {
            let spans = entry(&call.top(1, ""));
            one(result_with_meta(&format!(
                r#"[{{"otel":{{"traces":{{"resourceSpans":[{spans}]}}}}}}]"#
            )))
        },
    ),
    case(
        "a string for _meta",
        0,
        "N bytes refused unread: malformed",
        |_| one(result_with_meta("\"otel\"")),
    ),
    case(
        "a number for _meta",
        0,
        "N bytes refused unread: malformed",
        |_| one(result_with_meta("7")),
    ),
    case(
        "two _meta",
        0,
        "N bytes refused unread: malformed",
        |call| {
            let traces = |id| {
                format!(
                    r#"{{"otel":{{"traces":{{"resourceSpans":[{}]}}}}}}"#,
                    entry(&call.top(id, ""))
                )
            };
            one(format!(
                r#"{RESULT}"_meta":{},"_meta":{}}}"#,
                traces(1),
                traces(2)
            ))
        },
    ),
    case("two otel", 0, "N bytes refused unread: malformed", |call| {
        let otel = |id| {
            format!(
                r#""otel":{{"traces":{{"resourceSpans":[{}]}}}}"#,
                entry(&call.top(id, ""))
            )
        };
        one(result_with_meta(&format!("{{{},{}}}", otel(1), otel(2))))
    }),
    case(
        "a string for otel",
        0,
        "N bytes refused unread: malformed",
        |_| one(result_with_meta(r#"{"otel":"{\"traces\":{}}"}"#)),
    ),
    case(
        "an array for otel",
        0,
        "N bytes refused unread: malformed",
        |_| one(result_with_meta(r#"{"otel":[{"traces":{}}]}"#)),
    ),
    case("null for otel", 0, "no spans returned", |_| {
        one(result_with_meta(r#"{"otel":null}"#))
    }),
    case(
        "an array for traces",
        0,
        "N bytes refused unread: malformed",
        |_| one(result_with_meta(r#"{"otel":{"traces":[]}}"#)),
    ),
    case("null for traces", 0, "no spans returned", |_| {
        one(result_with_meta(r#"{"otel":{"traces":null}}"#))
    }),
    case("not JSON", 0, "N bytes refused unread: malformed", |_| {
        one(result_with_meta(r#"{"otel":{"traces":[nul, 01}}}"#))
    }),
    case("a forged envelope", 0, "no spans returned", |_| {
        one(result_with_meta(
            r#"{"otel":{"refused":"too_large","bytes":0}}"#,
        ))
    }),
    case("junk beside it", 1, "1 span received, 1 accepted", |call| {
        let spans = entry(&call.top(1, ""));
        let junk = format!(r#""x":{},"y":"\ud800","z":1e999"#, nested(10_000));
        one(result_with_meta(&format!(
            r#"{{{junk},"otel":{{"traces":{{"resourceSpans":[{spans}]}}}}}}"#
        )))
    }),
    case(
        "an error with spans",
        2,
        "2 spans received, 1 accepted, 1 rejected: 1 of another trace",
        |call| {
            let foreign = call.top(2, "").replace(&call.trace, &"1".repeat(32));
            let spans = format!("{},{foreign}", call.top(1, ""));
            one(format!(
                r#""error":{{"code":-32000,"message":"no","data":{{"_meta":{{"otel":{{"traces":{{"resourceSpans":[{}]}}}}}}}}}}"#,
                entry(&spans)
            ))
        },
    ),
    case(
        "an error with junk",
        0,
        "N bytes refused unread: malformed",
        |_| {
            one(format!(
                r#""error":{{"code":-32000,"message":"no","data":{{"_meta":{{"otel":{{"traces":{}}}}}}}}}"#,
                nested(100_000)
            ))
        },
    ),
];

/// Answers that are large: each takes a second or more in an unoptimized build.
pub(crate) const LARGE: &[Case] = &[
    case("50 MB", 0, "N bytes refused unread: too large", |call| {
        let name = format!(",\"name\":\"{}\"", "x".repeat(1_000));
        Script::new(result_with_spans(50_000, move |id| call.top(id, &name)))
    }),
    case(
        "200,000 spans",
        0,
        "N bytes refused unread: too large",
        |call| {
            Script::new(result_with_spans(200_000, move |id| {
                call.top(id, r#","name":"GET /","kind":3"#)
            }))
        },
    ),
    case(
        "an error with 20 MB",
        0,
        "N bytes refused unread: too large",
        |_| {
            let head =
                r#""error":{"code":-32000,"message":"no","data":{"_meta":{"otel":{"traces":""#;
            let pieces = std::iter::repeat_n("x".repeat(1_000), 20_000);
            let tail = r#""}}}}"#;
            Script::new(
                [head.to_owned()]
                    .into_iter()
                    .chain(pieces)
                    .chain([tail.to_owned()]),
            )
        },
    ),
];

/// Answers near the bounds of what is read, over one transport only.
pub(crate) const FULL: &[Case] = &[
    case(
        "four times as many spans as are taken",
        40_000,
        "40000 spans received, 10000 accepted, 30000 rejected: 30000 over the limit of spans",
        |call| {
            Script::new(result_with_spans(40_000, move |id| {
                format!(
                    r#"{{"traceId":"{}","spanId":"{}","parentSpanId":"{}"}}"#,
                    call.trace,
                    hex(id),
                    call.caller
                )
            }))
        },
    ),
    case(
        "1,000,000 empty spans",
        1_000_000,
        "1000000 spans received, 0 accepted, 1000000 rejected: 1000000 without ids",
        |_| Script::new(result_with_spans(1_000_000, |_| "{}".to_owned())),
    ),
    case(
        "a chain of 4,000",
        4_000,
        "4000 spans received, 4000 accepted",
        |call| {
            Script::new(result_with_spans(4_000, move |id| match id {
                1 => call.top(1, &named("same")),
                _ => call.below(id, id - 1, &named("same")),
            }))
        },
    ),
    case(
        "10,000 at once that fail",
        10_000,
        "10000 spans received, 10000 accepted",
        |call| {
            let more = format!(
                r#"{},"kind":3,"status":{{"code":2,"message":"{EVIL}"}}"#,
                named("same")
            );
            Script::new(result_with_spans(10_000, move |id| call.top(id, &more)))
        },
    ),
    case(
        "10,000 one after another",
        10_000,
        "10000 spans received, 10000 accepted",
        |call| {
            Script::new(result_with_spans(10_000, move |id| {
                let times = format!(
                    r#""startTimeUnixNano":"{}","endTimeUnixNano":"{}""#,
                    id * 1_000_000,
                    id * 1_000_000 + 900_000
                );
                let old = r#""startTimeUnixNano":"1000000000","endTimeUnixNano":"1500000000""#;
                call.top(id, r#","name":"GET","kind":3"#)
                    .replace(old, &times)
            }))
        },
    ),
    case(
        "12,000 entries of one span",
        12_000,
        "12000 spans received, 10000 accepted, 2000 rejected: 2000 over the limit of spans",
        |call| {
            let entry_of_one = move |id: u64| {
                let span = format!(
                    r#"{{"traceId":"{}","spanId":"{}","parentSpanId":"{}"}}"#,
                    call.trace,
                    hex(id),
                    call.caller
                );
                format!(
                    "{}{}",
                    if id == 1 { "" } else { "," },
                    entry_of(RESOURCE, &span)
                )
            };
            let frame = result_of("@");
            let (head, tail) = frame.split_once('@').expect("a frame");
            let (head, tail) = (head.to_owned(), tail.to_owned());
            Script::new(
                [head]
                    .into_iter()
                    .chain((1..=12_000).map(entry_of_one))
                    .chain([tail]),
            )
        },
    ),
];
