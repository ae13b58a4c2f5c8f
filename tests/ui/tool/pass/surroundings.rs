//! Where tools stand, and what else stands on them.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    unreachable_pub,
    unused_qualifications,
    unused_results
)]

use std::error::Error;

use glassbox::{Server, mcp_tool, mcp_tools};

macro_rules! tool {
    ($name:ident, $ty:ty, $default:literal) => {
        /// Says what it is given.
        #[mcp_tool]
        fn $name(#[arg(default = $default)] value: $ty) -> $ty {
            value
        }
    };
}

tool!(number, u32, 1);
tool!(word, String, "a");

#[cfg(any())]
#[mcp_tool]
fn left_out(borrowed: &str) -> u32 {}

#[mcp_tool]
#[cfg(any())]
fn left_out(missing: Missing) -> u32 {}

#[cfg_attr(all(), mcp_tool)]
fn conditional() -> u32 {
    1
}

/// An old one.
#[mcp_tool]
#[deprecated = "call `number`"]
fn old(count: u32) -> u32 {
    count
}

struct Mail;

#[mcp_tools]
impl Mail {
    /// An old one.
    #[mcp_tool]
    #[deprecated]
    #[must_use]
    #[inline]
    fn count(&self) -> u32 {
        1
    }
}

/// Fails with whatever there is.
#[mcp_tool]
async fn read(path: String) -> Result<String, Box<dyn Error>> {
    Ok(std::fs::read_to_string(path)?)
}

#[mcp_tool]
fn unread(_unused: u32, mut counted: u32) -> u32 {
    counted += 1;
    counted
}

fn main() {
    #[mcp_tool]
    fn inner(count: u32) -> u32 {
        count
    }
    let server = Server::builder("mail", "1.0.0")
        .tool::<number>()
        .tool::<word>()
        .tool::<conditional>()
        .tool::<old>()
        .tool::<read>()
        .tool::<unread>()
        .tool::<inner>()
        .tools(Mail)
        .build();
    assert!(server.is_ok());
    assert_eq!(inner(3), 3);
}
