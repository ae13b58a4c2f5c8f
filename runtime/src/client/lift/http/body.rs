//! Bodies, read within the limits of the transport and lifted.

use std::error::Error as StdError;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::Response;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use sse_stream::SseStream;

use super::super::events::{EventTooLarge, Events as EventFilter};
use super::super::handle::Lift;
use super::{Error, Events};

/// Reads one message: at most `max_size` bytes of it, telemetry not counted.
pub(super) async fn read_message(
    lift: &Lift,
    mut response: Response,
    max_size: usize,
) -> Result<Vec<u8>, Error> {
    let mut lifter = lift.lifter();
    let mut body = Vec::new();
    // The declared length has the telemetry in it: it says nothing.
    while let Some(chunk) = response.chunk().await? {
        lifter.feed(&chunk, &mut body);
        if body.len().saturating_sub(lifter.telemetry_len()) > max_size {
            return Err(StreamableHttpError::ResponseBodyTooLarge { max_size });
        }
    }
    lift.count(lifter.finish(&mut body));
    Ok(body)
}

/// Reads the first bytes of a body that is no message.
pub(super) async fn read_prefix(
    mut response: Response,
    max_size: usize,
) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < max_size {
        let Some(chunk) = response.chunk().await? else {
            break;
        };
        let room = max_size.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
    }
    Ok(body)
}

/// The events of a body.
pub(super) fn read_events(lift: &Lift, response: Response, max_event_size: usize) -> Events {
    let source = Source {
        bytes: response.bytes_stream().boxed(),
        filter: EventFilter::new(lift.clone(), max_event_size),
    };
    let lifted = futures_util::stream::unfold(Some(source), next_bytes);
    SseStream::from_bytes_stream(lifted.boxed()).boxed()
}

struct Source<S> {
    bytes: S,
    filter: EventFilter,
}

#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error(transparent)]
    Source(Box<dyn StdError + Send + Sync>),
    #[error(transparent)]
    TooLarge(#[from] EventTooLarge),
}

/// The next bytes that come out of the filter. After an error there are none.
async fn next_bytes<S, E>(
    source: Option<Source<S>>,
) -> Option<(Result<Bytes, StreamError>, Option<Source<S>>)>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: StdError + Send + Sync + 'static,
{
    let mut source = source?;
    let mut out = Vec::new();
    while out.is_empty() {
        match source.bytes.next().await? {
            Ok(chunk) => {
                if let Err(error) = source.filter.feed(&chunk, &mut out) {
                    return Some((Err(error.into()), None));
                }
            }
            Err(error) => return Some((Err(StreamError::Source(error.into())), None)),
        }
    }
    Some((Ok(Bytes::from(out)), Some(source)))
}
