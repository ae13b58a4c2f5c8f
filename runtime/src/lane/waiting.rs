//! Spans that wait for their answer.

use super::placeholder::Placeholder;
use crate::passback::{Passback, TRACES_KEY};

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
    pub(super) fn find(&self, message: &[u8]) -> Option<std::ops::Range<usize>> {
        self.placeholder.find(message)
    }

    /// `message` with the spans in the place of the placeholder, which stands at
    /// `member`; without it if there is no room for them.
    pub(super) fn join(self, message: &[u8], member: std::ops::Range<usize>) -> Vec<u8> {
        let before = message.get(..member.start).unwrap_or_default();
        let after = message.get(member.end..).unwrap_or_default();
        let key_bytes = TRACES_KEY.len() + "\"\":".len();
        let others = before.len() + key_bytes + after.len();
        let room_bytes = self.max_answer_bytes.saturating_sub(others);
        let text = self.passback.assemble(room_bytes);
        let (before, after) = match &text {
            Some(_) => (before, after),
            None => without_member(before, after, self.made),
        };
        let text = text.unwrap_or_default();
        // One byte more, for the end of a line.
        let mut joined = Vec::with_capacity(others + text.len() + 1);
        joined.extend_from_slice(before);
        if !text.is_empty() {
            joined.push(b'"');
            joined.extend_from_slice(TRACES_KEY.as_bytes());
            joined.extend_from_slice(b"\":");
            joined.extend_from_slice(text.as_bytes());
        }
        joined.extend_from_slice(after);
        joined
    }

    /// Counts spans that never join an answer.
    pub(super) fn give_up(self) {
        self.passback.give_up();
    }
}

/// What stands around a member of an object, if that is taken out; and with it
/// the objects that would be empty then, as far as they are the values of
/// `made`, from the inside out.
fn without_member<'a>(
    mut before: &'a [u8],
    mut after: &'a [u8],
    made: &[&str],
) -> (&'a [u8], &'a [u8]) {
    let mut made = made.iter();
    loop {
        if let Some(rest) = before.strip_suffix(b",") {
            return (rest, after);
        }
        if let Some(rest) = after.strip_prefix(b",") {
            return (before, rest);
        }
        // Nothing else is in the object.
        let around = made.next().and_then(|key| {
            let before = before.strip_suffix(b"{")?.strip_suffix(b"\":")?;
            let before = before.strip_suffix(key.as_bytes())?.strip_suffix(b"\"")?;
            Some((before, after.strip_prefix(b"}")?))
        });
        match around {
            Some(outer) => (before, after) = outer,
            None => return (before, after),
        }
    }
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
            let (before, after) = message.split_once('#').unwrap();
            let (before, after) = without_member(before.as_bytes(), after.as_bytes(), made);
            let after = std::str::from_utf8(after).unwrap();
            assert_eq!(
                format!("{}{after}", std::str::from_utf8(before).unwrap()),
                left
            );
        }
    }
}
