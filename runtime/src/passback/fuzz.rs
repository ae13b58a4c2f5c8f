//! Fuzz targets: what a request may carry, and all that may become of spans.
//!
//! Under `cargo test` each replays its seeds (`__fuzz__/`) and a fixed number
//! of random inputs; `BOLERO_RANDOM_ITERATIONS=1000000` runs more. With
//! `cargo bolero test -p glassbox --all-features passback::fuzz::spans`
//! (`cargo install cargo-bolero`, a nightly toolchain) libFuzzer looks for
//! inputs by coverage.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use bolero::check;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanLimits};
use rmcp::model::MetaObject;

use super::answer::{Described, Passback};
use super::bucket::Bucket;
use super::collector::SpanCollector;
use super::counts::{Counters, PassbackCounts};
use super::limits::PassbackLimits;
use super::observed::{NewSpan, ObservedSpan};
use super::policy::PassbackPolicy;
use super::request::PassbackRequest;
use super::scope::{ScopeGuard, Subject, own_scope};
use super::secrets::{Net, Secrets};
use crate::propagation::{self, MAX_TRACESTATE_BYTES};

/// Known to the net, and so never to be seen.
const SECRET: &str = "hunter2-known-secret";
/// Only in what nobody has declared and no rule names.
const PRIVATE: &str = "planted-private-value";

static NET: LazyLock<Net> = LazyLock::new(|| {
    let secrets = Secrets::new([SECRET]).unwrap();
    Net::new(&secrets, [])
});

#[test]
fn meta() {
    check!(name = "meta")
        .with_iterations(2_000)
        .for_each(|bytes: &[u8]| {
            let Ok(meta) = serde_json::from_slice::<MetaObject>(bytes) else {
                return;
            };
            let flag = |key| meta.0.get("otel")?.get("traces")?.get(key)?.as_bool();
            let expected = match (flag("request"), flag("detailed")) {
                (Some(true), Some(true)) => PassbackRequest::Detailed,
                (Some(true), _) => PassbackRequest::TopLevel,
                _ => PassbackRequest::Off,
            };
            assert_eq!(PassbackRequest::from_meta(&meta), expected);
            if let Some(context) = propagation::extract(&meta, &Context::new()) {
                let span = context.span().span_context().clone();
                assert!(span.trace_state().header().len() <= MAX_TRACESTATE_BYTES);
                assert!(!span.is_valid() || span.is_remote());
            }
        });
}

#[test]
fn spans() {
    check!(name = "spans")
        .with_iterations(2_000)
        .with_max_len(400)
        .for_each(|bytes: &[u8]| Case::read(&mut Input(bytes)).check());
}

/// Bytes that decide.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn next(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.next().unwrap_or(0) % choices.len()].clone()
    }
}

/// One request: what its server allows, and what its spans do.
struct Case {
    request: PassbackRequest,
    limits: PassbackLimits,
    room_bytes: usize,
    policy: PassbackPolicy,
    has_span_rules: bool,
    steps: Vec<Step>,
    /// Whether all spans end before the request does.
    ends_all: bool,
}

/// What has left of a case.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    /// Without ids and times.
    text: Option<String>,
    counts: PassbackCounts,
    /// Whether a span outlived the one above it.
    has_late: bool,
}

#[derive(Clone, Copy)]
enum Step {
    Start {
        below: usize,
        name: &'static str,
        is_ours: bool,
    },
    End(usize),
    Set {
        span: usize,
        key: &'static str,
        value: usize,
    },
    Fail {
        span: usize,
        text: &'static str,
    },
    Note(usize),
}

const NAMES: [&str; 5] = [
    "work",
    "merged",
    "hidden",
    "with hunter2-known-secret in it",
    "\"é\u{1}\\",
];
const KEYS: [&str; 5] = ["a", "b.x", "b.y", "undeclared", "hunter2-known-secret"];

