//! Span trees as text for people.
//!
//! Pure and deterministic: a tree, its findings and a width go in, text comes out. Spans come from somebody else's
//! server, so their text passes [`printable`] before it gets near a terminal.
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
mod label;
mod printable;
mod text;
mod timeline;

pub use duration::duration_text;
pub use printable::{printable, width};
pub use text::{DEFAULT_MAX_LINES, DEFAULT_WIDTH, MIN_WIDTH, TextOptions, text};
