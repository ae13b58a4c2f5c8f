//! Keys, compared as JSON means them: `"ot\u0065l"` is `otel`.

/// Decodes a key as its bytes come in, as far as it could be one of the names
/// that are looked for: these are ASCII, and short.
#[derive(Debug, Default)]
pub(super) struct Key {
    name: Vec<u8>,
    escape: Escape,
    other: bool,
}

#[derive(Debug, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    Unicode {
        digits: u8,
        code: u32,
    },
}

impl Key {
    /// Length of the longest name looked for, `serverExecutionTelemetry`.
    pub(super) const MAX_NAME: usize = 24;

    /// Starts the next key.
    pub(super) fn start(&mut self) {
        self.name.clear();
        self.escape = Escape::None;
        self.other = false;
    }

    /// Takes bytes after the opening quote: how many belong to the key, and
    /// whether the closing quote is the last of them.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            match (&mut self.escape, *byte) {
                (Escape::None, b'"') => return (at.saturating_add(1), true),
                (Escape::None, b'\\') => self.escape = Escape::Backslash,
                (Escape::None, plain) => self.push(plain),
                (Escape::Backslash, b'u') => {
                    self.escape = Escape::Unicode { digits: 0, code: 0 };
                }
                (Escape::Backslash, _) => {
                    // No name has a character that is escaped by one letter.
                    self.other = true;
                    self.escape = Escape::None;
                }
                (Escape::Unicode { digits, code }, byte) => {
                    let Some(digit) = char::from(byte).to_digit(16) else {
                        self.other = true;
                        self.escape = Escape::None;
                        if byte == b'"' {
                            return (at.saturating_add(1), true);
                        }
                        continue;
                    };
                    *code = code.wrapping_mul(16).wrapping_add(digit);
                    *digits = digits.saturating_add(1);
                    if *digits == 4 {
                        let decoded = u8::try_from(*code).unwrap_or(u8::MAX);
                        self.escape = Escape::None;
                        self.push(decoded);
                    }
                }
            }
        }
        (bytes.len(), false)
    }

    /// Whether it is none of the names, whatever comes.
    pub(super) fn is_other(&self) -> bool {
        self.other
    }

    /// Whether it is `name`.
    pub(super) fn is(&self, name: &str) -> bool {
        !self.other && self.name == name.as_bytes()
    }

    fn push(&mut self, byte: u8) {
        if byte.is_ascii() && self.name.len() < Self::MAX_NAME {
            self.name.push(byte);
        } else {
            self.other = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Key {
        let mut key = Key::default();
        key.start();
        let mut end = None;
        for (at, byte) in text.bytes().enumerate() {
            if key.feed(&[byte]).1 {
                end = Some(at);
                break;
            }
        }
        assert_eq!(end, Some(text.len() - 1), "{text}");
        key
    }

    #[test]
    fn reads_keys_however_they_are_spelled() {
        for text in [
            r#"otel""#,
            r#"\u006ftel""#,
            r#"ot\u0065l""#,
            r#"\u006F\u0074\u0065\u006c""#,
        ] {
            assert!(read(text).is("otel"), "{text}");
        }
        for text in [
            r#"otel\u0000""#,
            r#"\u016ftel""#,
            r#"\u206ftel""#,
            r#"oteł""#,
            r#"\notel""#,
            r#"otel\"""#,
            r#"otel\\""#,
            r#"\u00""#,
            r#"ote""#,
            r#"""#,
        ] {
            assert!(!read(text).is("otel"), "{text}");
        }
    }

    #[test]
    fn gives_up_on_what_is_longer_than_any_name() {
        for (length, other) in [(23, false), (24, false), (25, true)] {
            let key = read(&("k".repeat(length) + "\""));
            assert_eq!(key.is_other(), other);
        }
    }
}