impl Case {
    fn read(input: &mut Input<'_>) -> Self {
        let all = usize::MAX;
        let mut limits = PassbackLimits {
            max_spans: input.pick(&[256, 0, 1, 2, 3, 5]),
            max_attributes_per_span: input.pick(&[128, 0, 1, 2]),
            max_value_length_bytes: input.pick(&[1_024, 0, 1, 25]),
            max_total_bytes: input.pick(&[all, 0, 70, 500, 2_000]),
            ..PassbackLimits::default()
        };
        limits.max_events_per_span = limits.max_attributes_per_span;
        limits.max_links_per_span = limits.max_attributes_per_span;
        let request = input.pick(&[PassbackRequest::Detailed, PassbackRequest::TopLevel]);
        let room_bytes = input.pick(&[all, 0, 200, 3_000]);
        let mut policy = PassbackPolicy::default();
        let mut has_span_rules = false;
        for _ in 0..input.pick(&[0, 1, 2, 3]) {
            let key = input.pick(&["a", "b.*", "b.x", SECRET]);
            let rule = input.pick(&[0, 1, 2, 3, 4, 5, 6]);
            has_span_rules |= rule > 4;
            policy = match rule {
                0 => policy.publish(key),
                1 => policy.withhold(key),
                2 => policy.hash(key),
                3 => policy.redact(key, |_| Some(SECRET.into())),
                4 => policy.with_error_texts(true),
                5 => policy.merge_spans("merged"),
                _ => policy.hide_spans("hidden"),
            };
        }
        let ends_all = input.pick(&[true, false]);
        let mut steps = Vec::new();
        while let Some(step) = input.next() {
            let span = input.next().unwrap_or(0);
            steps.push(match step % 8 {
                0..=2 => Step::Start {
                    below: span,
                    name: input.pick(&NAMES),
                    is_ours: step & 8 == 0,
                },
                3 | 4 => Step::End(span),
                5 => Step::Set {
                    span,
                    key: input.pick(&KEYS),
                    value: step / 8,
                },
                6 => Step::Fail {
                    span,
                    text: input.pick(&["", "why", SECRET]),
                },
                _ => Step::Note(span),
            });
        }
        Self {
            request,
            limits,
            room_bytes,
            policy,
            has_span_rules,
            steps,
            ends_all,
        }
    }

    /// What is recorded by Glassbox itself is what the SDK records. Of what is too
    /// deep it cuts nothing, as nobody looks, and a failure in that is known
    /// above, also if something in between has ended.
    fn check(self) {
        let mut by_sdk = self.check_with(&SpanCollector::new());
        let by_glassbox = self.check_with(&SpanCollector::alone());
        if self.request == PassbackRequest::TopLevel {
            if by_sdk.has_late {
                return;
            }
            assert!(by_glassbox.counts.cut_values <= by_sdk.counts.cut_values);
            by_sdk.counts.cut_values = by_glassbox.counts.cut_values;
        }
        assert_eq!(by_glassbox, by_sdk);
    }

    fn check_with(&self, recorder: &SpanCollector) -> Left {
        let span_limits = SpanLimits {
            max_attributes_per_span: self.limits.max_attributes_per_span,
            max_events_per_span: self.limits.max_events_per_span,
            max_links_per_span: self.limits.max_links_per_span,
            ..SpanLimits::default()
        };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(recorder.clone())
            .with_span_limits(span_limits)
            .with_sampler(Sampler::AlwaysOn)
            .build();
        let tracer = provider.tracer("test");
        let counters = Arc::new(Counters::default());
        let max_depth = if self.request == PassbackRequest::Detailed {
            u32::MAX
        } else {
            1
        };
        let policy = Arc::new(self.policy.clone());
        let bucket = Bucket::new(policy, Arc::clone(&counters), self.limits, max_depth);
        let guard = ScopeGuard::open(
            provider.tracer_with_scope(own_scope().clone()),
            recorder.clone(),
            bucket,
            SpanId::INVALID,
            Subject::default(),
        );
        let outside = Context::new().with_value(guard.scope().clone());
        let mut made = Made::default();
        let ours = |name, parent: &Context| {
            let declared = vec![KeyValue::new("declared", name)];
            let private = vec![KeyValue::new("private", PRIVATE)];
            ObservedSpan::start(guard.scope(), parent, || NewSpan {
                declared,
                private,
                ..NewSpan::new(name, SpanKind::Server)
            })
        };
        made.add(None, outside.clone(), Some(ours("root", &outside)));
        for step in &self.steps {
            match *step {
                Step::Start {
                    below,
                    name,
                    is_ours,
                } => {
                    let below = below % made.spans.len();
                    let parent = made.spans[below].context.clone();
                    if is_ours {
                        made.add(Some(below), parent.clone(), Some(ours(name, &parent)));
                    } else {
                        let span = tracer.start_with_context(name, &parent);
                        made.add(Some(below), parent.with_span(span), None);
                    }
                }
                Step::End(span) => made.end(span),
                Step::Set { span, key, value } => made.set(span, key, &value_of(key, value)),
                Step::Fail { span, text } => made.fail(span, text),
                Step::Note(span) => {
                    let context = &made.spans[span % made.spans.len()].context;
                    context
                        .span()
                        .add_event(PRIVATE, vec![KeyValue::new(PRIVATE, SECRET)]);
                    context
                        .span()
                        .add_link(SpanContext::empty_context(), Vec::new());
                    if made.spans[span % made.spans.len()].ours.is_some() {
                        context.span().update_name(PRIVATE);
                        context.span().set_status(Status::error("others' text"));
                    }
                }
            }
        }
        if self.ends_all {
            for span in (1..made.spans.len()).rev() {
                made.end(span);
            }
        }
        made.end_root();
        let root = made.spans[0].context.span().span_context().span_id();
        let collected = guard.close();
        assert_eq!(recorder.open_spans(), 0);
        let resource = Resource::builder_empty().with_service_name(SECRET).build();
        let described = Described {
            resource,
            net: NET.clone(),
            counters: Arc::clone(&counters),
        };
        let answer = Passback::encode(collected, root, self.request, &self.limits, described)
            .assemble(self.room_bytes)
            .map(|text| String::from_utf8(text).unwrap());
        let dropped = counters.snapshot().dropped_spans;
        let Some(text) = answer else {
            assert!(self.limits.max_total_bytes.min(self.room_bytes) < 300);
            return Left {
                text: None,
                counts: counters.snapshot(),
                has_late: made.has_late,
            };
        };
        self.check_text(&text, &made, root, dropped);
        Left {
            text: Some(made.without_ids_and_times(&text)),
            counts: counters.snapshot(),
            has_late: made.has_late,
        }
    }

