//! A sink as the standard variables describe it (OpenTelemetry, OTLP exporter configuration).

use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::sink::{Encoding, Sink, SinkError};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const HEADERS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_HEADERS",
];
const PROTOCOL: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const COMPRESSION: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
];
const TIMEOUT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
];

impl Sink {
    /// The sink that `OTEL_EXPORTER_OTLP_*` describe, if one of the two endpoint variables is set.
    ///
    /// | variable, or the same with `TRACES_` before the last word | meaning |
    /// |---|---|
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT` | base URL; the one for traces is used as it is |
    /// | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` (default) or `http/json` |
    /// | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value,...`, percent-encoded |
    /// | `OTEL_EXPORTER_OTLP_COMPRESSION` | `none` (default) or `gzip` |
    /// | `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds of a request, default 10,000 |
    ///
    /// The variable for traces goes before the other, an empty one is not set. Certificates come with a client of your
    /// own ([`with_client`](Self::with_client)).
    ///
    /// # Errors
    ///
    /// If a variable holds what cannot be used, `grpc` among it.
    pub fn from_env() -> Result<Option<Self>, SinkError> {
        from_variables(|name| std::env::var(name).ok())
    }
}

fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Option<Sink>, SinkError> {
    let get = |name: &'static str| {
        let value = read(name)?.trim().to_owned();
        (!value.is_empty()).then_some((name, value))
    };
    let either = |names: [&'static str; 2]| names.into_iter().find_map(get);

    let (variable, sink) = if let Some((variable, url)) = get(TRACES_ENDPOINT) {
        (variable, Sink::new(&url))
    } else if let Some((variable, url)) = get(ENDPOINT) {
        (variable, Sink::from_base_url(&url))
    } else {
        return Ok(None);
    };
    let problem = "not an http or https URL, such as http://localhost:4318";
    let sink = sink.map_err(|_| SinkError::Variable { variable, problem })?;
    let mut sink = sink.with_encoding(Encoding::Protobuf);
    if let Some((variable, protocol)) = either(PROTOCOL) {
        sink = sink.with_encoding(match protocol.as_str() {
            "http/protobuf" => Encoding::Protobuf,
            "http/json" => Encoding::Json,
            "grpc" => {
                let problem = "grpc, which is not spoken here: set it to http/protobuf, and the endpoint to the \
                               receiver's port for HTTP, usually 4318";
                return Err(SinkError::Variable { variable, problem });
            }
            _ => {
                let problem = "neither http/protobuf nor http/json";
                return Err(SinkError::Variable { variable, problem });
            }
        });
    }
    if let Some((variable, compression)) = either(COMPRESSION) {
        sink = sink.with_gzip(match compression.as_str() {
            "gzip" => true,
            "none" => false,
            _ => {
                let problem = "neither gzip nor none";
                return Err(SinkError::Variable { variable, problem });
            }
        });
    }
    if let Some((variable, timeout)) = either(TIMEOUT) {
        let millis = timeout.parse().ok().filter(|&millis| millis > 0);
        let problem = "not a number of milliseconds";
        let millis = millis.ok_or(SinkError::Variable { variable, problem })?;
        sink = sink.with_timeout(Duration::from_millis(millis));
    }
    if let Some((variable, headers)) = either(HEADERS) {
        let problem = "not a list of name=value, percent-encoded and separated by commas";
        let wrong = SinkError::Variable { variable, problem };
        for (name, value) in headers_of(&headers).ok_or_else(|| wrong.clone())? {
            let with_header = sink.with_header(&name, &value);
            sink = with_header.map_err(|_| wrong.clone())?;
        }
    }
    Ok(Some(sink))
}

/// `name=value` pairs, percent-encoded (OpenTelemetry, specifying headers via environment variables).
fn headers_of(text: &str) -> Option<Vec<(String, String)>> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let decode = |part: &str| {
                let decoded = percent_decode_str(part.trim()).decode_utf8().ok()?;
                Some(decoded.into_owned())
            };
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(variables: &[(&str, &str)]) -> Result<Option<Sink>, SinkError> {
        from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn there_is_no_sink_without_an_endpoint() {
        assert!(
            sink(&[(HEADERS[1], "a=b"), (ENDPOINT, " ")])
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_base_url_and_defaults_are_enough() {
        let sink = sink(&[(ENDPOINT, "http://h:4318")]).unwrap().unwrap();
        assert_eq!(sink.url.as_str(), "http://h:4318/v1/traces");
        assert_eq!((sink.encoding, sink.gzip), (Encoding::Protobuf, false));
        assert_eq!(sink.timeout, Sink::DEFAULT_TIMEOUT);
    }

    #[test]
    fn variables_for_traces_go_before_the_others() {
        let sink = sink(&[
            (ENDPOINT, "http://other"),
            (TRACES_ENDPOINT, "http://h/exact"),
            (HEADERS[1], "other=1"),
            (HEADERS[0], "Api-Key=a%20b%3D, x = y=z ,"),
            (PROTOCOL[1], "grpc"),
            (PROTOCOL[0], "http/json"),
            (COMPRESSION[1], "gzip"),
            (TIMEOUT[1], "2500"),
        ])
        .unwrap()
        .unwrap();
        assert_eq!(sink.url.as_str(), "http://h/exact");
        assert_eq!((sink.encoding, sink.gzip), (Encoding::Json, true));
        assert_eq!(sink.timeout, Duration::from_millis(2500));
        assert_eq!(sink.headers.len(), 2);
        assert_eq!(sink.headers.get("api-key").unwrap(), "a b=");
        assert_eq!(sink.headers.get("x").unwrap(), "y=z");
    }

    #[test]
    fn says_which_variable_is_wrong_and_not_what_is_in_it() {
        for (variable, value, says) in [
            (PROTOCOL[1], "grpc", "http/protobuf"),
            (PROTOCOL[1], "hunter2", "neither"),
            (COMPRESSION[1], "hunter2", "gzip"),
            (TIMEOUT[1], "0", "milliseconds"),
            (TIMEOUT[1], "hunter2", "milliseconds"),
            (HEADERS[1], "hunter2", "name=value"),
            // As HTTP writes it.
            (HEADERS[1], "authorization: Basic hunter2==", "name=value"),
            (HEADERS[1], "a=hunter2%0a", "name=value"),
            (HEADERS[1], "a=hunter2%ff", "percent-encoded"),
        ] {
            let error = sink(&[(ENDPOINT, "http://h"), (variable, value)]);
            let message = error.unwrap_err().to_string();
            assert!(
                message.starts_with(variable) && message.contains(says),
                "{message}"
            );
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
