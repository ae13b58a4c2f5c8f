//! An answer in pieces.

use std::array;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Bytes that are sent one piece after another, so that what joins an answer is
/// not copied. A connection writes together what comes at once.
pub(super) struct Pieces(array::IntoIter<Bytes, 3>);

impl Pieces {
    pub(super) fn new(pieces: [Bytes; 3]) -> Self {
        Self(pieces.into_iter())
    }

    /// The next one that is not empty.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        self.0.find(|piece| !piece.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.as_slice().iter().all(Bytes::is_empty)
    }
}

impl From<Bytes> for Pieces {
    fn from(whole: Bytes) -> Self {
        Self::new([whole, Bytes::new(), Bytes::new()])
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.pop().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    /// Exact: the length of the answer is known before it is sent.
    fn size_hint(&self) -> SizeHint {
        let lengths = self.0.as_slice().iter().map(|piece| piece.len() as u64);
        SizeHint::with_exact(lengths.sum())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_as_long_as_was_said_and_has_no_empty_pieces() {
        for (pieces, count) in [
            (["", "", ""], 0),
            (["before", "", ""], 1),
            (["before", "", "after"], 2),
            (["before", "spans", "after"], 3),
        ] {
            let mut body = Pieces::new(pieces.map(|piece| Bytes::from_static(piece.as_bytes())));
            assert_eq!(body.size_hint().exact(), Some(pieces.concat().len() as u64));
            let mut sent = Vec::new();
            let mut frames = 0;
            while !body.is_end_stream() {
                let Ok(frame) = body.frame().await.unwrap();
                sent.extend(frame.into_data().unwrap());
                frames += 1;
            }
            assert_eq!((sent, frames), (pieces.concat().into_bytes(), count));
            assert!(body.frame().await.is_none());
        }
    }
}