    fn check_text(&self, text: &str, made: &Made, root: SpanId, dropped: u64) {
        assert!(text.len() <= self.limits.max_total_bytes.min(self.room_bytes));
        for secret in [SECRET, PRIVATE] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(value["droppedSpanCount"], dropped);
        assert_eq!(value["truncated"], dropped > 0);
        let sent: ExportTraceServiceRequest = serde_json::from_str(text).unwrap();
        let scopes = sent
            .resource_spans
            .into_iter()
            .flat_map(|entry| entry.scope_spans);
        let sent: Vec<_> = scopes.flat_map(|scope| scope.spans).collect();
        assert!(sent.len() <= self.limits.max_spans);
        let mut by_id = HashMap::new();
        for span in &sent {
            let most = usize::try_from(self.limits.max_attributes_per_span).unwrap();
            assert!(span.attributes.len() <= most);
            assert!(span.events.is_empty() && span.links.is_empty());
            assert!(by_id.insert(span.span_id.clone(), span).is_none());
        }
        for span in &sent {
            let is_root = span.span_id == root.to_bytes();
            assert!(
                is_root || by_id.contains_key(&span.parent_span_id),
                "one tree"
            );
        }
        if self.request == PassbackRequest::Detailed {
            assert_eq!(
                sent.len() + usize::try_from(dropped).unwrap(),
                made.spans.len()
            );
        }
        let by_bytes = self.limits.max_total_bytes.min(self.room_bytes) < usize::MAX;
        if !(by_bytes || self.has_span_rules || made.has_late || !self.ends_all) {
            let most = self.limits.max_spans;
            let mut expected = made.in_order(self.request);
            expected.truncate(most);
            let mut found: Vec<_> = sent.iter().map(|span| span.span_id.clone()).collect();
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "exactly those that go last");
        }
    }
}

/// A value of every kind, with a secret where nothing may leave.
fn value_of(key: &str, kind: usize) -> Value {
    if key == "undeclared" {
        return PRIVATE.into();
    }
    let texts = [SECRET, "plain", "in \"quotes\"", ""].map(StringValue::from);
    match kind % 8 {
        0 => true.into(),
        1 => 7.into(),
        // Finite: `opentelemetry-proto` does not read OTLP's "NaN".
        2 => 1e300.into(),
        3 => format!("{}{SECRET}", "é".repeat(kind)).into(),
        4 => Value::Array(Array::String(texts.to_vec())),
        5 => Value::Array(Array::I64(vec![i64::MIN; 300])),
        6 => Value::Array(Array::F64(vec![1e300; 3])),
        _ => Value::Array(Array::Bool(vec![true; 200])),
    }
}

