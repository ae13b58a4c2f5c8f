//! The author's own back end: a file.

use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::witness::append;

/// Exports spans.
#[derive(Debug)]
pub struct Spans;

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        append("CANARY_EXPORT", &format!("{batch:?}"));
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        append("CANARY_EXPORT", &format!("{resource:?}"));
    }
}

/// Exports metrics.
#[derive(Debug)]
pub struct Metrics;

impl PushMetricExporter for Metrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        append("CANARY_METRICS", &format!("{metrics:?}"));
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
