//! `_meta` of a request: what is asked for, and the trace context.

use std::hint::black_box;

use glassbox::__bench;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use rmcp::model::MetaObject;

use super::{Case, Work};
use crate::request::{Ask, Call};

pub(super) const CASES: [Case; 2] = [
    Case {
        name: "meta/glassbox",
        prepare: glassbox,
    },
    Case {
        name: "meta/sdk",
        prepare: sdk,
    },
];

fn meta() -> MetaObject {
    let call = Call {
        spans: 15,
        ask: Ask::Detailed,
    };
    serde_json::from_value(call.meta()).unwrap()
}

fn glassbox() -> Work {
    let meta = meta();
    Box::new(move || {
        black_box(__bench::read_meta(black_box(&meta)));
    })
}

/// Only the trace context.
fn sdk() -> Work {
    let (meta, propagator) = (meta(), TraceContextPropagator::new());
    Box::new(move || {
        black_box(propagator.extract(&Carrier(black_box(&meta))));
    })
}

struct Carrier<'a>(&'a MetaObject);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
