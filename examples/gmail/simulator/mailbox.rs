//! The mailbox of `ada@example.com`: 26 messages from the two weeks up to 20 November 2026, 09:27 UTC.
//!
//! | what | how many | newest first |
//! |---|---|---|
//! | all | 26 | in the order of the table in this file |
//! | unread (`is:unread`) | 8 | numbers 0, 1, 3, 5, 8, 13, 18, 22 |
//! | from Grace Hopper (`from:grace`) | 4 | numbers 0, 6, 14, 21 |
//! | `label:travel` | 3 | numbers 4, 10, 17 |
//! | sent by Ada (`label:sent`) | 2 | numbers 7, 16 |
//!
//! A message's id is made of its time, as Gmail's are, so ids are the same on every run. Mail that is sent gets the
//! time of the newest message plus one minute: the mailbox has its own clock.

use std::borrow::Cow;

use mail_parser::DateTime;

/// The address that the mailbox belongs to.
pub const ACCOUNT: &str = "ada@example.com";

/// Milliseconds since 1970 of the newest message: 2026-11-20T09:27:00Z.
const NEWEST_MILLIS: i64 = 1_795_166_820_000;
const MINUTE_MILLIS: i64 = 60_000;

/// Characters of a body that Gmail shows as the snippet.
const SNIPPET_CHARS: usize = 120;

/// Minutes before the newest message, labels beside INBOX, sender, subject, body.
type Row = (
    i64,
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
);

const GRACE: &str = "Grace Hopper <grace@example.org>";
const ADA: &str = "Ada Lovelace <ada@example.com>";
const CI: &str = "Build <ci@builds.example.net>";
const RAIL: &str = "Northern Rail <tickets@rail.example.com>";

#[rustfmt::skip]
const ROWS: [Row; 26] = [
    (0, &["UNREAD", "IMPORTANT"], GRACE, "Found the slow call", "The trace is in: three requests where one would do. Have a look before lunch?"),
    (14, &["UNREAD"], CI, "[analytical-engine] Build 1843 passed", "All 312 checks passed in 4 min 11 s."),
    (47, &[], "Charles Babbage <charles@example.org>", "Re: Difference Engine, second quote", "Clement wants paying before he cuts another wheel. I enclose his letter."),
    (126, &["UNREAD", "CATEGORY_PROMOTIONS"], "Paper & Ink <hello@stationery.example.com>", "Ruled notebooks, 3 for 2", "For notes, for Notes, and for Notes on Notes. Until Sunday."),
    (205, &["travel"], RAIL, "Your ticket to Manchester", "Mon 23 Nov, 08:02 from Platform 4, coach C, seat 21. Your booking reference is QX7T2M."),
    (333, &["UNREAD"], "Mary Somerville <mary@example.org>", "Proofs of chapter 4", "The plates came out well. Page 81 has a sign wrong, and I'd like your eye on the rest."),
    (410, &["STARRED"], GRACE, "Talk on Friday?", "Fifteen minutes on compilers. You would go after the break; bring your diagrams."),
    (455, &["SENT"], ADA, "Re: Talk on Friday?", "Gladly. I will bring the diagrams and leave the poetry at home."),
    (760, &["UNREAD"], "Library <notices@library.example.org>", "2 items due on Tuesday", "Memoir on the Analytical Engine; Mechanism of the Heavens. Renew online or at the desk."),
    (1_190, &[], CI, "[analytical-engine] Build 1842 failed", "carriage::carry overflowed in test bernoulli_b8. 1 of 312 checks failed."),
    (1_444, &["travel"], RAIL, "Works on the line this weekend", "Trains after 20:00 on Saturday are replaced by coaches between Leeds and York."),
    (1_901, &[], "Michael Faraday <michael@example.org>", "Lecture notes", "As promised, my notes on induction. The drawings are rough, the results are not."),
    (2_880, &["CATEGORY_UPDATES"], "Bank <statements@bank.example.com>", "Your November statement is ready", "Sign in to read it. We never ask for your password by e-mail."),
    (3_125, &["UNREAD"], "Annabella <annabella@example.net>", "Sunday dinner", "Two o'clock as ever. Bring Babbage if he promises not to talk about organ grinders."),
    (3_977, &[], GRACE, "A nanosecond", "I have cut you a piece of wire 11.8 inches long. Hang it over your desk."),
    (4_402, &["CATEGORY_SOCIAL"], "Calendar <calendar@example.com>", "Reminder: Royal Society, 19:00", "Thursday, Somerset House. The doors close at ten past."),
    (5_333, &["SENT"], ADA, "Note G, corrected", "Attached is the table again, with the sign in the fourth row mended. No more bugs, I hope."),
    (5_801, &["travel"], "Hotel Albion <stay@hotel.example.com>", "Your stay in Manchester", "We expect you on 23 November. Breakfast from 7, a quiet room to the courtyard as you asked."),
    (7_250, &["UNREAD"], "Survey <survey@polls.example.net>", "How did we do?", "It takes two minutes. Well, eleven."),
    (8_640, &[], "Charles Babbage <charles@example.org>", "Difference Engine, second quote", "£ 1,500 for the columns alone. I shall write to the Treasury again."),
    (10_111, &[], "Augustus De Morgan <augustus@example.org>", "Problem set 7", "You will find the third one worth an evening. Do not look at the hint."),
    (11_520, &["IMPORTANT"], GRACE, "Code review: loop unrolling", "It reads well. One question on line 40: why fetch each card on its own?"),
    (12_960, &["UNREAD"], "Luigi Menabrea <luigi@example.org>", "Ringraziamenti", "La traduzione è più lunga del testo, e molto migliore. Grazie di cuore."),
    (14_400, &[], CI, "[analytical-engine] Build 1841 passed", "All 311 checks passed in 4 min 09 s."),
    (17_280, &["CATEGORY_PROMOTIONS"], "Loom & Co <news@looms.example.com>", "Jacquard cards, now in boxes of 1,000", "Pre-cut, numbered, and strung in order. Free delivery over 5,000 cards."),
    (20_100, &["STARRED"], "Mary Somerville <mary@example.org>", "Introduction: Mr Babbage", "You two should talk. He has built a machine, and has nobody to tell him what it is for."),
];

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// 16 hex digits.
    pub id: String,
    /// The id of the thread; every message is the only one of its own.
    pub thread_id: String,
    /// Gmail's `labelIds`.
    pub labels: Vec<Cow<'static, str>>,
    /// Headers by name, in order.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body as plain text.
    pub body: String,
    /// When it arrived, in milliseconds since 1970.
    pub internal_date: i64,
}

