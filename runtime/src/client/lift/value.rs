//! Where a JSON value ends, without understanding it.

/// Finds the end of one value, whose bytes come in any number of pieces.
///
/// Brackets are counted, not matched: a value that is not JSON ends somewhere
/// too, and this needs no stack, however deep the nesting is.
#[derive(Debug, Default)]
pub(super) struct Value {
    depth: u64,
    deepest: u64,
    within: Within,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    /// Before the first byte.
    #[default]
    Nothing,
    /// A number, `true`, or whatever else has neither quotes nor brackets.
    Scalar,
    /// Between the tokens of an array or an object.
    Brackets,
    Text,
    /// Text, after a backslash.
    Escape,
}

impl Value {
    /// How many brackets were open at once.
    pub(super) fn deepest(&self) -> u64 {
        self.deepest
    }

    /// Takes bytes: how many belong to the value, and whether it ends there.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> (usize, bool) {
        // A local copy: this loop is the cost of every answer.
        let mut within = self.within;
        let mut depth = self.depth;
        let mut end = None;
        for (at, byte) in bytes.iter().enumerate() {
            match within {
                Within::Text => match byte {
                    b'"' if depth == 0 => {
                        end = Some(at.saturating_add(1));
                        break;
                    }
                    b'"' => within = Within::Brackets,
                    b'\\' => within = Within::Escape,
                    _ => {}
                },
                Within::Brackets => match byte {
                    b'"' => within = Within::Text,
                    b'{' | b'[' => {
                        depth = depth.saturating_add(1);
                        self.deepest = self.deepest.max(depth);
                    }
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            end = Some(at.saturating_add(1));
                            break;
                        }
                    }
                    _ => {}
                },
                Within::Escape => within = Within::Text,
                Within::Nothing => match byte {
                    b'"' => within = Within::Text,
                    b'{' | b'[' => {
                        within = Within::Brackets;
                        depth = 1;
                        self.deepest = 1;
                    }
                    byte if ends_scalar(*byte) => {
                        end = Some(at);
                        break;
                    }
                    _ => within = Within::Scalar,
                },
                Within::Scalar => {
                    if ends_scalar(*byte) {
                        end = Some(at);
                        break;
                    }
                }
            }
        }
        self.within = within;
        self.depth = depth;
        (end.unwrap_or(bytes.len()), end.is_some())
    }
}

/// What follows a number, a literal, or a value that is missing.
fn ends_scalar(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']') || is_whitespace(byte)
}

/// Whitespace, as JSON has it.
pub(super) fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_every_kind_of_value_in_any_pieces() {
        for (text, rest) in [
            ("1", ", 2"),
            ("-1e999", "}"),
            ("true", " "),
            ("", "]"),
            ("", ","),
            (r#""""#, "\""),
            (r#""a\"b\\""#, "\""),
            (r#""}]{[""#, "}"),
            ("[]", "]"),
            ("{}", "}"),
            (r#"{"a":[1,{"]":"\"}"}]}"#, "}}"),
            ("[}", "}"),
        ] {
            let whole = format!("{text}{rest}");
            for size in 1..=whole.len() {
                let mut value = Value::default();
                let mut used = 0;
                for piece in whole.as_bytes().chunks(size) {
                    let (count, ended) = value.feed(piece);
                    used += count;
                    if ended {
                        break;
                    }
                }
                assert_eq!(whole.get(..used), Some(text), "{whole} by {size}");
            }
        }
    }

    #[test]
    fn counts_the_deepest_nesting() {
        let mut value = Value::default();
        let text = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(value.feed(text.as_bytes()), (2_000_000, true));
        assert_eq!(value.deepest(), 1_000_000);
    }
}
