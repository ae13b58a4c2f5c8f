//! Lines on their way out.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::buf::Chain;
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::task::JoinHandle;

/// A line in pieces, with its end.
pub(super) type Line = Chain<Bytes, Chain<Bytes, Bytes>>;

/// A line of these pieces.
pub(super) fn line([first, second, third]: [Bytes; 3]) -> Line {
    first.chain(second.chain(third))
}

/// A line of one piece.
pub(super) fn whole(piece: Bytes) -> Line {
    line([piece, Bytes::new(), Bytes::new()])
}

/// A writer that several parties write whole lines to. A line that was begun is
/// written to its end, also if the one who began it has stopped waiting.
pub(super) struct Outbox<W>(Arc<Shared<W>>);

struct Shared<W> {
    queue: Mutex<VecDeque<Line>>,
    /// The writer, and what is left of the line that was begun; nothing once it
    /// is closed.
    open: tokio::sync::Mutex<Option<(W, Line)>>,
}

impl<W> Shared<W> {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Line>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> Clone for Outbox<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W> fmt::Debug for Outbox<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl<W: AsyncWrite + Unpin> Outbox<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(Arc::new(Shared {
            queue: Mutex::default(),
            open: tokio::sync::Mutex::new(Some((writer, whole(Bytes::new())))),
        }))
    }

    /// Writes a line, after those that wait already.
    pub(super) async fn send(&self, line: Line) -> io::Result<()> {
        self.0.queue().push_back(line);
        self.flush().await
    }

    /// Writes all lines that wait. If one cannot be written, no more are.
    async fn flush(&self) -> io::Result<()> {
        let mut open = self.0.open.lock().await;
        let written = match &mut *open {
            Some((writer, rest)) => self.write_all(writer, rest).await,
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        if written.is_err() {
            *open = None;
            self.0.queue().clear();
        }
        written
    }

    async fn write_all(&self, writer: &mut W, rest: &mut Line) -> io::Result<()> {
        loop {
            while rest.has_remaining() {
                if writer.write_buf(rest).await? == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
            }
            let next = self.0.queue().pop_front();
            let Some(mut line) = next else {
                return writer.flush().await;
            };
            if !writer.is_write_vectored() {
                // It would write the pieces one by one.
                line = whole(line.copy_to_bytes(line.remaining()));
            }
            *rest = line;
        }
    }

    /// Closes the writer. What waits is not written any more.
    pub(super) async fn close(&self) {
        drop(self.0.open.lock().await.take());
    }
}

/// An [`Outbox`] as a writer, for one that writes whole lines at once and
/// flushes after each.
pub(super) struct LineWriter<W> {
    outbox: Outbox<W>,
    /// A task of its own: the one who waits for it may stop at any time, and it
    /// holds the writer.
    flushing: Option<JoinHandle<io::Result<()>>>,
}

impl<W> LineWriter<W> {
    pub(super) fn new(outbox: Outbox<W>) -> Self {
        Self {
            outbox,
            flushing: None,
        }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> AsyncWrite for LineWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = Bytes::copy_from_slice(bytes);
        self.outbox.0.queue().push_back(whole(line));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outbox = self.outbox.clone();
        let flushing = self
            .flushing
            .get_or_insert_with(|| tokio::spawn(async move { outbox.flush().await }));
        let flushed = ready!(Pin::new(flushing).poll(context));
        self.flushing = None;
        Poll::Ready(flushed.unwrap_or_else(|error| Err(io::Error::other(error))))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written at once, each.
    #[derive(Clone, Default)]
    struct Written {
        all: Arc<Mutex<Vec<String>>>,
        is_vectored: bool,
    }

    impl Written {
        fn note<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) -> Poll<io::Result<usize>> {
            let written = pieces.collect::<Vec<_>>().concat();
            let bytes = written.len();
            let mut all = self.all.lock().unwrap();
            all.push(String::from_utf8(written).unwrap());
            Poll::Ready(Ok(bytes))
        }
    }

    impl AsyncWrite for Written {
        fn poll_write(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.note([bytes].into_iter())
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
            pieces: &[io::IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.note(pieces.iter().map(|piece| &**piece))
        }

        fn is_write_vectored(&self) -> bool {
            self.is_vectored
        }

        fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_line_in_pieces_is_written_at_once_by_any_writer() {
        for is_vectored in [false, true] {
            let written = Written {
                is_vectored,
                ..Written::default()
            };
            let outbox = Outbox::new(written.clone());
            let pieces = ["before ", "spans", " after\n"].map(Bytes::from);
            outbox.send(line(pieces)).await.unwrap();
            outbox.send(whole(Bytes::from("whole\n"))).await.unwrap();
            let all = written.all.lock().unwrap();
            assert_eq!(*all, ["before spans after\n", "whole\n"], "{is_vectored}");
        }
    }
}
