//! What a collector's answer means (OTLP/HTTP, response).

use std::time::{Duration, SystemTime};

use http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::Value;

use super::retry::retry_after;
use super::sink::Encoding;
use crate::render::printable;

/// The most that is read of an answer. Ours: a status and a sentence fit many times over.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The most of a collector's words that is shown or logged.
const MAX_MESSAGE_CHARS: usize = 200;

/// An answer, as far as it matters.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<String>,
    pub(super) encoding: Encoding,
    /// The body, if it was within [`MAX_ANSWER_BYTES`].
    pub(super) body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("collector unreachable: {0}")]
    Unreachable(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("connection lost: {0}")]
    Broken(String),
}

/// What to do with a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Taken, but for so many spans, and why.
    Taken { rejected: u64, message: String },
    /// Not taken, and never will be as it is.
    Refused {
        reason: String,
        /// Whether the fault may lie with one of several payloads.
        divisible: bool,
    },
    /// Not now.
    Retry {
        reason: String,
        after: Option<Duration>,
        /// Whether the collector, or something before it, had the batch and may have choked on it.
        received: bool,
    },
}

impl Failure {
    pub(super) fn verdict(&self) -> Verdict {
        Verdict::Retry {
            reason: self.to_string(),
            after: None,
            received: !matches!(self, Self::Unreachable(_)),
        }
    }
}

impl Answer {
    pub(super) fn verdict(&self, now: SystemTime) -> Verdict {
        match self.status.as_u16() {
            200..=299 => {
                let (rejected, message) = self.partial_success().unwrap_or_default();
                Verdict::Taken {
                    rejected: u64::try_from(rejected).unwrap_or(0),
                    message: shown(&message),
                }
            }
            // OTLP/HTTP, retryable response codes.
            429 | 502 | 503 | 504 => Verdict::Retry {
                reason: self.reason(),
                after: self
                    .retry_after
                    .as_deref()
                    .and_then(|value| retry_after(value, now)),
                received: true,
            },
            code => Verdict::Refused {
                reason: self.reason(),
                // Of the rest, these speak of the address or of the sender, whatever is sent.
                divisible: !matches!(code, 300..=399 | 401..=407 | 415 | 501 | 505 | 511),
            },
        }
    }

    fn partial_success(&self) -> Option<(i64, String)> {
        match self.encoding {
            Encoding::Protobuf => {
                let response = ExportTraceServiceResponse::decode(self.body.as_slice()).ok()?;
                let partial = response.partial_success?;
                Some((partial.rejected_spans, partial.error_message))
            }
            Encoding::Json => {
                let body: Value = serde_json::from_slice(&self.body).ok()?;
                let partial = body.get("partialSuccess")?;
                let rejected = partial.get("rejectedSpans").and_then(|count| {
                    count
                        .as_i64()
                        .or_else(|| count.as_str()?.parse::<i64>().ok())
                });
                let message = partial.get("errorMessage").and_then(Value::as_str);
                Some((
                    rejected.unwrap_or_default(),
                    message.unwrap_or_default().to_owned(),
                ))
            }
        }
    }

    /// The status, and what the collector says to it.
    fn reason(&self) -> String {
        match self.error_message().as_deref().map(shown) {
            Some(message) if !message.is_empty() => format!("{}: {message}", self.status),
            _ => self.status.to_string(),
        }
    }

    /// `google.rpc.Status.message`.
    fn error_message(&self) -> Option<String> {
        /// `google.rpc.Status`, without the details.
        #[derive(prost::Message)]
        struct Status {
            #[prost(string, tag = "2")]
            message: String,
        }
        match self.encoding {
            Encoding::Protobuf => Status::decode(self.body.as_slice())
                .ok()
                .map(|status| status.message),
            Encoding::Json => serde_json::from_slice::<Value>(&self.body)
                .ok()?
                .get("message")?
                .as_str()
                .map(ToOwned::to_owned),
        }
    }
}

/// A collector's words, cut and safe to print.
pub(super) fn shown(message: &str) -> String {
    let cut: String = message.trim().chars().take(MAX_MESSAGE_CHARS).collect();
    printable(&cut).into_owned()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, encoding: Encoding, body: &[u8]) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: Some("7".to_owned()),
            encoding,
            body: body.to_vec(),
        }
    }

    fn verdict(status: u16, body: &str) -> Verdict {
        answer(status, Encoding::Json, body.as_bytes()).verdict(SystemTime::now())
    }

    fn taken(rejected: u64, message: &str) -> Verdict {
        Verdict::Taken {
            rejected,
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_status_of_success_is_success_whatever_the_body() {
        for body in [
            "",
            "{}",
            "{\"partialSuccess\":{}}",
            "{\"partialSuccess\":null}",
            "[]",
            "<html>",
            "{",
        ] {
            assert_eq!(verdict(200, body), taken(0, ""), "{body}");
        }
        assert_eq!(verdict(202, ""), taken(0, ""));
    }

    #[test]
    fn reads_partial_success_in_both_encodings() {
        for body in [
            r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\u001b[31m old"}}"#,
            r#"{"partialSuccess":{"rejectedSpans":3,"errorMessage":"too\u001b[31m old"}}"#,
        ] {
            assert_eq!(verdict(200, body), taken(3, "too�[31m old"));
        }
        let body = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 4,
                error_message: "no".to_owned(),
            }),
        }
        .encode_to_vec();
        let answer = answer(200, Encoding::Protobuf, &body);
        assert_eq!(answer.verdict(SystemTime::now()), taken(4, "no"));
        let negative = r#"{"partialSuccess":{"rejectedSpans":-3,"errorMessage":"a warning"}}"#;
        assert_eq!(verdict(200, negative), taken(0, "a warning"));
    }

    #[test]
    fn retries_what_otlp_calls_retryable() {
        for status in [429, 502, 503, 504] {
            let Verdict::Retry {
                after, received, ..
            } = verdict(status, "")
            else {
                panic!("{status}")
            };
            assert_eq!((after, received), (Some(Duration::from_secs(7)), true));
        }
    }

    #[test]
    fn refuses_all_else_and_says_whether_a_part_may_be_taken() {
        for (status, expected) in [
            (400, true),
            (413, true),
            (422, true),
            (500, true),
            (302, false),
            (401, false),
            (403, false),
            (404, false),
            (405, false),
            (415, false),
        ] {
            let Verdict::Refused { divisible, .. } = verdict(status, "") else {
                panic!("{status}")
            };
            assert_eq!(divisible, expected, "{status}");
        }
    }

    #[test]
    fn a_reason_is_short_and_printable() {
        let body = format!("{{\"message\":\"bad\\n{}\"}}", "x".repeat(500));
        let Verdict::Refused { reason, .. } = verdict(400, &body) else {
            panic!()
        };
        assert!(reason.starts_with("400 Bad Request: bad�xxx"), "{reason}");
        assert_eq!(reason.chars().count(), "400 Bad Request: ".len() + 200);
    }

    proptest! {
        #[test]
        fn any_answer_has_a_verdict(status in 100_u16..1000, json: bool, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let encoding = if json { Encoding::Json } else { Encoding::Protobuf };
            let _ = answer(status, encoding, &body).verdict(SystemTime::now());
        }
    }
}
