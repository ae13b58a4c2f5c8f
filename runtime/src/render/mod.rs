//! Span trees for people, as text and as a page, and for programs as JSON.
//!
//! Pure and deterministic: a tree, its findings and options go in, text comes out. Spans come from somebody else's
//! server, so their text passes [`printable`] before it gets near a terminal or a page.
//!
//! ```
//! use glassbox::analysis::{SpanTree, findings};
//! use glassbox::render::{TextOptions, text};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tree = SpanTree::from_otlp(&serde_json::json!({"resourceSpans": []}))?;
//! assert_eq!(text(&tree, &findings(&tree), &TextOptions::default()), "");
//! # Ok(())
//! # }
//! ```

mod duration;
mod escape;
mod html;
mod json;
mod label;
mod pool;
mod printable;
mod text;
mod timeline;

pub use duration::duration_text;
pub use html::{
    HtmlOptions, MAX_DETAIL_BYTES, MAX_FINDINGS, MAX_NAME_CHARS, MAX_TABLE_ROWS, MAX_TEXT_CHARS,
    html,
};
pub use json::{JSON_VERSION, json};
#[cfg(feature = "testing")]
pub(crate) use label::{CONVENTIONS, kind_text};
pub use printable::{printable, width};
pub use text::{DEFAULT_MAX_LINES, DEFAULT_WIDTH, MIN_WIDTH, TextOptions, text};
