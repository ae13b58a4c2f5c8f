//! The telemetry of one message, as text, within a bound.

use super::envelope::{self, Refusal};

/// Collects the value of `otel` and writes what takes its place.
#[derive(Debug)]
pub(super) struct Captured {
    max_bytes: usize,
    text: Vec<u8>,
    /// Bytes of all `otel` of this `_meta`, also of those not kept.
    bytes: u64,
    /// How many `otel` this `_meta` has.
    members: u64,
    /// Whether an earlier `_meta` of the message had telemetry.
    had_telemetry: bool,
}

impl Captured {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            text: Vec::new(),
            bytes: 0,
            members: 0,
            had_telemetry: false,
        }
    }

    /// Starts the value of a member.
    pub(super) fn start(&mut self) {
        self.members = self.members.saturating_add(1);
    }

    /// Takes bytes of the value. What will not be handed on is only counted.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.refusal().is_some() {
            self.text = Vec::new();
            return;
        }
        let length = self.text.len().saturating_add(bytes.len());
        if length > self.text.capacity() {
            let wanted = self.text.capacity().saturating_mul(2);
            let capacity = length.max(wanted.min(self.max_bytes));
            self.text
                .reserve_exact(capacity.saturating_sub(self.text.len()));
        }
        self.text.extend_from_slice(bytes);
    }

    /// Whether this `_meta` has telemetry.
    pub(super) fn is_any(&self) -> bool {
        self.members > 0
    }

    /// Writes the envelope, and starts anew. The number of bytes that the text
    /// takes in `out`, or why it is not there.
    pub(super) fn write(&mut self, out: &mut Vec<u8>) -> Result<usize, Refusal> {
        let written = self.try_write(out);
        if let Err(reason) = written {
            envelope::write_refused(reason, self.bytes, out);
        }
        self.text = Vec::new();
        self.bytes = 0;
        self.members = 0;
        self.had_telemetry = true;
        written
    }

    fn try_write(&self, out: &mut Vec<u8>) -> Result<usize, Refusal> {
        if let Some(reason) = self.refusal() {
            return Err(reason);
        }
        let text = std::str::from_utf8(&self.text).map_err(|_| Refusal::NotUtf8)?;
        // Quotes, backslashes and line ends take two bytes. Control characters
        // take six, but no JSON has them: they are not worth the memory.
        let max_escaped = self.max_bytes.saturating_mul(2);
        envelope::write_lifted(text, max_escaped, out).ok_or(Refusal::TooLarge)
    }

    fn refusal(&self) -> Option<Refusal> {
        if self.members > 1 || self.had_telemetry {
            Some(Refusal::Ambiguous)
        } else if self.bytes > self.max_bytes as u64 {
            Some(Refusal::TooLarge)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(captured: &mut Captured) -> (Result<usize, Refusal>, String) {
        let mut out = Vec::new();
        let result = captured.write(&mut out);
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn keeps_no_more_than_the_bound() {
        for (length, refused) in [(9, false), (10, false), (11, true)] {
            let mut captured = Captured::new(10);
            captured.start();
            for _ in 0..length {
                captured.push(b"1");
            }
            assert!(captured.text.capacity() <= 10);
            let (result, _) = written(&mut captured);
            assert_eq!(result.is_err(), refused, "{length}");
        }
    }

    #[test]
    fn goes_on_counting_over_the_bound() {
        let mut captured = Captured::new(10);
        captured.start();
        for _ in 0..1_000 {
            captured.push(&[b'1'; 1_000]);
            assert_eq!(captured.text.capacity(), 0);
        }
        assert_eq!(
            written(&mut captured).1,
            r#"{"refused":"too_large","bytes":1000000}"#
        );
    }

    #[test]
    fn refuses_bytes_that_are_no_text() {
        let mut captured = Captured::new(10);
        captured.start();
        captured.push(b"\"\xff\"");
        assert_eq!(written(&mut captured).0, Err(Refusal::NotUtf8));
    }

    #[test]
    fn takes_one_member_of_one_message() {
        let mut captured = Captured::new(10);
        captured.start();
        captured.push(b"1");
        captured.start();
        captured.push(b"2");
        assert_eq!(
            written(&mut captured).1,
            r#"{"refused":"ambiguous","bytes":2}"#
        );
        captured.start();
        captured.push(b"3");
        assert_eq!(written(&mut captured).0, Err(Refusal::Ambiguous));
    }
}
