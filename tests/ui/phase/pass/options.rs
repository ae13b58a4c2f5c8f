//! Every option of a phase.
#![deny(warnings)]

use std::fmt;

use glassbox::{ErrorType, PhaseName, phase};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

#[derive(Debug, PartialEq)]
struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl ErrorType for Failed {
    fn error_type(&self) -> &'static str {
        "failed"
    }
}

enum Source {
    Cache,
    Network,
}

impl PhaseName for Source {
    fn phase_name(&self) -> &'static str {
        match self {
            Self::Cache => "load.cache",
            Self::Network => "load.network",
        }
    }
}

#[phase(name = source, kind = client, link = SpanContext::empty_context(), link = [Context::current()])]
fn load(source: Source) -> Result<Vec<u32>, Failed> {
    #[phase(name = if matches!(source, Source::Cache) { "look" } else { "ask" }, ok(load.rows = |rows: &Vec<u32>| rows.len()))]
    let rows = vec![1, 2];
    #[phase(name = dynamic(format!("load.{}", rows.len())), kind = consumer)]
    let more = rows.iter().copied().map(|row| row + 1).collect();
    Ok(more)
}

#[phase("find", err = text, ok(found.id = |id| *id, found.even = |id| id % 2 == 0), app.ids = ids.len())]
async fn find(ids: &[u32]) -> Result<u32, Failed> {
    #[phase("first", err = none)]
    let first = ids.first().ok_or(Failed("none"))?;
    #[phase("kept", err = type, ok(app.value = |value| *value))]
    let kept: Result<u32, Failed> = std::future::ready(Ok(*first)).await;
    #[phase("text", err = text)]
    let text = std::future::ready(kept).await?;
    Ok(text)
}

struct User {
    name: String,
}

#[phase(ok(user.name = |user| &user.name, user.nick = |_| None::<&str>))]
fn user() -> User {
    User {
        name: "a".to_owned(),
    }
}

#[phase(name = "kept".trim_ascii_name())]
fn chosen() {}

trait TrimAsciiName {
    fn trim_ascii_name(&self) -> &'static str;
}

impl TrimAsciiName for str {
    fn trim_ascii_name(&self) -> &'static str {
        "chosen"
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    assert_eq!(load(Source::Cache), Ok(vec![2, 3]));
    assert_eq!(load(Source::Network), Ok(vec![2, 3]));
    assert_eq!(find(&[4]).await, Ok(4));
    assert_eq!(find(&[]).await, Err(Failed("none")));
    assert_eq!(user().name, "a");
    chosen();
    let valid = Context::current().span().span_context().is_valid();
    assert!(!valid);
}
