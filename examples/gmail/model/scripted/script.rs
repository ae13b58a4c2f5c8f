//! What the scripted model answers.
//!
//! | it reads | it does |
//! |---|---|
//! | a sentence that speaks of mail, or has a Gmail operator | calls `list_emails` with its first number and its operators |
//! | "Send “subject” to name@example.org saying “text”" | calls `send_email` |
//! | what a tool answered | says what came, or what failed |
//! | anything else | says what it can do |

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::server::{Confirmation, Inbox};

const LIST: &str = "list_emails";
const SEND: &str = "send_email";

/// Characters of a tool's answer that are repeated where the script does not know what it is.
const MAX_REPEATED_CHARS: usize = 300;

/// The parts of a message that words such as `from:grace` restrict.
const OPERATORS: [&str; 8] = [
    "from:",
    "to:",
    "subject:",
    "is:",
    "in:",
    "label:",
    "newer_than:",
    "older_than:",
];

/// Words by which a sentence speaks of mail.
const MAIL: [&str; 8] = [
    "email", "emails", "inbox", "mail", "mails", "message", "messages", "unread",
];

const CAPABILITIES: &str = "I am a script, not a model: I can list emails (“List 3 emails from:grace is:unread”) and \
send one (“Send “Lunch?” to grace@example.org saying “At noon?””). With OPENAI_API_KEY a real model answers.";

/// What the scripted model does next.
#[derive(Debug, PartialEq)]
pub(super) enum Reply {
    /// Answers.
    Say(String),
    /// Wants a tool to be called.
    Call {
        tool: &'static str,
        arguments: Map<String, Value>,
    },
}

#[derive(Deserialize)]
struct Request {
    messages: Vec<Message>,
    #[serde(default)]
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Deserialize)]
struct Tool {
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
}

impl Message {
    fn text(&self) -> &str {
        self.content.as_str().unwrap_or_default()
    }
}

/// Decides from the conversation so far, and nothing else.
pub(super) fn reply(request: &Value) -> Reply {
    let Ok(request) = Request::deserialize(request) else {
        return Reply::Say(CAPABILITIES.to_owned());
    };
    let results = request.messages.iter().rev();
    let mut results: Vec<_> = results
        .take_while(|message| message.role == "tool")
        .collect();
    if !results.is_empty() {
        results.reverse();
        let sentences: Vec<_> = results.iter().map(|result| told(result.text())).collect();
        return Reply::Say(sentences.join("\n"));
    }
    let asked = request
        .messages
        .iter()
        .rfind(|message| message.role == "user");
    let sentence = asked.map(Message::text).unwrap_or_default();
    let call = send_arguments(sentence)
        .map(|arguments| (SEND, arguments))
        .or_else(|| speaks_of_mail(sentence).then(|| (LIST, arguments(sentence))));
    match call {
        Some((tool, _))
            if !request
                .tools
                .iter()
                .any(|offered| offered.function.name == tool) =>
        {
            Reply::Say(format!("There is no tool {tool} that I could call."))
        }
        Some((tool, arguments)) => Reply::Call { tool, arguments },
        None => Reply::Say(CAPABILITIES.to_owned()),
    }
}

/// The arguments of `list_emails`, as a sentence has them: its first number, and every word with a Gmail operator. What
/// the sentence does not say is left to the tool.
#[must_use]
pub fn arguments(sentence: &str) -> Map<String, Value> {
    let number = sentence
        .split_whitespace()
        .find_map(|word| word.parse::<u32>().ok());
    let query = sentence
        .split_whitespace()
        .filter(|word| is_operator(word))
        .collect::<Vec<_>>()
        .join(" ");
    let number = number.map(|number| ("max_results".to_owned(), number.into()));
    let query = (!query.is_empty()).then(|| ("query".to_owned(), query.into()));
    number.into_iter().chain(query).collect()
}

fn is_operator(word: &str) -> bool {
    let word = word.strip_prefix('-').unwrap_or(word).to_ascii_lowercase();
    OPERATORS
        .iter()
        .any(|operator| word.len() > operator.len() && word.starts_with(operator))
}

fn speaks_of_mail(sentence: &str) -> bool {
    sentence.split_whitespace().any(|word| {
        let plain = word.trim_matches(|character: char| !character.is_alphanumeric());
        is_operator(word) || MAIL.contains(&plain.to_lowercase().as_str())
    })
}

/// The arguments of `send_email`, if a sentence begins with "send" and has an address and two quotations: subject and
/// text, in this order.
fn send_arguments(sentence: &str) -> Option<Map<String, Value>> {
    let first = sentence.split_whitespace().next()?;
    let [subject, body] = quotations(sentence).try_into().ok()?;
    let outside = sentence.replace(subject, "").replace(body, "");
    let to = outside
        .split_whitespace()
        .map(|word| word.trim_matches(|character: char| !character.is_alphanumeric()))
        .find(|word| word.contains('@'))?;
    let arguments = [("to", to), ("subject", subject), ("body", body)];
    first.eq_ignore_ascii_case("send").then(|| {
        arguments
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into_iter()
            .collect()
    })
}

/// What stands between quotation marks.
fn quotations(sentence: &str) -> Vec<&str> {
    let mut parts = sentence.split(['"', '“', '”']);
    let mut quotations = Vec::new();
    while let (Some(_), Some(quotation)) = (parts.next(), parts.next()) {
        quotations.push(quotation);
    }
    quotations
}

