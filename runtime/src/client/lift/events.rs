//! Messages in an event stream.

use super::handle::Lift;
use super::scan::Lifter;

const DATA_FIELD: &[u8] = b"data:";
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An event is over the limit of the transport, telemetry not counted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("SSE event exceeded the maximum size of {max_size} bytes, telemetry not counted")]
pub(super) struct EventTooLarge {
    max_size: usize,
}

/// Filters the bytes of an event stream: the `data` of an event is one message.
///
/// Lines end with a line feed in what comes out; comments and other fields stay
/// as they are.
#[derive(Debug)]
pub(super) struct Events {
    lift: Lift,
    lifter: Lifter,
    max_size: usize,
    line: Line,
    /// Bytes of a byte order mark at the start of the stream.
    mark: Option<usize>,
    after_carriage_return: bool,
    /// Whether the event has a line of data.
    has_data: bool,
    /// Whether a line of data is open in the output.
    is_open: bool,
    lifted: Vec<u8>,
    size: Size,
}

#[derive(Clone, Copy, Debug)]
enum Line {
    /// So many bytes are those of the field `data`.
    Start(usize),
    /// In a line of data; whether a space may come that is no data.
    Data {
        after_colon: bool,
    },
    Other,
}

/// Bytes of the event that came out, as rmcp counts them.
#[derive(Debug, Default)]
struct Size {
    event: usize,
    telemetry: usize,
    comment: usize,
    in_comment: bool,
}

impl Events {
    pub(super) fn new(lift: Lift, max_size: usize) -> Self {
        Self {
            lifter: lift.lifter(),
            lift,
            max_size,
            line: Line::Start(0),
            mark: Some(0),
            after_carriage_return: false,
            has_data: false,
            is_open: false,
            lifted: Vec::new(),
            size: Size::default(),
        }
    }