/// The spans of a case, in the order they were made.
#[derive(Default)]
struct Made {
    spans: Vec<MadeSpan>,
    /// Whether a span outlived the one above it: what it says then comes too late
    /// for those that made room before.
    has_late: bool,
}

struct MadeSpan {
    parent: Option<usize>,
    depth: usize,
    context: Context,
    ours: Option<ObservedSpan>,
    has_ended: bool,
    has_failed: bool,
}

impl Made {
    fn add(&mut self, parent: Option<usize>, context: Context, ours: Option<ObservedSpan>) {
        let above = parent.map(|parent| &self.spans[parent]);
        self.has_late |= above.is_some_and(|above| above.has_ended);
        let depth = above.map_or(0, |above| above.depth + 1);
        let context = ours.as_ref().map_or(context, |ours| ours.context().clone());
        self.spans.push(MadeSpan {
            parent,
            depth,
            context,
            ours,
            has_ended: false,
            has_failed: false,
        });
    }

    /// Any span but the root, which its request ends.
    fn not_root(&mut self, span: usize) -> Option<&mut MadeSpan> {
        let index = span % self.spans.len();
        self.spans.get_mut(index).filter(|_| index > 0)
    }

    fn end(&mut self, span: usize) {
        let index = span % self.spans.len();
        let mut below = self.spans.iter().filter(|one| one.parent == Some(index));
        let is_outlived = below.any(|one| !one.has_ended);
        self.has_late |= index > 0 && is_outlived;
        if let Some(span) = self.not_root(span) {
            span.has_ended = true;
            match &mut span.ours {
                Some(ours) => ours.end(),
                None => span.context.span().end(),
            }
        }
    }

    fn end_root(&mut self) {
        if let Some(root) = self.spans.first_mut().and_then(|root| root.ours.as_mut()) {
            root.end();
        }
    }

    fn set(&mut self, span: usize, key: &'static str, value: &Value) {
        let index = span % self.spans.len();
        let span = &mut self.spans[index];
        match &mut span.ours {
            Some(ours) if key != "undeclared" => ours.set(key, value.clone()),
            _ => span
                .context
                .span()
                .set_attribute(KeyValue::new(key, value.clone())),
        }
    }

    fn fail(&mut self, span: usize, text: &'static str) {
        if let Some(span) = self.not_root(span).filter(|span| !span.has_ended) {
            span.has_failed = true;
            match &mut span.ours {
                Some(ours) => ours.fail("class", text),
                None => span.context.span().set_status(Status::error(text)),
            }
        }
    }

    /// The spans of the text by their numbers, and in that order.
    fn without_ids_and_times(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (number, span) in self.spans.iter().enumerate() {
            let id = span.context.span().span_context().span_id();
            text = text.replace(&id.to_string(), &format!("span {number:03}"));
        }
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let entries = value["resourceSpans"].as_array_mut().unwrap();
        let mut spans = Vec::new();
        for scope in entries
            .iter_mut()
            .flat_map(|entry| entry["scopeSpans"].as_array_mut().unwrap())
        {
            let by = scope["scope"].to_string();
            for span in scope["spans"].as_array_mut().unwrap() {
                let span = span.as_object_mut().unwrap();
                for key in ["traceId", "startTimeUnixNano", "endTimeUnixNano", "flags"] {
                    assert!(span.remove(key).is_some());
                }
                spans.push(format!("{span:?} by {by}"));
            }
        }
        spans.sort();
        spans.join("\n")
    }

    /// Ids of what was asked for, the one that goes first at the end.
    fn in_order(&self, request: PassbackRequest) -> Vec<Vec<u8>> {
        let mut is_protected = vec![false; self.spans.len()];
        for (index, span) in self.spans.iter().enumerate() {
            let mut next = Some(index).filter(|_| span.has_failed || index == 0);
            while let Some(index) = next {
                is_protected[index] = true;
                next = self.spans[index].parent;
            }
        }
        let mut order: Vec<usize> = (0..self.spans.len()).collect();
        order.retain(|index| request == PassbackRequest::Detailed || self.spans[*index].depth <= 1);
        order.sort_by_key(|index| (!is_protected[*index], self.spans[*index].depth, *index));
        let id = |index: usize| self.spans[index].context.span().span_context().span_id();
        order
            .into_iter()
            .map(|index| id(index).to_bytes().to_vec())
            .collect()
    }
}
