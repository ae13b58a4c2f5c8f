//! The top-level capability in answers that are bytes already.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::advertise::AdvertisementMark;
use crate::passback::advertise_march;

const JSON: &[u8] = b"application/json";
const EVENT_STREAM: &[u8] = b"text/event-stream";
const EVENT_END: &[u8] = b"\n\n";
const EVENT_DATA: &str = "data: ";

/// Adds the top-level capability to the answer if the handler has marked it as
/// one that announces capabilities. All other answers pass as they are.
pub(super) async fn announce(
    response: Response<BoxBody<Bytes, Infallible>>,
    mark: AdvertisementMark,
    in_flight: Option<TaskTrackerToken>,
) -> Response<BoxBody<Bytes, Infallible>> {
    let (mut parts, body) = response.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let is = |kind: &[u8]| content_type.is_some_and(|found| found.as_bytes().starts_with(kind));
    let is_stream = is(EVENT_STREAM);
    if is(JSON) && mark.is_set() {
        let Ok(collected) = body.collect().await;
        let bytes = collected.to_bytes();
        let edited = edit_json(&bytes).map_or(bytes, Bytes::from);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Full::new(edited).boxed());
    }
    let body = AnswerBody {
        body,
        is_stream,
        mark,
        pending: BytesMut::new(),
        _in_flight: in_flight,
    };
    Response::from_parts(parts, BoxBody::new(body))
}

/// An answer on its way out. Events of a marked answer are edited one by one.
struct AnswerBody {
    body: BoxBody<Bytes, Infallible>,
    /// Whether it has events; all else passes as it is, with its length.
    is_stream: bool,
    mark: AdvertisementMark,
    /// The beginning of an event whose end has not come yet.
    pending: BytesMut,
    /// Held until the answer is out or given up.
    _in_flight: Option<TaskTrackerToken>,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                None if self.pending.is_empty() => return Poll::Ready(None),
                None => {
                    let rest = self.pending.split().freeze();
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            if !self.is_stream || !self.mark.is_set() && self.pending.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            self.pending.extend_from_slice(&data);
            let complete = self
                .pending
                .windows(EVENT_END.len())
                .rposition(|window| window == EVENT_END);
            if let Some(end) = complete {
                let events = self.pending.split_to(end + EVENT_END.len());
                return Poll::Ready(Some(Ok(Frame::data(edit_events(&events)))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pending.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_stream {
            SizeHint::default()
        } else {
            self.body.size_hint()
        }
    }
}

/// Edits each `data:` line that holds a whole message; rmcp writes no others.
fn edit_events(events: &[u8]) -> Bytes {
    let Ok(text) = std::str::from_utf8(events) else {
        return Bytes::copy_from_slice(events);
    };
    let mut edited = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let message = line.strip_prefix(EVENT_DATA).map(str::trim_end);
        match message.and_then(|message| edit_json(message.as_bytes())) {
            Some(message) => {
                edited.push_str(EVENT_DATA);
                edited.push_str(&message);
                edited.push('\n');
            }
            None => edited.push_str(line),
        }
    }
    Bytes::from(edited)
}

/// The message with the top-level capability, if that changes it.
fn edit_json(message: &[u8]) -> Option<String> {
    let mut message: Value = serde_json::from_slice(message).ok()?;
    let changed = advertise_march(message.get_mut("result")?);
    changed.then(|| message.to_string())
}
