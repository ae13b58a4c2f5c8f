//! What stands in an answer for spans that join it later.

use std::ops::Range;

use memchr::memmem;
use rmcp::model::JsonObject;
use serde_json::Value;

use crate::passback::TRACES_KEY;

/// Random bytes of a ticket.
const TICKET_BYTES: usize = 16;

const DROPPED_KEY: &str = "droppedSpanCount";
const TICKET_KEY: &str = "placeholder";
const SPANS_KEY: &str = "resourceSpans";
const TRUNCATED_KEY: &str = "truncated";

/// Telemetry without spans that cannot be told apart from other such telemetry
/// but by its ticket, which nobody can guess.
#[derive(Debug)]
pub(crate) struct Placeholder {
    ticket: String,
    asked: usize,
}

impl Placeholder {
    /// Stands for so many spans. `None` if the system has no random numbers.
    pub(crate) fn new(asked: usize) -> Option<Self> {
        let mut ticket = [0; TICKET_BYTES];
        getrandom::fill(&mut ticket).ok()?;
        let ticket = format!("{:032x}", u128::from_ne_bytes(ticket));
        Some(Self { ticket, asked })
    }

    /// The placeholder as it stands in the answer, under [`TRACES_KEY`].
    pub(crate) fn to_value(&self) -> Value {
        // In the order of the alphabet, which is that of a map that is sorted.
        let members = [
            (DROPPED_KEY, Value::from(self.asked)),
            (TICKET_KEY, Value::from(self.ticket.as_str())),
            (SPANS_KEY, Value::Array(Vec::new())),
            (TRUNCATED_KEY, Value::Bool(self.asked > 0)),
        ];
        let members = members.map(|(key, value)| (key.to_owned(), value));
        Value::Object(JsonObject::from_iter(members))
    }

    /// Where it stands in `message` with its key, if it does.
    pub(super) fn find(&self, message: &[u8]) -> Option<Range<usize>> {
        let member = self.to_member();
        let before_ticket = self.to_member_start().len();
        // A needle as short as a ticket is looked for without being prepared.
        memmem::find_iter(message, self.ticket.as_bytes()).find_map(|ticket| {
            let start = ticket.checked_sub(before_ticket)?;
            let range = start..start + member.len();
            (message.get(range.clone())? == member.as_bytes()).then_some(range)
        })
    }

    /// The placeholder with its key, as it is written.
    fn to_member(&self) -> String {
        let start = self.to_member_start();
        let (ticket, truncated) = (&self.ticket, self.asked > 0);
        format!("{start}{ticket}\",\"{SPANS_KEY}\":[],\"{TRUNCATED_KEY}\":{truncated}}}")
    }

    /// The same up to the ticket.
    fn to_member_start(&self) -> String {
        let asked = self.asked;
        format!("\"{TRACES_KEY}\":{{\"{DROPPED_KEY}\":{asked},\"{TICKET_KEY}\":\"")
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
            assert_eq!(written, format!("{{{}}}", placeholder.to_member()));
        }
    }

    #[test]
    fn is_found_with_its_key_and_nowhere_else() {
        let placeholder = Placeholder::new(3).unwrap();
        let member = placeholder.to_member();
        let ticket = &placeholder.ticket;
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
