//! Where secrets are planted, and where each of them may be found. This table
//! is the test.

/// What leaves a server, apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// `_meta.otel.traces` of the answers: what passback sends.
    Spans,
    /// All other bytes to the client: results, errors, notifications, HTTP
    /// headers.
    Answer,
    /// Requests to the server further up.
    Upstream,
    /// Spans at the author's own exporter, with their resource.
    Export,
    /// Metrics at the author's own exporter.
    Metrics,
    /// The process's stderr: panics, and all that Glassbox logs, at every level.
    Stderr,
    /// The process's stdout, where it is not the way to the client.
    Stdout,
}

/// How it is known that a secret was really there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Code of the server's author has seen it.
    Server,
    /// The server further up has received or sent it.
    Upstream,
    /// It was in a request that was answered.
    Request,
}

/// Which clients can plant it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// All.
    Every,
    /// Those over HTTP.
    Http,
    /// Those that open a session.
    Session,
}

/// One row: the place, who has seen the secret there, on which transports, and
/// where it is found. It must be found exactly there.
pub type Place = (&'static str, Witness, On, &'static [Sink]);

use On::{Every, Http, Session};
use Sink::{Answer, Export, Spans, Stderr, Upstream as Up};
use Witness::{Request, Server, Upstream};

/// The table.
#[rustfmt::skip]
pub const PLACES: &[Place] = &[
    // What a caller sends.
    ("argument: text",                          Server,   Every,   &[]),
    ("argument: number",                        Server,   Every,   &[]),
    ("argument: key within",                    Server,   Every,   &[]),
    ("argument: value within",                  Server,   Every,   &[]),
    ("argument that does not fit: value",       Request,  Every,   &[Answer]), // the model is told what to mend
    ("argument that is unknown: name",          Request,  Every,   &[Answer]),
    ("argument that is unknown: value",         Request,  Every,   &[]),
    ("tool that is unknown: name",              Request,  Every,   &[Spans, Export]), // names the span
    ("tool that is unknown: argument",          Request,  Every,   &[]),
    ("resource: path",                          Server,   Every,   &[Export]),
    ("resource: query",                         Server,   Every,   &[Export]),
    ("resource: user and password",             Server,   Every,   &[]),
    ("prompt: name",                            Request,  Every,   &[Export]), // names the span; clients see it only if prompts are covered, see `adopted.rs`
    ("prompt: argument",                        Request,  Every,   &[]),
    ("method that is unknown: parameter",       Request,  Every,   &[]),
    ("_meta: key",                              Server,   Every,   &[]),
    ("_meta: value",                            Server,   Every,   &[]),
    ("_meta.otel: key",                         Server,   Every,   &[]),
    ("_meta.progressToken",                     Server,   Every,   &[Answer]), // the protocol's echo
    ("request id",                              Server,   Every,   &[Spans, Answer, Export]), // the protocol's echo
    ("traceparent that is none",                Server,   Every,   &[]),
    ("tracestate",                              Server,   Every,   &[Spans, Export, Up]), // the caller's, handed on
    ("baggage: key",                            Server,   Every,   &[]),
    ("baggage: value",                          Server,   Every,   &[]),
    ("client: name",                            Request,  Session, &[]),
    ("client: version",                         Request,  Session, &[]),
    ("header: custom",                          Server,   Http,    &[]),
    ("header: user agent",                      Server,   Http,    &[]),
    ("header: caller of the rate limit",        Server,   Http,    &[]),
    ("header: customer of the grant",           Server,   Http,    &[]),
    ("header: traceparent",                     Server,   Http,    &[]),
    ("header: baggage",                         Server,   Http,    &[]),
    ("header: Mcp-Param-*",                     Server,   Http,    &[]),
    ("URL: query",                              Server,   Http,    &[]),
    // Credentials, each of which the tool declares on a phase by mistake: the
    // net holds them back from the caller; the author's own back end has no net.
    ("header: Authorization, Bearer",           Server,   Http,    &[Export]),
    ("header: Authorization, password of Basic", Server,  Http,    &[Export]),
    ("header: Proxy-Authorization",             Server,   Http,    &[Export]),
    ("header: Cookie",                          Server,   Http,    &[Export]),
    ("header: X-API-Key",                       Server,   Http,    &[Export]),
    ("secret named to the builder",             Server,   Every,   &[Export]),
    ("secret learned during the call",          Server,   Every,   &[Export]),
    ("secret learned after the span ended",     Server,   Every,   &[Export]),
    // What the process has.
    ("environment: value",                      Server,   Every,   &[]),
    ("environment: OTEL_RESOURCE_ATTRIBUTES",   Server,   Every,   &[Export]),
    ("environment: OTEL_SERVICE_NAME",          Server,   Every,   &[Spans, Export]), // is service.name
    ("injected value",                          Server,   Every,   &[]),
    // What a server further up is sent, and answers.
    ("upstream: path",                          Upstream, Every,   &[Export, Up]), // url.full
    ("upstream: query",                         Upstream, Every,   &[Up]),
    ("upstream: user and password",             Upstream, Every,   &[Up]),
    ("upstream: request header",                Upstream, Every,   &[Up]),
    ("upstream: request body",                  Upstream, Every,   &[Up]),
    ("upstream: reason",                        Upstream, Every,   &[]),
    ("upstream: response header",               Server,   Every,   &[]),
    ("upstream: body",                          Server,   Every,   &[]),
    ("upstream: body of an error",              Server,   Every,   &[]),
    ("upstream: location",                      Upstream, Every,   &[Up]), // is followed
    ("upstream: path of a host that is down",   Server,   Every,   &[Export]), // url.full
    // What goes wrong.
    ("tool's error: text",                      Server,   Every,   &[Answer]), // is for the model
    ("tool's error: source",                    Server,   Every,   &[]),
    ("tool's error: debug text",                Server,   Every,   &[]),
    ("phase's error: text",                     Server,   Every,   &[]),
    ("JSON-RPC error: text",                    Server,   Every,   &[Answer, Export]), // the status of the root span
    ("JSON-RPC error: data",                    Server,   Every,   &[Answer]),
    ("panic: text",                             Server,   Every,   &[Stderr]), // the panic hook is the author's
    ("panic of spawned work: text",             Server,   Every,   &[Stderr]),
    // What the author declares.
    ("phase: attribute",                        Server,   Every,   &[Spans, Export]), // declared, so public
    ("phase: attribute to withhold",            Server,   Every,   &[Export]),
    ("phase: attribute to hash",                Server,   Every,   &[Export]),
    ("phase: attribute to redact",              Server,   Every,   &[Export]),
    ("phase in a hidden span: attribute",       Server,   Every,   &[Export]),
    // What other code records.
    ("current span: attribute key",             Server,   Every,   &[Export]),
    ("current span: attribute value",           Server,   Every,   &[Export]),
    ("current span: name",                      Server,   Every,   &[Export]),
    ("current span: status",                    Server,   Every,   &[Export]),
    ("current span: event",                     Server,   Every,   &[Export]),
    ("current span: event's attribute",         Server,   Every,   &[Export]),
    ("current span: link's attribute",          Server,   Every,   &[Export]),
    ("other span: name",                        Server,   Every,   &[Spans, Export]), // names of spans leave
    ("other span: attribute",                   Server,   Every,   &[Export]),
    ("other span: status",                      Server,   Every,   &[Export]),
    ("other span: event",                       Server,   Every,   &[Export]),
    ("other span: link's attribute",            Server,   Every,   &[Export]),
    ("other span: link's tracestate",           Server,   Every,   &[Export]),
    ("other scope: name",                       Server,   Every,   &[Spans, Export]),
    ("other scope: version",                    Server,   Every,   &[Spans, Export]),
    ("other scope: attribute",                  Server,   Every,   &[Export]),
    ("span of tracing: field",                  Server,   Every,   &[Export]),
    ("event of tracing: field",                 Server,   Every,   &[Export]),
];

/// The secret of a place: letters and digits, so that escapes, percent-encoding
/// and a change of case leave it findable.
///
/// # Panics
///
/// If there is no such place.
#[must_use]
pub fn canary(place: &str) -> String {
    let known = PLACES.iter().any(|(known, ..)| *known == place);
    assert!(known, "no such place: {place}");
    if place == "argument: number" {
        return canary_number().to_string();
    }
    format!("canary{:016x}", hash(place))
}

/// The secret of the place that takes numbers only.
#[must_use]
pub fn canary_number() -> u64 {
    hash("argument: number") % 9_000_000_000_000 + 1_000_000_000_000
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
