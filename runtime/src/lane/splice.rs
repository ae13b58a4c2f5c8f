//! A change of one place of a message.

use std::ops::Range;

#[cfg(any(feature = "http-server", feature = "stdio"))]
use bytes::Bytes;

/// What takes the place of a part of a message.
#[derive(Debug)]
pub(crate) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: Vec<u8>,
}

#[cfg(any(feature = "http-server", feature = "stdio"))]
impl Splice {
    /// The message with the change, in pieces: what is long is not copied.
    pub(crate) fn into_pieces(self, message: &Bytes) -> [Bytes; 3] {
        let Self { range, text } = self;
        let (before, after) = (message.slice(..range.start), message.slice(range.end..));
        [before, Bytes::from(text), after]
    }
}