/// A tool's answer in words. The agent tells failures as `{"error": ..}`.
fn told(result: &str) -> String {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Failed { error: String },
        Inbox(Inbox),
        Sent(Confirmation),
    }
    match serde_json::from_str(result) {
        Ok(Told::Failed { error }) => format!("That did not work: {error}"),
        Ok(Told::Inbox(inbox)) => listed(&inbox),
        Ok(Told::Sent(sent)) => format!("Sent; the message is {}.", sent.uri),
        Err(_) => {
            let beginning: String = result.chars().take(MAX_REPEATED_CHARS).collect();
            format!("The tool answered: {beginning}")
        }
    }
}

fn listed(inbox: &Inbox) -> String {
    let found = match inbox.emails.len() {
        0 => return "I found no emails.".to_owned(),
        1 => "I found 1 email:".to_owned(),
        count => format!("I found {count} emails:"),
    };
    let line = |(from, subject): (&str, &str)| format!("\n- {from}: {subject}");
    let emails = inbox.emails.iter();
    let lines = emails.map(|email| line((sender(&email.from), &email.subject)));
    found + &lines.collect::<String>()
}

/// `Grace Hopper` of `Grace Hopper <grace@example.org>`.
fn sender(from: &str) -> &str {
    let name = from
        .split_once('<')
        .map_or(from, |(name, _)| name)
        .trim()
        .trim_matches('"');
    if name.is_empty() { from } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(sentence: &str, tools: &[&str]) -> Reply {
        let tools: Vec<_> = tools
            .iter()
            .map(|name| json!({"type": "function", "function": {"name": name}}))
            .collect();
        let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": sentence}]);
        reply(&json!({"messages": messages, "tools": tools}))
    }

    fn call(tool: &'static str, arguments: &Value) -> Reply {
        let arguments = arguments.as_object().unwrap().clone();
        Reply::Call { tool, arguments }
    }

    #[test]
    fn takes_number_and_search_out_of_the_sentence() {
        for (sentence, expected) in [
            ("List my 3 most recent emails", json!({"max_results": 3})),
            ("What is in my inbox?", json!({})),
            (
                "List 50 emails from:grace -label:travel please",
                json!({"max_results": 50, "query": "from:grace -label:travel"}),
            ),
            (
                "Anything newer_than:3d, from: whom?",
                json!({"query": "newer_than:3d,"}),
            ),
        ] {
            assert_eq!(
                asked(sentence, &[LIST]),
                call(LIST, &expected),
                "{sentence}"
            );
        }
    }

    #[test]
    fn sends_only_what_it_is_plainly_told_to() {
        let mail = json!({"to": "grace@example.org", "subject": "Lunch?", "body": "At noon?"});
        for sentence in [
            "Send “Lunch?” to grace@example.org saying “At noon?”",
            r#"send an email to <grace@example.org>: "Lunch?", "At noon?""#,
        ] {
            assert_eq!(
                asked(sentence, &[LIST, SEND]),
                call(SEND, &mail),
                "{sentence}"
            );
        }
        for sentence in [
            r#"Do not send "Lunch?" to grace@example.org saying "At noon?""#,
            r#"Send "Lunch?" to grace@example.org"#,
            r#"Send "Lunch?" to Grace saying "At noon?""#,
            r#"Send "grace@example.org" "At noon?""#,
            "Send",
        ] {
            assert!(
                matches!(asked(sentence, &[LIST, SEND]), Reply::Say(_)),
                "{sentence}"
            );
        }
    }

    #[test]
    fn says_what_it_can_do_where_it_can_do_nothing() {
        let capabilities = Reply::Say(CAPABILITIES.to_owned());
        assert_eq!(asked("How warm is it?", &[LIST]), capabilities);
        assert_eq!(reply(&json!({"messages": 1})), capabilities);
        let missing = Reply::Say("There is no tool list_emails that I could call.".to_owned());
        assert_eq!(asked("List my emails", &[SEND]), missing);
    }

    #[test]
    fn tells_what_the_tools_answered() {
        let email = json!({
            "id": "1", "from": "Grace Hopper <grace@example.org>", "to": "", "subject": "Found it",
            "date": "", "snippet": "", "unread": true,
        });
        for (results, expected) in [
            (
                vec![json!({"emails": [email]})],
                "I found 1 email:\n- Grace Hopper: Found it",
            ),
            (vec![json!({"emails": []})], "I found no emails."),
            (
                vec![
                    json!({"error": "Gmail answered 500"}),
                    json!({"emails": []}),
                ],
                "That did not work: Gmail answered 500\nI found no emails.",
            ),
            (
                vec![json!({"id": "1", "thread_id": "1", "uri": "gmail://messages/1"})],
                "Sent; the message is gmail://messages/1.",
            ),
            (vec![json!({"rows": 7})], r#"The tool answered: {"rows":7}"#),
        ] {
            let before = [
                json!({"role": "user", "content": "emails"}),
                json!({"role": "assistant"}),
            ];
            let results = results
                .iter()
                .map(|result| json!({"role": "tool", "content": result.to_string()}));
            let messages: Vec<_> = before.into_iter().chain(results).collect();
            assert_eq!(
                reply(&json!({"messages": messages})),
                Reply::Say(expected.to_owned())
            );
        }
    }
}
