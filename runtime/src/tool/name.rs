//! The name of a tool, by the rules of MCP.

/// MCP, Tools, Tool Names: 1 to 128 characters of `A-Z`, `a-z`, `0-9`, `_`, `-`
/// and `.`.
const MAX_CHARS: usize = 128;

/// Checks a name that was put together at run time; those that are written are
/// checked by the macro.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(wrong) = name.chars().find(|c| !is_allowed(c)) {
        return Err(format!(
            "contains {wrong:?}; MCP allows ASCII letters, digits, `_`, `-` and `.`"
        ));
    }
    match name.len() {
        0 => Err("is empty; MCP wants 1 to 128 characters".to_owned()),
        1..=MAX_CHARS => Ok(()),
        length => Err(format!("has {length} characters; MCP allows {MAX_CHARS}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded() {
        assert!(check_name("").is_err());
        assert!(check_name("a").is_ok());
        assert!(check_name(&"a".repeat(127)).is_ok());
        assert!(check_name(&"a".repeat(128)).is_ok());
        let mistake = check_name(&"a".repeat(129)).unwrap_err();
        assert_eq!(mistake, "has 129 characters; MCP allows 128");
    }

    #[test]
    fn names_are_ascii_without_spaces() {
        assert!(check_name("Mail.list-new_1").is_ok());
        for name in ["a b", "größe", "a/b"] {
            let mistake = check_name(name).unwrap_err();
            assert!(mistake.starts_with("contains "), "{mistake}");
        }
    }
}
