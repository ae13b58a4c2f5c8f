//! An exporter that costs nothing.

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Throws spans away.
#[derive(Clone, Copy, Debug)]
pub struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, _spans: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}
