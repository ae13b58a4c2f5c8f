//! The top-level capability in answers that are bytes already.

use bytes::Bytes;
use serde_json::Value;

use crate::passback::advertise_march;

const EVENT_DATA: &str = "data: ";

/// Edits each `data:` line that holds a whole message; rmcp writes no others.
pub(super) fn edit_events(events: &[u8]) -> Bytes {
    let Ok(text) = std::str::from_utf8(events) else {
        return Bytes::copy_from_slice(events);
    };
    let mut edited = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let message = line.strip_prefix(EVENT_DATA).map(str::trim_end);
        match message.and_then(|message| edit_json(message.as_bytes())) {
            Some(message) => {
                edited.push_str(EVENT_DATA);
                edited.push_str(&message);
                edited.push('\n');
            }
            None => edited.push_str(line),
        }
    }
    Bytes::from(edited)
}

/// The message with the top-level capability, if that changes it.
pub(super) fn edit_json(message: &[u8]) -> Option<String> {
    let mut message: Value = serde_json::from_slice(message).ok()?;
    let changed = advertise_march(message.get_mut("result")?);
    changed.then(|| message.to_string())
}
