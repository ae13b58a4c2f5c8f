//! Phases of functions that return a future or a stream.
#![deny(warnings)]

use std::future::ready;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use glassbox::phase;

type Later<'a> = Pin<Box<dyn Future<Output = u32> + Send + 'a>>;

struct Store {
    count: u32,
}

impl Store {
    #[phase(store.count = self.count)]
    fn block(&self, more: u32) -> impl Future<Output = Result<u32, String>> + Send {
        #[phase("before")]
        let count = self.count;
        async move {
            #[phase("inside")]
            let number = {
                let one: u32 = "1".parse().map_err(|_| String::new())?;
                one + 1
            };
            ready(()).await;
            Ok(count + more + number)
        }
    }

    #[phase(store.more = more)]
    fn ready(&self, more: u32) -> impl Future<Output = u32> + Send + '_ {
        if more > 5 {
            return ready(more);
        }
        ready(self.count + more)
    }

    #[phase]
    fn boxed<'a>(&'a self, text: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
        if text.is_empty() {
            return Box::pin(async { "empty" });
        }
        #[phase("made")]
        let made = ready(text);
        Box::pin(made)
    }

    #[phase]
    fn named(&self) -> BoxFuture<'_, u32> {
        ready(self.count).boxed()
    }

    #[phase]
    fn local(&self) -> LocalBoxFuture<'_, Rc<u32>> {
        let count = Rc::new(self.count);
        async move { count }.boxed_local()
    }

    #[phase(returns = future)]
    fn alias(&self) -> Later<'_> {
        ready(self.count).boxed()
    }

    #[phase]
    fn alias_of_a_block(&self) -> Later<'_> {
        Box::pin(async move { self.count })
    }

    #[phase]
    fn items(&self) -> impl Stream<Item = u32> + '_ {
        stream::iter(0..self.count)
    }

    #[phase]
    fn boxed_items(&self) -> BoxStream<'_, Result<u32, String>> {
        stream::iter(0..self.count).map(Ok).boxed()
    }
}

#[phase]
fn generic<T: Send + 'static>(value: T) -> impl Future<Output = T> + Send + 'static {
    ready(value)
}

#[phase]
fn not_send(value: Rc<u32>) -> impl Future<Output = u32> {
    async move {
        ready(()).await;
        *value
    }
}

trait Load {
    fn load(&self) -> impl Future<Output = u32> + Send;

    #[phase]
    fn load_twice(&self) -> impl Future<Output = u32> + Send
    where
        Self: Sync,
    {
        async move { self.load().await + self.load().await }
    }
}

impl Load for Store {
    #[phase]
    fn load(&self) -> impl Future<Output = u32> + Send {
        ready(self.count)
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let store = Store { count: 2 };
    assert_eq!(is_send(store.block(1)).await, Ok(5));
    assert_eq!(is_send(store.ready(1)).await, 3);
    assert_eq!(store.ready(6).await, 6);
    assert_eq!(store.boxed("a").await, "a");
    assert_eq!(store.boxed("").await, "empty");
    assert_eq!(store.named().await, 2);
    assert_eq!(*store.local().await, 2);
    assert_eq!(store.alias().await + store.alias_of_a_block().await, 4);
    assert_eq!(store.items().count().await, 2);
    assert_eq!(store.boxed_items().count().await, 2);
    assert_eq!(is_send(generic("a")).await, "a");
    assert_eq!(not_send(Rc::new(1)).await, 1);
    assert_eq!(store.load_twice().await, 4);
}
