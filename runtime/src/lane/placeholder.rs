//! What stands in an answer for spans that join it later.

use std::ops::Range;

use memchr::memmem;
use rmcp::model::JsonObject;
use serde_json::Value;

use crate::passback::TRACES_KEY;
use crate::passback::json::hex;

/// Random bytes of a ticket.
const TICKET_BYTES: usize = 16;

/// Bytes that a placeholder takes with its key, at most.
const MAX_MEMBER_BYTES: usize = 160;

const DROPPED_KEY: &str = "droppedSpanCount";
const TICKET_KEY: &str = "placeholder";
const SPANS_KEY: &str = "resourceSpans";
const TRUNCATED_KEY: &str = "truncated";

/// Telemetry without spans that cannot be told apart from other such telemetry
/// but by its ticket, which nobody can guess.
#[derive(Debug)]
pub(crate) struct Placeholder {
    asked: usize,
    /// The placeholder with its key, as it is written.
    member: String,
    /// Where the ticket stands in it.
    ticket: Range<usize>,
}

impl Placeholder {
    /// Stands for so many spans. `None` if the system has no random numbers.
    pub(crate) fn new(asked: usize) -> Option<Self> {
        let mut random = [[0; 8]; TICKET_BYTES / 8];
        getrandom::fill(random.as_flattened_mut()).ok()?;
        let mut member = String::with_capacity(MAX_MEMBER_BYTES);
        let mut count = itoa::Buffer::new();
        let count = count.format(asked);
        #[rustfmt::skip]
        member.extend(["\"", TRACES_KEY, "\":{\"", DROPPED_KEY, "\":", count, ",\"", TICKET_KEY, "\":\""]);
        let start = member.len();
        for half in random.map(hex) {
            member.push_str(std::str::from_utf8(half.as_flattened()).ok()?);
        }
        let ticket = start..member.len();
        let truncated = if asked > 0 { "true" } else { "false" };
        #[rustfmt::skip]
        member.extend(["\",\"", SPANS_KEY, "\":[],\"", TRUNCATED_KEY, "\":", truncated, "}"]);
        Some(Self {
            asked,
            member,
            ticket,
        })
    }

    /// The placeholder as it stands in the answer, under [`TRACES_KEY`].
    pub(crate) fn to_value(&self) -> Value {
        // In the order of the alphabet, which is that of a map that is sorted.
        let members = [
            (DROPPED_KEY, Value::from(self.asked)),
            (TICKET_KEY, Value::from(self.ticket())),
            (SPANS_KEY, Value::Array(Vec::new())),
            (TRUNCATED_KEY, Value::Bool(self.asked > 0)),
        ];
        let members = members.map(|(key, value)| (key.to_owned(), value));
        Value::Object(JsonObject::from_iter(members))
    }

    /// Where it stands in `message` with its key, if it does.
    pub(super) fn find(&self, message: &[u8]) -> Option<Range<usize>> {
        let member = self.member.as_bytes();
        // A needle as short as a ticket is looked for without being prepared.
        memmem::find_iter(message, self.ticket()).find_map(|ticket| {
            let start = ticket.checked_sub(self.ticket.start)?;
            let range = start..start + member.len();
            (message.get(range.clone())? == member).then_some(range)
        })
    }

    fn ticket(&self) -> &str {
        self.member.get(self.ticket.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn is_written_as_it_is_looked_for() {
        for asked in [0, 1, usize::MAX] {
            let placeholder = Placeholder::new(asked).unwrap();
            let written = json!({ TRACES_KEY: placeholder.to_value() }).to_string();
            assert_eq!(written, format!("{{{}}}", placeholder.member));
            assert!(written.len() <= MAX_MEMBER_BYTES);
        }
    }

    #[test]
    fn is_found_with_its_key_and_nowhere_else() {
        let placeholder = Placeholder::new(3).unwrap();
        let (member, ticket) = (&placeholder.member, placeholder.ticket());
        let message = format!("{ticket}{{\"a\":\"{ticket}\",{member}}}");
        let found = placeholder.find(message.as_bytes()).unwrap();
        assert_eq!(message.get(found), Some(member.as_str()));
        let another = member.replace(":3,", ":4,");
        for message in [
            "",
            ticket,
            &format!("{{{another}}}"),
            &member[..member.len() - 1],
        ] {
            assert_eq!(placeholder.find(message.as_bytes()), None, "{message}");
        }
    }

    #[test]
    fn is_honest_telemetry_and_never_the_same() {
        let [mut one, mut other] = [(); 2].map(|()| Placeholder::new(3).unwrap().to_value());
        let tickets = [&mut one, &mut other].map(|value| value[TICKET_KEY].take());
        assert_ne!(tickets[0], tickets[1]);
        assert_eq!(tickets[0].as_str().unwrap().len(), 2 * TICKET_BYTES);
        let honest = json!({"resourceSpans": [], "truncated": true, "droppedSpanCount": 3,
            "placeholder": null});
        assert_eq!(one, honest);
    }
}
