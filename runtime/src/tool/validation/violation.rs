//! What was wrong with a value, in bounded space.

use std::collections::HashSet;
use std::io::{self, Write};

use serde_json::Value;

/// Most violations that are told one by one; the rest are counted.
const MAX_TOLD: usize = 20;
/// Most characters of a name or value that a message repeats.
const MAX_SHOWN_CHARACTERS: usize = 80;
/// Most characters of the path to a value.
const MAX_PATH_CHARACTERS: usize = 300;

/// A step from a value to one inside it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// One violation.
#[derive(Debug)]
pub(crate) struct Violation {
    /// Where: `lines[2].price`; empty for the value itself.
    pub(crate) path: String,
    /// What is wrong: `must be at least 0`.
    pub(crate) text: String,
    /// What was given.
    pub(crate) given: Option<String>,
}

/// The violations of one value.
#[derive(Debug, Default)]
pub(crate) struct Violations<'a> {
    pub(crate) told: Vec<Violation>,
    /// How many more there are.
    pub(crate) more: usize,
    /// The names, of those the schema knows, with a violation at them or inside.
    pub(crate) names: HashSet<&'a str>,
}

impl<'a> Violations<'a> {
    pub(super) fn push(
        &mut self,
        path: &[Step<'a>],
        text: impl FnOnce() -> String,
        given: Option<&Value>,
    ) {
        if let Some(Step::Name(name)) = path.first() {
            self.names.insert(name);
        }
        if self.told.len() >= MAX_TOLD {
            self.more += 1;
            return;
        }
        self.told.push(Violation {
            path: shortened(&written(path), MAX_PATH_CHARACTERS),
            text: text(),
            given: given.map(shown),
        });
    }
}

/// The path as a person writes it.
fn written(path: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Name(name) if is_plain(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Name(name) => {
                let name = shortened(name, MAX_SHOWN_CHARACTERS);
                if text.is_empty() {
                    text.push_str(&name);
                } else {
                    text.push_str(&format!("[{name:?}]"));
                }
            }
        }
    }
    text
}

fn is_plain(name: &str) -> bool {
    (1..=MAX_SHOWN_CHARACTERS).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// A value as JSON, its beginning if it is long. Costs no more than what is shown.
pub(crate) fn shown(value: &Value) -> String {
    let mut start = Start(Vec::new());
    // Ends with an error where the beginning is full.
    let _ = serde_json::to_writer(&mut start, value);
    shortened(&String::from_utf8_lossy(&start.0), MAX_SHOWN_CHARACTERS)
}

/// The beginning of a text.
pub(crate) fn shortened(text: &str, max_characters: usize) -> String {
    match text.char_indices().nth(max_characters) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

struct Start(Vec<u8>);

impl Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // No character has more than four bytes; one more character says that the text goes on.
        let room = (4 * MAX_SHOWN_CHARACTERS + 4).saturating_sub(self.0.len());
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.0.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