    /// Takes bytes of the stream, and appends to `out` what rmcp may see.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), EventTooLarge> {
        while let Some(&first) = bytes.first() {
            let used = self.step(first, bytes, out)?;
            bytes = bytes.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    fn step(&mut self, first: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, EventTooLarge> {
        if std::mem::take(&mut self.after_carriage_return) && first == b'\n' {
            return Ok(1);
        }
        if let Some(at) = self.mark {
            if BYTE_ORDER_MARK.get(at) == Some(&first) {
                self.mark = Some(at.saturating_add(1));
                out.push(first);
                return Ok(1);
            }
            self.mark = None;
        }
        if matches!(first, b'\r' | b'\n') {
            self.after_carriage_return = first == b'\r';
            self.end_line(out)?;
            return Ok(1);
        }
        match self.line {
            Line::Start(matched) if DATA_FIELD.get(matched) == Some(&first) => {
                let matched = matched.saturating_add(1);
                if matched == DATA_FIELD.len() {
                    self.start_data(out)?;
                } else {
                    self.line = Line::Start(matched);
                }
                Ok(1)
            }
            Line::Start(matched) => {
                self.start_other(matched, out)?;
                self.size.in_comment = first == b':' && matched == 0;
                Ok(0)
            }
            Line::Data { after_colon } => {
                self.line = Line::Data { after_colon: false };
                if after_colon && first == b' ' {
                    return Ok(1);
                }
                let part = line_of(bytes);
                self.lift_data(part, out)?;
                Ok(part.len())
            }
            Line::Other => {
                let part = line_of(bytes);
                self.write(part, out)?;
                Ok(part.len())
            }
        }
    }

    fn start_data(&mut self, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        self.line = Line::Data { after_colon: true };
        if self.has_data {
            // Lines of data are joined by line feeds.
            self.lift_data(b"\n", out)
        } else {
            self.has_data = true;
            self.open(out)
        }
    }

    fn start_other(&mut self, matched: usize, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        self.line = Line::Other;
        self.close(out)?;
        let prefix = DATA_FIELD.get(..matched).unwrap_or_default();
        self.write(prefix, out)
    }

    fn end_line(&mut self, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        match std::mem::replace(&mut self.line, Line::Start(0)) {
            Line::Start(0) => return self.end_event(out),
            Line::Start(matched) => {
                self.start_other(matched, out)?;
                self.line = Line::Start(0);
                self.write(b"\n", out)?;
            }
            // The line stays open: what follows may be a part of it.
            Line::Data { .. } => {}
            Line::Other => self.write(b"\n", out)?,
        }
        if std::mem::take(&mut self.size.in_comment) {
            self.size.comment = 0;
        }
        Ok(())
    }

    fn end_event(&mut self, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        if std::mem::take(&mut self.has_data) {
            let findings = self.lifter.finish(&mut self.lifted);
            self.lift.count(findings);
            self.write_lifted(out)?;
        }
        self.close(out)?;
        out.push(b'\n');
        self.size = Size::default();
        Ok(())
    }

    fn lift_data(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        self.lifter.feed(bytes, &mut self.lifted);
        self.size.telemetry = self.lifter.telemetry_len();
        self.write_lifted(out)
    }

    /// Writes what the lifter gave, which may have line feeds.
    fn write_lifted(&mut self, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        let lifted = std::mem::take(&mut self.lifted);
        let mut rest = lifted.as_slice();
        if !rest.is_empty() && !rest.starts_with(b"\n") && !self.is_open {
            self.open(out)?;
        }
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.write(rest.get(..end).unwrap_or_default(), out)?;
            self.close(out)?;
            self.open(out)?;
            rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
        }
        self.write(rest, out)
    }

    fn open(&mut self, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        self.is_open = true;
        self.write(b"data: ", out)
    }

    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        if std::mem::take(&mut self.is_open) {
            self.write(b"\n", out)?;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EventTooLarge> {
        out.extend_from_slice(bytes);
        let size = if self.size.in_comment {
            &mut self.size.comment
        } else {
            &mut self.size.event
        };
        *size = size.saturating_add(bytes.len());
        let total = self.size.event.saturating_add(self.size.comment);
        if total.saturating_sub(self.size.telemetry) > self.max_size {
            return Err(EventTooLarge {
                max_size: self.max_size,
            });
        }
        Ok(())
    }
}

fn line_of(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr2(b'\r', b'\n', bytes);
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use proptest::prelude::*;
    use sse_stream::{Sse, SseStream};

    use super::*;

    fn filter(stream: &[u8], piece: usize, max: usize) -> Result<Vec<u8>, EventTooLarge> {
        let mut events = Events::new(Lift::new(), max);
        let mut out = Vec::new();
        for piece in stream.chunks(piece) {
            events.feed(piece, &mut out)?;
        }
        Ok(out)
    }

    /// Filters in pieces of every size, which do not matter.
    fn filtered(stream: impl AsRef<[u8]>) -> String {
        let stream = stream.as_ref();
        let out = filter(stream, usize::MAX, usize::MAX).unwrap();
        for piece in [1, 2, 3, 5] {
            assert_eq!(filter(stream, piece, usize::MAX).unwrap(), out);
        }
        String::from_utf8(out).unwrap()
    }

    async fn parsed(stream: Vec<u8>) -> Vec<Result<Sse, String>> {
        let bytes =
            futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(stream))]);
        SseStream::from_bytes_stream(bytes)
            .map(|event| event.map_err(|error| error.to_string()))
            .collect()
            .await
    }

    #[test]
    fn lifts_the_data_of_each_event_and_keeps_the_rest() {
        assert_eq!(
            filtered(concat!(
                ": hello\n\n",
                "id: 1\ndata: {\"result\":{\"_meta\":{\"otel\":1}}}\n\n",
                "event: message\r\ndata:{\"result\":{\"_meta\":[]}}\r\nretry: 3\r\n\r\n",
                "data: {\"a\":1\rdata: }\r\r",
                "data\ndat: 1\n\ndata:\n\n",
            )),
            concat!(
                ": hello\n\n",
                "id: 1\ndata: {\"result\":{\"_meta\":{\"otel\":{\"lifted\":\"1\",\"bytes\":1}}}}\n\n",
                "event: message\ndata: {\"result\":{\"_meta\":{\"otel\":{\"lifted\":\"[]\",\"bytes\":2}}}}\nretry: 3\n\n",
                "data: {\"a\":1\ndata: }\n\n",
                "data\ndat: 1\n\ndata: \n\n",
            )
        );
    }

    #[test]
    fn a_message_may_be_on_many_lines() {
        assert_eq!(
            filtered(concat!(
                "data: {\"result\":\n",
                "data:\n",
                "id: 7\n",
                "data: {\"_meta\":{\n",
                "data:\"otel\":[\n",
                ": ping\n",
                "data:  1]}\n",
                "data: ,\"a\":2}}\n\n",
            )),
            concat!(
                "data: {\"result\":\n",
                "data: \n",
                "id: 7\n",
                "data: {\n",
                ": ping\n",
                "data: \"a\":2,\"_meta\":{\"otel\":{\"lifted\":\"[\\n 1]\",\"bytes\":5}}}}\n\n",
            )
        );
    }

    #[test]
    fn events_are_bounded_without_their_telemetry() {
        let long = "7".repeat(1_000);
        for (stream, size) in [
            ("data: {}\n\n".to_owned(), 9),
            ("id: 1\ndata: {}\n\n".to_owned(), 15),
            ("data: {}\n".to_owned(), 8),
            (
                format!("data: {{\"result\":{{\"_meta\":{{\"otel\":{long}}}}}}}\n\n"),
                r#"data: {"result":{"_meta":{"otel":{"lifted":"","bytes":1000}}}}
"#
                .len(),
            ),
        ] {
            for (max, fits) in [(size - 1, false), (size, true), (size + 1, true)] {
                // One event after the other: each has its own count.
                for stream in [
                    stream.clone(),
                    stream.repeat(1 + usize::from(stream.ends_with("\n\n"))),
                ] {
                    let out = filter(stream.as_bytes(), 7, max);
                    assert_eq!(out.is_ok(), fits, "{max} {stream:.60}");
                }
            }
        }
    }

    #[test]
    fn comments_that_are_over_do_not_count() {
        let stream = ": ping\n".repeat(100);
        assert!(filter(stream.as_bytes(), 7, 7).is_ok());
        assert!(filter(stream.as_bytes(), 7, 5).is_err());
    }

    proptest! {
        #[test]
        fn events_without_telemetry_are_parsed_as_before(
            stream in "(data:|data: |data|:|id: 1|id|event: m|\n|\n\n|\r|\r\n| |\\{|\\}|\"result\":|x|\u{feff}){0,30}",
            piece in 1_usize..9,
        ) {
            let before = stream.clone().into_bytes();
            let after = filter(&before, piece, usize::MAX).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (before, after) = runtime.block_on(async { (parsed(before).await, parsed(after).await) });
            prop_assert_eq!(before, after);
        }
    }
}
