//! Values that can be compared, but not read.

use std::fmt::Write as _;
use std::sync::OnceLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use opentelemetry::{Key, Value};
use sha2::Sha256;

/// Bytes of the code that leave (ours): 128 bits, too many for two values to
/// meet by chance.
const CODE_BYTES: usize = 16;
const PREFIX: &str = "hash:";

/// The key of this process, from the operating system; none if it gives none.
fn process_key() -> Option<&'static [u8; 32]> {
    static KEY: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    KEY.get_or_init(|| {
        let mut key = [0; 32];
        getrandom::fill(&mut key).ok().map(|()| key)
    })
    .as_ref()
}

/// HMAC-SHA-256 of key and value, as text. `None` if this process has no
/// random key: then the value must not leave at all.
pub(super) fn hashed(key: &Key, value: &Value) -> Option<Value> {
    let mut mac = Hmac::<Sha256>::new_from_slice(process_key()?).ok()?;
    mac.update(key.as_str().as_bytes());
    // Neither keys nor types can be taken for the start of a value.
    mac.update(&[0xff, type_tag(value)]);
    mac.update(value.as_str().as_bytes());
    let code = mac.finalize().into_bytes();
    let mut text = String::from(PREFIX);
    for byte in code.iter().take(CODE_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(Value::from(text))
}

fn type_tag(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::I64(_) => 1,
        Value::F64(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_of_one_key_have_equal_hashes_and_others_have_not() {
        let hash = |key: &'static str, value: Value| hashed(&Key::new(key), &value).unwrap();
        let first = hash("user.id", "7".into());
        assert_eq!(first, hash("user.id", "7".into()));
        for other in [
            hash("user.id", "8".into()),
            hash("user.id", 7.into()),
            hash("user", "7".into()),
        ] {
            assert_ne!(first, other);
        }
        let text = first.as_str().into_owned();
        assert_eq!(text.len(), PREFIX.len() + 2 * CODE_BYTES);
        assert!(text.starts_with("hash:"));
    }
}
