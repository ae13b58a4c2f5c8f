//! One `_meta` object, rewritten member by member.

use super::captured::Captured;
use super::counts::Findings;

/// Bytes of `_meta`, beside the telemetry, that one message may have. Ours:
/// progress tokens, trace context and cache hints take a few hundred, and a
/// peer that parses these as a tree takes some ten times as much memory.
pub(super) const MAX_KEPT_BYTES: usize = 64 * 1024;

/// Levels of nesting below a member of `_meta`. Ours: half of what serde_json
/// reads, so that what rmcp puts around it fits too.
const MAX_DEPTH: u64 = 64;

/// What happens to the members of `_meta`.
#[derive(Debug)]
pub(super) struct Meta {
    telemetry: Captured,
    /// Key and value of the current member, with the quotes of the key.
    key: Vec<u8>,
    value: Vec<u8>,
    /// Members that were kept, each after a comma.
    members: Vec<u8>,
    /// Bytes of all members that were kept, in every `_meta` of the message.
    kept: usize,
    /// Whether the current member is over the bound.
    over: bool,
}

impl Meta {
    pub(super) fn new(max_telemetry_bytes: usize) -> Self {
        Self {
            telemetry: Captured::new(max_telemetry_bytes),
            key: Vec::new(),
            value: Vec::new(),
            members: Vec::new(),
            kept: 0,
            over: false,
        }
    }

    /// Starts a member.
    pub(super) fn start_key(&mut self) {
        self.key.clear();
        self.value.clear();
        self.over = false;
    }

    pub(super) fn push_key(&mut self, bytes: &[u8]) {
        if self.fits(bytes) {
            self.key.extend_from_slice(bytes);
        }
    }

    pub(super) fn push_value(&mut self, bytes: &[u8]) {
        if self.fits(bytes) {
            self.value.extend_from_slice(bytes);
        }
    }

    /// Ends a member that is not telemetry, whose value is nested `depth` deep.
    pub(super) fn end_value(&mut self, depth: u64, findings: &mut Findings) {
        let length = self.key.len().saturating_add(self.value.len());
        if self.over || depth > MAX_DEPTH || !is_decodable(&self.key, &self.value) {
            findings.left_out = findings.left_out.saturating_add(1);
            return;
        }
        self.kept = self.kept.saturating_add(length);
        self.members.push(b',');
        self.members.extend_from_slice(&self.key);
        self.members.push(b':');
        self.members.extend_from_slice(&self.value);
    }

    pub(super) fn start_telemetry(&mut self) {
        self.telemetry.start();
    }

    pub(super) fn push_telemetry(&mut self, bytes: &[u8]) {
        self.telemetry.push(bytes);
    }

    /// Writes the member that `_meta` is, and starts anew: how many bytes of telemetry it has in `out`.
    pub(super) fn write(&mut self, findings: &mut Findings, out: &mut Vec<u8>) -> usize {
        let mut members = std::mem::take(&mut self.members);
        let mut text = 0;
        out.extend_from_slice(b"\"_meta\":{");
        if self.telemetry.is_any() {
            out.extend_from_slice(b"\"otel\":");
            let written = self.telemetry.write(out);
            findings.telemetry(written);
            text = written.unwrap_or(0);
            out.append(&mut members);
        } else {
            out.extend_from_slice(members.get(1..).unwrap_or_default());
        }
        out.push(b'}');
        text
    }

    fn fits(&mut self, bytes: &[u8]) -> bool {
        let length = self
            .kept
            .saturating_add(self.key.len())
            .saturating_add(self.value.len())
            .saturating_add(bytes.len());
        self.over |= length > MAX_KEPT_BYTES;
        !self.over
    }
}

/// Whether serde_json, and so rmcp, reads the member. Both parts are bounded.
fn is_decodable(key: &[u8], value: &[u8]) -> bool {
    serde_json::from_slice::<String>(key).is_ok()
        && serde_json::from_slice::<serde_json::Value>(value).is_ok()
}
