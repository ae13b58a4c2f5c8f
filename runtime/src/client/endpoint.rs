//! Where the server is, as far as spans of calls tell it.

use opentelemetry::KeyValue;

use crate::semconv;

/// How the server is reached: what the CLIENT span says about the network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// Over Streamable HTTP.
    Http {
        /// The host, as in the URL.
        address: String,
        /// The port.
        port: Option<u16>,
    },
    /// Over standard input and output, or another pipe.
    Pipe,
}

impl Endpoint {
    /// The endpoint of a URL; `None` if it has no host.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let url = reqwest::Url::parse(url).ok()?;
        Some(Self::Http {
            address: url.host_str()?.to_owned(),
            port: url.port_or_known_default(),
        })
    }

    pub(super) fn attributes(&self) -> Vec<KeyValue> {
        match self {
            Self::Http { address, port } => {
                let mut attributes = vec![
                    KeyValue::new(semconv::NETWORK_TRANSPORT, "tcp"),
                    KeyValue::new(semconv::NETWORK_PROTOCOL_NAME, "http"),
                    KeyValue::new(semconv::SERVER_ADDRESS, address.clone()),
                ];
                let port = port.map(|port| KeyValue::new(semconv::SERVER_PORT, i64::from(port)));
                attributes.extend(port);
                attributes
            }
            Self::Pipe => vec![KeyValue::new(semconv::NETWORK_TRANSPORT, "pipe")],
        }
    }
}
