//! Answers on their way out, as bytes: here spans join them, and the top-level
//! capability.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::announce::{edit_events, edit_json};
use super::pieces::Pieces;
use crate::lane::Exit;

type Answer = BoxBody<Bytes, Infallible>;

const JSON: &[u8] = b"application/json";
const EVENT_STREAM: &[u8] = b"text/event-stream";
const EVENT_END: &[u8] = b"\n\n";

/// Lets spans join the answer, and the top-level capability if it announces
/// capabilities. Everything else passes as it is.
///
/// The token is held until the answer is out or given up.
pub(super) async fn complete(
    response: Response<Answer>,
    exit: Exit,
    in_flight: Option<TaskTrackerToken>,
) -> Response<Answer> {
    let (mut parts, mut body) = response.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let is = |kind: &[u8]| content_type.is_some_and(|found| found.as_bytes().starts_with(kind));
    if is(EVENT_STREAM) {
        let events = Events {
            body,
            exit,
            pending: BytesMut::new(),
            ready: Pieces::from(Bytes::new()),
            _in_flight: in_flight,
        };
        return Response::from_parts(parts, BoxBody::new(events));
    }
    if is(JSON) && (exit.is_waiting() || exit.announces()) {
        let Ok(collected) = body.collect().await;
        let message = collected.to_bytes();
        let announced = exit.announces().then(|| edit_json(&message)).flatten();
        let message = announced.map_or(message, Bytes::from);
        parts.headers.remove(header::CONTENT_LENGTH);
        body = BoxBody::new(join(&exit, message));
    }
    if in_flight.is_some() {
        body = BoxBody::new(Whole {
            body,
            _in_flight: in_flight,
        });
    }
    Response::from_parts(parts, body)
}

/// The message with the spans that wait for it.
fn join(exit: &Exit, message: Bytes) -> Pieces {
    match exit.join(&message) {
        Some(splice) => Pieces::new(splice.into_pieces(&message)),
        None => Pieces::from(message),
    }
}

/// An answer that is complete.
struct Whole {
    body: Answer,
    _in_flight: Option<TaskTrackerToken>,
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer that comes as events.
struct Events {
    body: Answer,
    exit: Exit,
    /// The beginning of an event whose end has not come yet.
    pending: BytesMut,
    /// What is left of events that are complete.
    ready: Pieces,
    _in_flight: Option<TaskTrackerToken>,
}

impl Events {
    /// Whether events pass as they are.
    fn is_idle(&self) -> bool {
        self.pending.is_empty() && !self.exit.is_waiting() && !self.exit.announces()
    }

    fn edit(&self, mut events: Bytes) -> Pieces {
        if self.exit.announces() {
            events = edit_events(&events);
        }
        join(&self.exit, events)
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if let Some(piece) = self.ready.pop() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
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
            if self.is_idle() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            // As rmcp writes them: an event a frame.
            if self.pending.is_empty() && data.ends_with(EVENT_END) {
                self.ready = self.edit(data);
                continue;
            }
            self.pending.extend_from_slice(&data);
            let complete = memchr::memmem::rfind(&self.pending, EVENT_END);
            if let Some(end) = complete {
                let events = self.pending.split_to(end + EVENT_END.len()).freeze();
                self.ready = self.edit(events);
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && self.pending.is_empty() && self.body.is_end_stream()
    }
}
