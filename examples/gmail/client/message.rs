//! Messages, as Gmail gives them and as the tools give them on.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::GmailError;

/// A message as `users.messages.list` names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MessageId {
    /// The id, to be read with [`Gmail::message`](super::Gmail::message).
    pub id: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page {
    /// The messages; possibly none, although more pages follow.
    #[serde(default)]
    pub messages: Vec<MessageId>,
    /// What to ask for the next page with, if there is one.
    pub next_page_token: Option<String>,
}

/// A message in the inbox: its headers and the beginning of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Email {
    /// The message's id, as in `gmail://messages/{id}`
    pub id: String,
    /// The sender
    pub from: String,
    /// The recipients
    pub to: String,
    /// The subject
    pub subject: String,
    /// The date, as the sender wrote it
    pub date: String,
    /// The beginning of the text
    pub snippet: String,
    /// Whether the message has not been read yet
    pub unread: bool,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Sent {
    /// The new message's id.
    pub id: String,
    /// The id of its thread.
    pub thread_id: String,
}

impl MessageId {
    /// Takes an id from anywhere; [`Gmail::message`](super::Gmail::message) checks it.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }

    /// The id, if it can stand in a path.
    pub(super) fn checked(&self) -> Result<&str, GmailError> {
        let is_id = (1..=32).contains(&self.id.len())
            && self.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id {
            Ok(&self.id)
        } else {
            Err(GmailError::InvalidId)
        }
    }
}

/// Reads an id as it stands in a resource's URI.
impl FromStr for MessageId {
    type Err = GmailError;

    fn from_str(id: &str) -> Result<Self, GmailError> {
        let id = Self::new(id);
        id.checked()?;
        Ok(id)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    id: String,
    #[serde(default)]
    label_ids: Vec<String>,
    #[serde(default)]
    snippet: String,
    #[serde(default)]
    payload: Payload,
}

#[derive(Debug, Default, Deserialize)]
struct Payload {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Debug, Deserialize)]
struct Header {
    name: String,
    value: String,
}

impl From<Message> for Email {
    fn from(message: Message) -> Self {
        let header = |name: &str| {
            let found = message
                .payload
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name));
            found.map(|header| header.value.clone()).unwrap_or_default()
        };
        Self {
            from: header("From"),
            to: header("To"),
            subject: header("Subject"),
            date: header("Date"),
            snippet: without_entities(&message.snippet),
            unread: message.label_ids.iter().any(|label| label == "UNREAD"),
            id: message.id,
        }
    }
}

/// Gmail's snippets come with HTML entities. `&amp;` goes last, so that nothing is decoded twice.
fn without_entities(snippet: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(snippet.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    })
}
