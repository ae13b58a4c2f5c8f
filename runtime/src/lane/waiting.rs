//! Spans that wait for their answer.

use std::ops::Range;

use super::placeholder::Placeholder;
use super::splice::Splice;
use crate::passback::{Passback, TRACES_KEY};

/// What stands before the value of a member with [`TRACES_KEY`].
const KEY_BYTES: usize = TRACES_KEY.len() + "\"\":".len();

/// The spans of an answer that has a placeholder for them.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) passback: Passback,
    pub(crate) placeholder: Placeholder,
    /// Keys of the objects that are in the answer only for the placeholder's
    /// sake, from the inside out.
    pub(crate) made: &'static [&'static str],
    /// Bytes that the answer may have with the spans.
    pub(crate) max_answer_bytes: usize,
}

impl Waiting {
    /// Where the placeholder and its key stand in `message`, if they do.
    pub(super) fn find(&self, message: &[u8]) -> Option<Range<usize>> {
        self.placeholder.find(message)
    }

    /// What takes the place of the placeholder, which stands in `message` at
    /// `member`: the spans, or nothing if there is no room for them.
    pub(super) fn join(self, message: &[u8], member: Range<usize>) -> Splice {
        let value = member.start + KEY_BYTES..member.end;
        let others = message.len() - value.len();
        let room_bytes = self.max_answer_bytes.saturating_sub(others);
        match self.passback.assemble(room_bytes) {
            Some(text) => Splice { range: value, text },
            None => Splice {
                range: without_member(message, member, self.made),
                text: Vec::new(),
            },
        }
    }

    /// Counts spans that never join an answer.
    pub(super) fn give_up(self) {
        self.passback.give_up();
    }
}

/// What is taken out of `message` with the member of an object at `member`: its
/// comma, and the objects that would be empty then, as far as they are the values
/// of `made`, from the inside out.
fn without_member(message: &[u8], member: Range<usize>, made: &[&str]) -> Range<usize> {
    let mut before = message.get(..member.start).unwrap_or_default();
    let mut after = message.get(member.end..).unwrap_or_default();
    let mut made = made.iter();
    loop {
        if let Some(rest) = before.strip_suffix(b",") {
            before = rest;
            break;
        }
        if let Some(rest) = after.strip_prefix(b",") {
            after = rest;
            break;
        }
        // Nothing else is in the object.
        let around = made.next().and_then(|key| {
            let before = before.strip_suffix(b"{")?.strip_suffix(b"\":")?;
            let before = before.strip_suffix(key.as_bytes())?.strip_suffix(b"\"")?;
            Some((before, after.strip_prefix(b"}")?))
        });
        match around {
            Some(outer) => (before, after) = outer,
            None => break,
        }
    }
    before.len()..message.len() - after.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_out_a_member_and_what_was_made_for_it() {
        let all = &["otel", "_meta", "data"][..];
        for (message, made, left) in [
            (r#"{"a":1,"_meta":{"otel":{#}}}"#, &all[..2], r#"{"a":1}"#),
            (r#"{"_meta":{"otel":{#}},"a":1}"#, &all[..2], r#"{"a":1}"#),
            (r#"{"_meta":{"otel":{#}}}"#, &all[..2], "{}"),
            (
                r#"{"_meta":{"b":1,"otel":{#}}}"#,
                &all[..1],
                r#"{"_meta":{"b":1}}"#,
            ),
            (r#"{"_meta":{"otel":{#}}}"#, &all[..1], r#"{"_meta":{}}"#),
            (
                r#"{"_meta":{"otel":{#}}}"#,
                &all[..0],
                r#"{"_meta":{"otel":{}}}"#,
            ),
            // Somebody has put more into an object that was made.
            (
                r#"{"_meta":{"otel":{#},"z":1}}"#,
                &all[..2],
                r#"{"_meta":{"z":1}}"#,
            ),
            (
                r#"{"_meta":{"otel":{"z":1,#}}}"#,
                &all[..2],
                r#"{"_meta":{"otel":{"z":1}}}"#,
            ),
            (
                r#"{"_meta":{"otel":{#,"z":1}}}"#,
                &all[..2],
                r#"{"_meta":{"otel":{"z":1}}}"#,
            ),
            (
                r#"{"code":1,"data":{"_meta":{"otel":{#}}}}"#,
                all,
                r#"{"code":1}"#,
            ),
            (
                r#"{"data":{"hint":1,"_meta":{"otel":{#}}}}"#,
                &all[..2],
                r#"{"data":{"hint":1}}"#,
            ),
        ] {
            let member = message.find('#').unwrap();
            let range = without_member(message.as_bytes(), member..member + 1, made);
            let mut message = message.to_owned();
            message.replace_range(range, "");
            assert_eq!(message, left);
        }
    }
}
