//! Messages on lines, as on stdio.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, ReadBuf};

use super::handle::Lift;
use super::scan::Lifter;

/// Bytes that are read at once. Ours: what a pipe of Linux holds.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks that one poll reads while nothing comes out of them, so that a flood
/// of telemetry does not keep other tasks of the thread waiting.
const MAX_SILENT_CHUNKS: usize = 16;

pin_project! {
    /// Reads lines, each one JSON-RPC message, with their telemetry lifted.
    ///
    /// Made by [`Lift::stdio`] and [`Lift::reader`].
    ///
    /// # Cancel safety
    ///
    /// What was read stays here until it is asked for: dropping a read loses
    /// nothing.
    pub struct LiftingReader<R> {
        #[pin]
        inner: R,
        lift: Lift,
        lifter: Lifter,
        chunk: Box<[u8]>,
        // What was lifted and not read yet, from `at` on.
        out: Vec<u8>,
        at: usize,
    }
}

impl<R> std::fmt::Debug for LiftingReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiftingReader").finish_non_exhaustive()
    }
}

impl<R> LiftingReader<R> {
    pub(super) fn new(lift: Lift, inner: R) -> Self {
        Self {
            inner,
            lifter: lift.lifter(),
            lift,
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            out: Vec::new(),
            at: 0,
        }
    }
}

impl<R: AsyncRead> AsyncRead for LiftingReader<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut this = self.project();
        for _ in 0..MAX_SILENT_CHUNKS {
            let lifted = this.out.get(*this.at..).unwrap_or_default();
            if !lifted.is_empty() {
                let count = lifted.len().min(buffer.remaining());
                buffer.put_slice(lifted.get(..count).unwrap_or_default());
                *this.at = this.at.saturating_add(count);
                if *this.at == this.out.len() {
                    *this.at = 0;
                    this.out.clear();
                    // Long telemetry is rare: its memory is not kept.
                    this.out.shrink_to(CHUNK_BYTES);
                }
                return Poll::Ready(Ok(()));
            }
            let mut chunk = ReadBuf::new(this.chunk);
            ready!(this.inner.as_mut().poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                // The end. What is left of a message is no message.
                this.lift.count(this.lifter.finish(this.out));
                if this.out.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            let mut rest = chunk.filled();
            while let Some(end) = memchr::memchr(b'\n', rest) {
                this.lifter
                    .feed(rest.get(..end).unwrap_or_default(), this.out);
                this.lift.count(this.lifter.finish(this.out));
                this.out.push(b'\n');
                rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
            }
            this.lifter.feed(rest, this.out);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LINES: &str = concat!(
        "{\"result\":{\"_meta\":{\"otel\":[1e999]},\"a\":1}}\r\n",
        "\n",
        "not json {\n",
        "{\"result\":{\"a\":2,\"_met\n",
        "{\"result\":{\"_meta\":[],\"a\":3}}\n",
        "{\"result\":{\"a\":4,\"_meta"
    );
    const LIFTED: &str = concat!(
        "{\"result\":{\"a\":1,\"_meta\":{\"otel\":{\"lifted\":\"[1e999]\",\"bytes\":7}}}}\r\n",
        "\n",
        "not json {\n",
        "{\"result\":{\"a\":2,\"_met\n",
        "{\"result\":{\"a\":3,\"_meta\":{\"otel\":{\"lifted\":\"[]\",\"bytes\":2}}}}\n",
        "{\"result\":{\"a\":4,\"_meta"
    );

    #[tokio::test]
    async fn lifts_each_line_by_itself_however_it_is_read() {
        for piece in [1, 2, 7, 1_000] {
            let lift = Lift::new();
            let (mut writer, reader) = tokio::io::duplex(piece);
            let writing = tokio::spawn(async move {
                writer.write_all(LINES.as_bytes()).await.unwrap();
            });
            let mut reader = lift.reader(reader);
            let mut out = Vec::new();
            let mut part = vec![0; piece];
            loop {
                let count = reader.read(&mut part).await.unwrap();
                if count == 0 {
                    break;
                }
                out.extend_from_slice(&part[..count]);
            }
            writing.await.unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), LIFTED);
            let counts = lift.counts();
            assert_eq!((counts.lifted, counts.left_out), (2, 0));
        }
    }

    #[tokio::test]
    async fn a_line_that_is_dropped_halfway_is_read_on() {
        let (mut writer, reader) = tokio::io::duplex(1_000);
        let mut reader = Lift::new().reader(reader);
        let line = b"{\"result\":{\"_meta\":{\"otel\":[1]}}}\n";
        let (first, second) = line.split_at(28);
        writer.write_all(first).await.unwrap();
        let mut out = Vec::new();
        // Nothing more comes: each of these reads is dropped while it waits.
        for _ in 0..3 {
            tokio::select! {
                biased;
                read = reader.read_buf(&mut out) => { read.unwrap(); }
                () = std::future::ready(()) => {}
            }
        }
        writer.write_all(second).await.unwrap();
        drop(writer);
        reader.read_to_end(&mut out).await.unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"result\":{\"_meta\":{\"otel\":{\"lifted\":\"[1]\",\"bytes\":3}}}}\n"
        );
    }

    #[tokio::test]
    async fn a_flood_that_is_dropped_lets_other_tasks_run() {
        let mut reader = Box::pin(Lift::new().reader(Flood));
        let mut part = [0; 64];
        let first = reader.read(&mut part).await.unwrap();
        assert!(first > 0);
        let mut polls = 0;
        let flood = std::future::poll_fn(|cx| {
            polls += 1;
            let mut buffer = ReadBuf::new(&mut part);
            assert!(reader.as_mut().poll_read(cx, &mut buffer).is_pending());
            Poll::Ready(())
        });
        flood.await;
        assert_eq!(polls, 1);
    }

    /// A result whose telemetry never ends.
    struct Flood;

    impl AsyncRead for Flood {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            // Once the value has begun, the start of a message is part of it.
            buffer.put_slice(b"{\"result\":{\"_meta\":{\"otel\":[");
            Poll::Ready(Ok(()))
        }
    }
}
