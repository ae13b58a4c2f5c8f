//! Payloads as the body of one request.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::sink::Encoding;
use crate::otlp::OtlpPayload;

/// A body, and how many spans could not be written into it.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) body: Bytes,
    pub(super) unreadable: usize,
}

/// Puts payloads side by side: no resource is mixed with another, and nothing is rewritten (SEP-2448 C03, C05).
pub(super) fn encode(payloads: &[OtlpPayload], encoding: Encoding, gzip: bool) -> Encoded {
    let (body, unreadable) = match encoding {
        Encoding::Json => (json(payloads).into_bytes(), 0),
        Encoding::Protobuf => super::protobuf::encode(payloads),
    };
    let body = if gzip { compress(&body) } else { body };
    Encoded {
        body: body.into(),
        unreadable,
    }
}

/// `{"resourceSpans":[...]}` with the entries of all payloads.
pub(super) fn json(payloads: &[OtlpPayload]) -> String {
    const START: &str = "{\"resourceSpans\":[";
    let bytes: usize = payloads
        .iter()
        .map(|payload| payload.len_bytes().saturating_add(1))
        .sum();
    let mut text = String::with_capacity(START.len() + bytes + 2);
    text.push_str(START);
    let mut separator = "";
    for payload in payloads {
        text.push_str(separator);
        text.push_str(payload.resource_spans());
        separator = ",";
    }
    text.push_str("]}");
    text
}

fn compress(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let compressed = encoder.write_all(body).and_then(|()| encoder.finish());
    // Writing into memory does not fail.
    compressed.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn puts_entries_side_by_side_verbatim() {
        let payloads = [
            OtlpPayload::new(r#"{ "resource":{"a":1e999} }"#, 1),
            OtlpPayload::new("{},{}", 2),
        ];
        let encoded = encode(&payloads, Encoding::Json, false);
        let text = r#"{"resourceSpans":[{ "resource":{"a":1e999} },{},{}]}"#;
        assert_eq!(encoded.body, text);
        let compressed = encode(&payloads, Encoding::Json, true).body;
        let mut back = String::new();
        flate2::read::GzDecoder::new(&compressed[..])
            .read_to_string(&mut back)
            .unwrap();
        assert_eq!(back, text);
    }
}
