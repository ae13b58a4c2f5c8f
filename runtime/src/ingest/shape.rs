//! The shape of a JSON text, from its brackets and quotes alone.

/// How deep and how long-worded a JSON text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Levels of objects and arrays.
    pub(super) nesting: usize,
    /// Bytes of the longest string, as written.
    pub(super) longest_string_bytes: usize,
    /// Objects, of whatever depth: what they become in memory is far larger than an empty one as text.
    pub(super) objects: usize,
}

impl Shape {
    /// Looks at a text that is known to be JSON.
    pub(super) fn of(json: &str) -> Self {
        let mut shape = Self::default();
        let mut nesting = 0_usize;
        let mut string: Option<usize> = None;
        let mut escaped = false;
        for byte in json.bytes() {
            if let Some(length) = &mut string {
                match byte {
                    b'"' if !escaped => {
                        shape.longest_string_bytes = shape.longest_string_bytes.max(*length);
                        string = None;
                    }
                    _ => {
                        escaped = byte == b'\\' && !escaped;
                        *length += 1;
                    }
                }
                continue;
            }
            match byte {
                b'"' => string = Some(0),
                b'{' | b'[' => {
                    shape.objects += usize::from(byte == b'{');
                    nesting += 1;
                    shape.nesting = shape.nesting.max(nesting);
                }
                b'}' | b']' => nesting = nesting.saturating_sub(1),
                _ => {}
            }
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_levels_bytes_of_strings_and_objects() {
        for (json, nesting, longest_string_bytes, objects) in [
            ("3", 0, 0, 0),
            (r#"{"a":[{},{"bc":[]}]}"#, 4, 2, 3),
            (r#"["{[[", "\"[", "\\", []]"#, 2, 3, 0),
            (r#"["é\u0000"]"#, 1, 8, 0),
        ] {
            let expected = Shape {
                nesting,
                longest_string_bytes,
                objects,
            };
            assert_eq!(Shape::of(json), expected, "{json}");
        }
    }
}
