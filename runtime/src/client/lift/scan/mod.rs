//! One JSON-RPC message on its way to rmcp.

#[cfg(test)]
mod tests;

use super::counts::Findings;
use super::key::Key;
use super::meta::Meta;
use super::value::{Value, is_whitespace};
use crate::passback::{MARCH_CAPABILITY, OTEL_KEY};

const META_KEY: &str = "_meta";

/// Bytes held until a key is known, over which whitespace is dropped. Ours:
/// the longest key takes 144 if all of it is escaped.
const MAX_HELD: usize = 256;

/// Writes a message on as its bytes come in, with the telemetry replaced.
///
/// Holds the telemetry up to its bound, the small members of `_meta`, and a few
/// bytes of a key that may yet turn out to be `_meta`: nothing else,
/// however long the message is.
#[derive(Debug)]
pub(super) struct Lifter {
    max_telemetry_bytes: usize,
    place: Place,
    state: State,
    sink: Sink,
    key: Key,
    value: Value,
    meta: Meta,
    /// A comma, whitespace and a key, while they may have to be left out.
    held: Vec<u8>,
    holding: bool,
    /// Whether the next comma goes with a first member that was left out.
    skips_comma: bool,
    /// Whether the current object has a `_meta` already. It is written where the object ends: until then there may be
    /// another one.
    has_meta: bool,
    findings: Findings,
    telemetry_len: usize,
}

/// The objects whose members matter. Each has one way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Message,
    Result,
    ResultMeta,
    Capabilities,
    Error,
    Data,
    DataMeta,
}

impl Place {
    fn parent(self) -> Option<Self> {
        match self {
            Self::Message => None,
            Self::Result | Self::Error => Some(Self::Message),
            Self::ResultMeta | Self::Capabilities => Some(Self::Result),
            Self::Data => Some(Self::Error),
            Self::DataMeta => Some(Self::Data),
        }
    }

    fn is_meta(self) -> bool {
        matches!(self, Self::ResultMeta | Self::DataMeta)
    }

    /// Where `_meta` is looked for.
    fn has_meta(self) -> bool {
        matches!(self, Self::Result | Self::Data)
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the message.
    Start,
    /// Between the members of an object.
    Members,
    Key,
    Colon,
    /// Before a value.
    BeforeValue,
    Value,
    /// After the message, or in what is none.
    Verbatim,
}

/// Where the bytes of a value go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Out,
    Nowhere,
    Member,
    Telemetry,
}

impl Lifter {
    pub(super) fn new(max_telemetry_bytes: usize) -> Self {
        Self {
            max_telemetry_bytes,
            place: Place::Message,
            state: State::Start,
            sink: Sink::Out,
            key: Key::default(),
            value: Value::default(),
            meta: Meta::new(max_telemetry_bytes),
            held: Vec::new(),
            holding: false,
            skips_comma: false,
            has_meta: false,
            findings: Findings::default(),
            telemetry_len: 0,
        }
    }

