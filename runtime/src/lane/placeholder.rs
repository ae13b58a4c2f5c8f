//! What stands in an answer for spans that join it later.

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

    /// The placeholder with its key, as it is written.
    pub(super) fn to_member(&self) -> String {
        let Self { ticket, asked } = self;
        let truncated = *asked > 0;
        format!(
            "\"{TRACES_KEY}\":{{\"{DROPPED_KEY}\":{asked},\"{TICKET_KEY}\":\"{ticket}\",\
             \"{SPANS_KEY}\":[],\"{TRUNCATED_KEY}\":{truncated}}}"
        )
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
