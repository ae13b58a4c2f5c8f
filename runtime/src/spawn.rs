//! Work that leaves the task of the request, and stays part of it.
//!
//! The OpenTelemetry context, and with it the request, is known to the current
//! task only. What is started elsewhere loses it, unless it is taken along.

use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};

use futures_util::Stream;
use opentelemetry::Context;
use pin_project_lite::pin_project;
use tokio::task::JoinHandle;

/// Spawns a task that stays part of the request: its phases and outgoing calls
/// are spans below the phase it was spawned in.
///
/// The request does not wait for it. What ends before the answer is in the
/// answer; spans that are open by then are counted in it; later ones leave no
/// trace there. What the server itself exports has them all.
///
/// Outside of a request it is `tokio::spawn`.
///
/// # Examples
///
/// ```
/// use glassbox::{mcp_tool, phase};
///
/// #[phase("price")]
/// async fn price(line: u32) -> u32 {
///     line * 2
/// }
///
/// /// Prices all lines at once.
/// #[mcp_tool(read_only)]
/// async fn total(lines: Vec<u32>) -> u32 {
///     let tasks: Vec<_> = lines.into_iter().map(|line| glassbox::spawn(price(line))).collect();
///     let mut total = 0;
///     for task in tasks {
///         total += task.await.unwrap_or(0);
///     }
///     total
/// }
/// ```
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future.in_request())
}

/// Runs blocking code on a thread for such code, as part of the request. See
/// [`spawn`].
pub fn spawn_blocking<T: Send + 'static>(
    code: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let context = Context::current();
    tokio::task::spawn_blocking(move || {
        let _guard = context.attach();
        code()
    })
}

/// Takes the request along into futures and streams that run elsewhere.
pub trait InRequestExt: Sized {
    /// Makes a future or a stream part of the current request, wherever it is
    /// polled: on a `JoinSet`, on another runtime, behind a channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use glassbox::InRequestExt as _;
    ///
    /// # async fn run() {
    /// let mut tasks = tokio::task::JoinSet::new();
    /// tasks.spawn(async { /* phases here are part of the request */ }.in_request());
    /// tasks.join_all().await;
    /// # }
    /// ```
    fn in_request(self) -> InRequest<Self>;
}

impl<T> InRequestExt for T {
    fn in_request(self) -> InRequest<Self> {
        InRequest {
            inner: Some(self),
            context: Context::current(),
        }
    }
}

pin_project! {
    /// A future or a stream that is part of a request, wherever it is polled.
    ///
    /// # Cancel safety
    ///
    /// As of what it was made from, which is dropped as part of the request too.
    #[must_use = "futures and streams do nothing unless they are polled"]
    pub struct InRequest<T> {
        #[pin]
        inner: Option<T>,
        context: Context,
    }

    impl<T> PinnedDrop for InRequest<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _guard = this.context.clone().attach();
            this.inner.set(None);
        }
    }
}

impl<T> fmt::Debug for InRequest<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InRequest")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl<F: Future> Future for InRequest<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _guard = this.context.clone().attach();
        match this.inner.as_pin_mut() {
            Some(future) => future.poll(context),
            // Only a drop takes it out.
            None => Poll::Pending,
        }
    }
}

impl<S: Stream> Stream for InRequest<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let _guard = this.context.clone().attach();
        match this.inner.as_pin_mut() {
            Some(stream) => stream.poll_next(context),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}
