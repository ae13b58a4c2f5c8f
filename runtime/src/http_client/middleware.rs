//! The middleware.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::BaggagePropagator;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Error, Middleware, Next, Result};

use super::redact::redacted;
use crate::instrument::operation::http_version;
use crate::passback::{NewSpan, ObservedSpan, Scope};
use crate::propagation::{BAGGAGE, TRACEPARENT, TRACESTATE, format_traceparent};
use crate::semconv;

/// The path of a request with its variable parts as names, such as
/// `/messages/{id}`. Given as a request extension, it names the span and is its
/// `url.template`; unlike the path, it can leave the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a name around a constant")]
pub struct UrlTemplate(pub &'static str);

/// Makes a CLIENT span for each outgoing call and hands the trace context on.
///
/// Put it inside a retry middleware: each attempt is then a span of its own,
/// with `http.request.resend_count`.
///
/// # Privacy
///
/// `url.full` is recorded without credentials and query values; it, and
/// `server.address`, stay on the server unless the
/// [`PassbackPolicy`](crate::PassbackPolicy) publishes them. Headers and bodies
/// are not looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingMiddleware {
    with_baggage: bool,
}

impl TracingMiddleware {
    /// Hands on `traceparent` and `tracestate`, but not `baggage`.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            with_baggage: false,
        }
    }

    /// Hands the caller's baggage on as well. Default: `false`.
    ///
    /// # Privacy
    ///
    /// The caller gave the baggage to this server; its values then go to every
    /// server that is called.
    #[must_use]
    pub const fn with_baggage(mut self, with_baggage: bool) -> Self {
        self.with_baggage = with_baggage;
        self
    }

    fn propagate(self, context: &Context, headers: &mut HeaderMap) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() && !headers.contains_key(TRACEPARENT) {
            let mut carrier = HeaderCarrier(headers);
            carrier.set(TRACEPARENT, format_traceparent(span));
            let state = span.trace_state().header();
            if !state.is_empty() {
                carrier.set(TRACESTATE, state);
            }
        }
        if self.with_baggage && !headers.contains_key(BAGGAGE) {
            BaggagePropagator::new().inject_context(context, &mut HeaderCarrier(headers));
        }
    }
}

#[async_trait::async_trait]
impl Middleware for TracingMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let Some(span) = ClientSpan::start(&request, extensions) else {
            Context::map_current(|context| self.propagate(context, request.headers_mut()));
            return next.run(request, extensions).await;
        };
        self.propagate(span.0.context(), request.headers_mut());
        let context = span.0.context().clone();
        let result = next.run(request, extensions).with_context(context).await;
        span.end(&result);
        result
    }
}

/// How often a request was sent before, counted in its extensions.
#[derive(Clone, Copy)]
struct ResendCount(i64);

/// The span of one attempt. Dropped before it has ended, it says so.
struct ClientSpan(ObservedSpan);

impl ClientSpan {
    fn start(request: &Request, extensions: &mut Extensions) -> Option<Self> {
        let scope = Scope::current()?;
        let sent_before = extensions.get::<ResendCount>().map_or(0, |count| count.0);
        extensions.insert(ResendCount(sent_before + 1));
        let template = extensions.get::<UrlTemplate>();
        let describe = || described(request, template, sent_before);
        Some(Self(ObservedSpan::start_current(scope, describe)))
    }

    fn end(mut self, result: &Result<Response>) {
        match result {
            Ok(response) => {
                let status = response.status();
                self.0.set(
                    semconv::HTTP_RESPONSE_STATUS_CODE,
                    i64::from(status.as_u16()),
                );
                if let Some(version) = http_version(response.version()) {
                    self.0.set(semconv::NETWORK_PROTOCOL_VERSION, version);
                }
                if status.is_client_error() || status.is_server_error() {
                    self.0.fail(status.as_u16().to_string(), "");
                }
            }
            Err(error) => self.0.fail(error_class(error), ""),
        }
        self.0.end();
    }
}

impl Drop for ClientSpan {
    fn drop(&mut self) {
        if !self.0.has_ended() {
            self.0.fail(semconv::ERROR_CANCELLED, "");
            self.0.end();
        }
    }
}

/// What is known of an attempt before it is made.
fn described(request: &Request, template: Option<&UrlTemplate>, sent_before: i64) -> NewSpan {
    let method = request.method().to_string();
    let mut declared = vec![KeyValue::new(semconv::HTTP_REQUEST_METHOD, method.clone())];
    let name = match template {
        Some(UrlTemplate(template)) => {
            declared.push(KeyValue::new(semconv::URL_TEMPLATE, *template));
            format!("{method} {template}")
        }
        None => method,
    };
    if sent_before > 0 {
        let count = KeyValue::new(semconv::HTTP_REQUEST_RESEND_COUNT, sent_before);
        declared.push(count);
    }
    NewSpan {
        declared,
        private: address(request.url()),
        ..NewSpan::new(name, SpanKind::Client)
    }
}

/// Where a request goes: names of machines, which stay unless published.
fn address(url: &Url) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new(semconv::URL_FULL, redacted(url))];
    if let Some(host) = url.host_str() {
        attributes.push(KeyValue::new(semconv::SERVER_ADDRESS, host.to_owned()));
    }
    if let Some(port) = url.port_or_known_default() {
        attributes.push(KeyValue::new(semconv::SERVER_PORT, i64::from(port)));
    }
    attributes
}

/// The class of a failed call; never its text, which holds the URL.
fn error_class(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(error) if error.is_redirect() => "redirect",
        Error::Reqwest(error) if error.is_request() => "request",
        Error::Reqwest(error) if error.is_body() || error.is_decode() => "body",
        Error::Reqwest(_) => semconv::ERROR_OTHER,
        Error::Middleware(_) => "middleware",
    }
}

/// Headers as the SDK's propagators write them.
struct HeaderCarrier<'a>(&'a mut HeaderMap);

impl Injector for HeaderCarrier<'_> {
    /// Leaves out what cannot be a header.
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