    /// Takes bytes of the message, and appends to `out` what rmcp may see.
    pub(super) fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some(&first) = bytes.first() {
            let used = match self.state {
                State::Start => self.start(first, out),
                State::Members => self.between_members(first, bytes, out),
                State::Key => self.read_key(bytes, out),
                State::Colon => self.after_key(first, out),
                State::BeforeValue => self.before_value(first, out),
                State::Value => self.read_value(bytes, out),
                State::Verbatim => {
                    out.extend_from_slice(bytes);
                    bytes.len()
                }
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    /// Ends the message, and begins the next one.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Findings {
        self.release(out);
        let findings = self.findings;
        *self = Self::new(self.max_telemetry_bytes);
        findings
    }

    /// Bytes of the output so far that are telemetry.
    pub(super) fn telemetry_len(&self) -> usize {
        self.telemetry_len
    }

    fn start(&mut self, first: u8, out: &mut Vec<u8>) -> usize {
        match first {
            b'{' => self.state = State::Members,
            // Whitespace, or a byte of a byte order mark: rmcp skips it.
            0xEF | 0xBB | 0xBF => {}
            byte if is_whitespace(byte) => {}
            _ => self.state = State::Verbatim,
        }
        out.push(first);
        1
    }

    fn between_members(&mut self, first: u8, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        match first {
            b'"' => {
                self.key.start();
                self.state = State::Key;
                if self.place.has_meta() {
                    self.holding = true;
                }
                if self.place.is_meta() {
                    self.meta.start_key();
                }
                self.put_key(b"\"", out);
                1
            }
            b',' if self.place.is_meta() => 1,
            b',' if self.skips_comma => {
                self.skips_comma = false;
                1
            }
            b',' => {
                self.release(out);
                self.holding = self.place.has_meta();
                self.put_key(b",", out);
                1
            }
            b'}' => {
                self.release(out);
                self.close(out);
                1
            }
            byte if is_whitespace(byte) => {
                let used = bytes
                    .iter()
                    .position(|byte| !is_whitespace(*byte))
                    .unwrap_or(bytes.len());
                self.put_whitespace(bytes.get(..used).unwrap_or_default(), out);
                used
            }
            _ => self.give_up(out),
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let is_meta = self.place.is_meta();
        if self.place.has_meta() && self.has_meta {
            self.write_meta(out);
        }
        if !is_meta {
            out.push(b'}');
            self.skips_comma = false;
        }
        match self.place.parent() {
            Some(parent) => self.place = parent,
            None => self.state = State::Verbatim,
        }
    }

    /// Writes the `_meta` of the current object behind its other members.
    fn write_meta(&mut self, out: &mut Vec<u8>) {
        // A comma is still to be skipped if nothing is before it.
        if !self.skips_comma {
            out.push(b',');
        }
        let written = self.meta.write(&mut self.findings, out);
        self.telemetry_len = self.telemetry_len.saturating_add(written);
        self.has_meta = false;
    }

    fn read_key(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let (used, ended) = self.key.feed(bytes);
        // A name that is looked for is short, also where it is spelled in
        // escapes: what is held stays small.
        if self.key.is_other() {
            self.release(out);
        }
        self.put_key(bytes.get(..used).unwrap_or_default(), out);
        if ended {
            if !self.key.is(META_KEY) {
                self.release(out);
            }
            self.state = State::Colon;
        }
        used
    }

    fn after_key(&mut self, first: u8, out: &mut Vec<u8>) -> usize {
        match first {
            b':' => {
                self.state = State::BeforeValue;
                if !self.place.is_meta() {
                    self.put_key(b":", out);
                }
                1
            }
            byte if is_whitespace(byte) => {
                self.put_whitespace(&[byte], out);
                1
            }
            _ => self.give_up(out),
        }
    }

    fn before_value(&mut self, first: u8, out: &mut Vec<u8>) -> usize {
        if is_whitespace(first) {
            self.put_whitespace(&[first], out);
            return 1;
        }
        if let Some(place) = self.object(first) {
            self.state = State::Members;
            if place.is_meta() {
                self.leave_out();
                self.has_meta = true;
            } else {
                self.release(out);
                out.push(first);
            }
            self.place = place;
            if place.has_meta() {
                self.has_meta = false;
                self.skips_comma = false;
            }
            return 1;
        }
        self.sink = match self.place {
            Place::ResultMeta | Place::DataMeta if self.key.is(OTEL_KEY) => {
                self.meta.start_telemetry();
                Sink::Telemetry
            }
            Place::ResultMeta | Place::DataMeta => Sink::Member,
            // `null` says the same as no `_meta`.
            Place::Result | Place::Data if self.key.is(META_KEY) && first == b'n' => {
                self.leave_out();
                Sink::Nowhere
            }
            // With such a `_meta` rmcp could not decode the result. It may have held telemetry, or be meant as such.
            Place::Result | Place::Data if self.key.is(META_KEY) => {
                self.leave_out();
                self.has_meta = true;
                self.meta.start_telemetry();
                Sink::Telemetry
            }
            Place::Capabilities if self.key.is(MARCH_CAPABILITY) => {
                let seen = &mut self.findings.march_advertisements;
                *seen = seen.saturating_add(1);
                Sink::Out
            }
            _ => Sink::Out,
        };
        self.value = Value::default();
        self.state = State::Value;
        0
    }

    /// The object that begins here, if its members matter.
    fn object(&self, first: u8) -> Option<Place> {
        if first != b'{' {
            return None;
        }
        match self.place {
            Place::Message if self.key.is("result") => Some(Place::Result),
            Place::Message if self.key.is("error") => Some(Place::Error),
            Place::Error if self.key.is("data") => Some(Place::Data),
            Place::Result if self.key.is("capabilities") => Some(Place::Capabilities),
            Place::Result if self.key.is(META_KEY) && !self.has_meta => Some(Place::ResultMeta),
            Place::Data if self.key.is(META_KEY) && !self.has_meta => Some(Place::DataMeta),
            _ => None,
        }
    }

    /// Leaves out a `_meta` here.
    fn leave_out(&mut self) {
        self.skips_comma = self.held.first() != Some(&b',');
        self.held.clear();
        self.holding = false;
    }

    fn read_value(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let (used, ended) = self.value.feed(bytes);
        let part = bytes.get(..used).unwrap_or_default();
        match self.sink {
            Sink::Out => out.extend_from_slice(part),
            Sink::Nowhere => {}
            Sink::Member => self.meta.push_value(part),
            Sink::Telemetry => self.meta.push_telemetry(part),
        }
        if ended {
            if self.sink == Sink::Member {
                let depth = self.value.deepest();
                self.meta.end_value(depth, &mut self.findings);
            }
            self.state = State::Members;
        }
        used
    }

    /// Not JSON: the rest passes as it is.
    fn give_up(&mut self, out: &mut Vec<u8>) -> usize {
        self.release(out);
        // What comes must not be taken for something that belongs where `_meta` is missing.
        if self.place.is_meta() {
            out.extend_from_slice(b",\"_meta\":{");
        }
        self.state = State::Verbatim;
        0
    }

    /// Bytes of a key, with what is around it.
    fn put_key(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.place.is_meta() {
            self.meta.push_key(bytes);
        } else if self.holding {
            self.held.extend_from_slice(bytes);
        } else {
            out.extend_from_slice(bytes);
        }
    }

    /// Whitespace between tokens. It means nothing, so that what cannot be held
    /// can be dropped.
    fn put_whitespace(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.place.is_meta() {
            return;
        }
        if !self.holding {
            out.extend_from_slice(bytes);
            return;
        }
        let room = MAX_HELD.saturating_sub(self.held.len());
        let held = bytes.get(..room).unwrap_or(bytes);
        self.held.extend_from_slice(held);
    }

    /// Writes what was held: it stays.
    fn release(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        self.holding = false;
    }
}
