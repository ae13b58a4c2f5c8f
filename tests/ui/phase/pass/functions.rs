//! Phases on functions and methods of every kind.
#![deny(warnings)]

use std::fmt::Display;
use std::pin::Pin;

use glassbox::phase;

#[phase("shout", text.length = text.len())]
fn generic<'a, T>(text: &'a str, other: &T) -> Option<&'a str>
where
    T: AsRef<str> + ?Sized,
{
    other.as_ref().chars().next()?;
    text.get(1..)
}

#[phase]
fn nothing(mut values: Vec<u32>) {
    values.push(1);
    if values.len() > 5 {
        return;
    }
    drop(values);
}

#[phase]
async fn nothing_later(mut values: Vec<u32>) {
    values.push(1);
    if values.len() > 5 {
        return;
    }
    std::future::ready(()).await;
    drop(values);
}

#[phase]
fn opaque() -> impl Iterator<Item = u32> {
    #[phase("end")]
    let end = 3;
    0..end
}

#[phase]
async fn opaque_inside(text: &str) -> Result<impl Display, std::num::ParseIntError> {
    #[phase("block")]
    let number = {
        let number = text.parse::<u32>()?;
        std::future::ready(number).await
    };
    Ok(number)
}

#[phase]
async fn recursive(depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    #[phase("deeper")]
    let below = Box::pin(recursive(depth - 1)).await;
    below + 1
}

#[phase]
unsafe fn dangerous(value: *const u32) -> u32 {
    // SAFETY: as the caller promised.
    unsafe { *value }
}

struct Store {
    count: u32,
    names: Vec<String>,
}

impl Store {
    #[phase("store.first", store.count = self.count)]
    async fn first(&self) -> &str {
        #[phase("look")]
        let name = &self.names[0];
        name
    }

    #[phase]
    async fn rename(&mut self) -> Option<&mut String> {
        self.count += 1;
        #[phase("look")]
        let name = self.names.iter_mut().next();
        Some(name?)
    }

    #[phase]
    fn rename_now(&mut self) -> &mut String {
        self.count += 1;
        &mut self.names[0]
    }

    #[phase]
    fn boxed(mut self: Box<Self>) -> Box<Self> {
        self.count = 0;
        self
    }
}

trait Load {
    async fn load(&self) -> Result<u32, String>;

    #[phase]
    async fn load_twice(&self) -> Result<u32, String> {
        #[phase("first")]
        let first = self.load().await?;
        #[phase("second")]
        {
            Ok(first + self.load().await?)
        }
    }
}

impl Load for Store {
    #[phase]
    async fn load(&self) -> Result<u32, String> {
        Ok(self.count)
    }
}

trait LoadBoxed {
    fn load_boxed<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>>;
}

/// As `async_trait` writes it.
impl LoadBoxed for Store {
    #[phase("boxed", store.count = self.count)]
    fn load_boxed<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>> {
        Box::pin(async move {
            #[phase("block")]
            let count = {
                std::future::ready(Ok::<_, String>(())).await?;
                self.count
            };
            Ok(count)
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(generic("abc", "x"), Some("bc"));
    nothing(vec![]);
    nothing_later(vec![]).await;
    assert_eq!(opaque().count(), 3);
    assert!(opaque_inside("5").await.is_ok());
    assert_eq!(recursive(3).await, 3);
    // SAFETY: a reference is valid.
    assert_eq!(unsafe { dangerous(&5) }, 5);
    let mut store = Store {
        count: 1,
        names: vec!["a".to_owned()],
    };
    assert_eq!(store.first().await, "a");
    assert!(store.rename().await.is_some());
    store.rename_now().push('b');
    assert_eq!(store.load_twice().await, Ok(6));
    assert_eq!(store.load_boxed().await, Ok(3));
    assert_eq!(Box::new(store).boxed().count, 0);
}