impl Message {
    fn seeded(&(minutes, labels, from, subject, body): &Row) -> Self {
        let sent = labels.contains(&"SENT");
        let to = if sent { GRACE } else { ADA };
        let mut label_ids: Vec<Cow<'static, str>> =
            labels.iter().map(|&label| label.into()).collect();
        if !sent {
            label_ids.push("INBOX".into());
        }
        Self::new(
            NEWEST_MILLIS - minutes * MINUTE_MILLIS,
            label_ids,
            from,
            to,
            subject,
            body,
        )
    }

    fn new(
        internal_date: i64,
        labels: Vec<Cow<'static, str>>,
        from: &str,
        to: &str,
        subject: &str,
        body: &str,
    ) -> Self {
        let id = format!("{:016x}", internal_date << 20);
        let date = DateTime::from_timestamp(internal_date / 1000).to_rfc822();
        Self {
            headers: vec![
                ("Date".into(), date),
                ("From".into(), from.to_owned()),
                ("To".into(), to.to_owned()),
                ("Subject".into(), subject.to_owned()),
                ("Message-ID".into(), format!("<{id}@mail.example.com>")),
            ],
            thread_id: id.clone(),
            id,
            labels,
            body: body.to_owned(),
            internal_date,
        }
    }

    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether the message has a label, whatever its case.
    #[must_use]
    pub fn has_label(&self, label: &str) -> bool {
        self.labels
            .iter()
            .any(|own| own.eq_ignore_ascii_case(label))
    }

    /// The beginning of the body in HTML entities, as Gmail gives it.
    #[must_use]
    pub fn snippet(&self) -> String {
        let words = self.body.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut snippet = String::with_capacity(SNIPPET_CHARS);
        for character in words.chars().take(SNIPPET_CHARS) {
            match character {
                '&' => snippet.push_str("&amp;"),
                '<' => snippet.push_str("&lt;"),
                '>' => snippet.push_str("&gt;"),
                '"' => snippet.push_str("&quot;"),
                '\'' => snippet.push_str("&#39;"),
                _ => snippet.push(character),
            }
        }
        snippet
    }

    /// The message as RFC 2822.
    #[must_use]
    pub fn raw(&self) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("{headers}\r\n{}", self.body)
    }
}

/// A mail to be sent, as read from RFC 2822.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// The sender.
    pub from: String,
    /// The recipients, separated by commas.
    pub to: String,
    /// The decoded subject.
    pub subject: String,
    /// The body as plain text.
    pub body: String,
}

/// All messages of the account, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    messages: Vec<Message>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            messages: ROWS.iter().map(Message::seeded).collect(),
        }
    }
}

impl Mailbox {
    /// The messages, newest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The message with an id, and its place in the mailbox.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<(usize, &Message)> {
        self.messages
            .iter()
            .enumerate()
            .find(|(_, message)| message.id.eq_ignore_ascii_case(id))
    }

    /// The time of the newest message, in milliseconds since 1970: the mailbox' own clock.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.messages
            .first()
            .map_or(NEWEST_MILLIS, |newest| newest.internal_date)
    }

    /// Adds a mail as its sender sees it, and for the account itself also as received.
    pub fn send(&mut self, mail: &Outgoing) -> Message {
        let mut labels: Vec<Cow<'static, str>> = vec!["SENT".into()];
        if mail.to.to_ascii_lowercase().contains(ACCOUNT) {
            labels.extend(["INBOX".into(), "UNREAD".into()]);
        }
        let now = self.now() + MINUTE_MILLIS;
        let message = Message::new(now, labels, &mail.from, &mail.to, &mail.subject, &mail.body);
        self.messages.insert(0, message.clone());
        message
    }
}
