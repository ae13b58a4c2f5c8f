//! The parts of JSON text, written straight into a buffer of bytes.

/// Bytes that are looked at together.
const BLOCK_BYTES: usize = 16;

/// Adds a text as it stands between the quotes of a string, escaped as
/// `serde_json` does: quotation marks, backslashes and control characters, and
/// nothing else.
pub(super) fn push_text(json: &mut Vec<u8>, text: &str) {
    if needs_escape(text.as_bytes()) {
        push_escaped(json, text);
    } else {
        json.extend_from_slice(text.as_bytes());
    }
}

/// Adds an integer in decimal digits.
pub(super) fn push_integer(json: &mut Vec<u8>, value: impl itoa::Integer) {
    json.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Sixteen hex digits, the highest first.
pub(crate) type HexDigits = [[u8; 8]; 2];

/// A number as lower-case hex digits: a span id, or half of a trace id.
pub(crate) fn hex(number: [u8; 8]) -> HexDigits {
    let number = u64::from_be_bytes(number);
    [number >> 32, number & 0xffff_ffff].map(hex_digits)
}

/// The last eight digits: four bits in each byte of a word.
const fn hex_digits(number: u64) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut bits = number;
    bits = (bits | bits << 16) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits << 8) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let is_letter = (bits + ONES * 6) >> 4 & ONES;
    let digits = bits + ONES * b'0' as u64 + is_letter * (b'a' - b'0' - 10) as u64;
    digits.to_be_bytes()
}

/// Whether `serde_json` escapes the byte. Without branches: so the compiler looks
/// at the bytes of a block together.
const fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

fn needs_escape(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks();
    if let Some(last) = text.last_chunk() {
        // It may begin within the block before.
        return block_needs_escape(last) || blocks.iter().any(block_needs_escape);
    }
    let mut padded = [b' '; BLOCK_BYTES];
    for (padded, byte) in padded.iter_mut().zip(rest) {
        *padded = *byte;
    }
    block_needs_escape(&padded)
}

fn block_needs_escape(block: &[u8; BLOCK_BYTES]) -> bool {
    block.map(is_escaped) != [false; BLOCK_BYTES]
}

#[cold]
fn push_escaped(json: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_escaped) {
        // What is escaped is ASCII: one byte, and a character.
        let (before, from) = rest.split_at(at);
        let (byte, after) = (from.as_bytes().first().copied(), from.get(1..));
        json.extend_from_slice(before.as_bytes());
        let escape: &[u8] = match byte.unwrap_or_default() {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            0x0c => b"\\f",
            b'\r' => b"\\r",
            control => {
                let [.., a, b, c, d] = hex_digits(control.into());
                json.extend_from_slice(&[b'\\', b'u', a, b, c, d]);
                b""
            }
        };
        json.extend_from_slice(escape);
        rest = after.unwrap_or_default();
    }
    json.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(value: &str) -> String {
        let mut json = b"before\"".to_vec();
        push_text(&mut json, value);
        json.push(b'"');
        String::from_utf8(json.split_off("before".len())).unwrap()
    }

    #[test]
    fn every_ascii_character_is_written_as_serde_json_does_wherever_it_stands() {
        for byte in 0..0x80_u8 {
            for (before, after) in
                (0..20).flat_map(|before| (0..10).map(move |after| (before, after)))
            {
                let [before, after] = [before, after].map(|count| "x".repeat(count));
                let value = format!("{before}{}{after}", char::from(byte));
                assert_eq!(string(&value), serde_json::to_string(&value).unwrap());
            }
        }
    }

    #[test]
    fn ids_are_lower_case_hex_digits() {
        for id in [
            0x0123_4567_89ab_cdef_u64,
            0,
            u64::MAX,
            0x0f0f_a9a9_9a9a_0000,
        ] {
            let digits = hex(id.to_be_bytes());
            assert_eq!(digits.as_flattened(), format!("{id:016x}").as_bytes());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_does(
            value in "(\\PC|[\\x00-\\x22\\\\\u{7f}\u{2028}\u{2029}é\u{10ffff}]){0,40}",
        ) {
            prop_assert_eq!(string(&value), serde_json::to_string(&value).unwrap());
        }

        #[test]
        fn any_integer_is_written_in_digits(value in any::<i64>()) {
            let mut json = Vec::new();
            push_integer(&mut json, value);
            prop_assert_eq!(json, value.to_string().into_bytes());
        }
    }
}
