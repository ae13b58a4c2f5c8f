//! The last net: secrets this process knows are looked for in everything that
//! leaves (S13).
//!
//! ```text
//! Secrets          values the author names            mod.rs
//! credentials      those in a request's headers       credentials.rs
//! RequestSecrets   those, and what a request learns   request.rs
//! forms            how a secret may be written        forms.rs
//! Net              what is looked for in an answer    net.rs
//! ```

#[cfg(test)]
mod cost;
mod credentials;
mod forms;
mod net;
mod request;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use forms::{forms, in_json};
pub(crate) use net::Net;
pub use request::RedactError;
pub(crate) use request::RequestSecrets;

/// Values that must never leave in spans: keys, passwords, tokens.
///
/// A last net under the [`PassbackPolicy`](crate::PassbackPolicy), not a
/// replacement for it. Wherever one of them stands in a span's name, in a key
/// or value of an attribute, in an error text or in the resource, `[redacted]`
/// stands in the answer, and
/// [`PassbackCounts::redacted_secrets`](crate::PassbackCounts::redacted_secrets)
/// counts it.
///
/// Credentials in the headers of the request itself need not be named: what
/// stands behind the scheme in `Authorization` and `Proxy-Authorization` (of
/// `Basic`, the password too), cookies of 16 bytes and more, and the values of
/// `X-API-Key`, `API-Key`, `X-Goog-API-Key`, `X-Auth-Token`, `X-Access-Token`
/// and `X-CSRF-Token`. A secret that a call learns on its way is named with
/// [`redact`](crate::redact()).
///
/// Found are the value as it is, inside JSON text (escaped), percent-encoded
/// (RFC 3986) and in Base64, standard or URL-safe, also in the middle of more,
/// such as `user:password`. Not found: other encodings (hex, form encoding,
/// compression, encryption, hashes), another case, a part of a secret, one that
/// is spread over several values, and encodings of encodings.
///
/// # Examples
///
/// ```
/// use glassbox::Secrets;
///
/// # fn read() -> Result<(), glassbox::SecretsError> {
/// let secrets = Secrets::new(std::env::var("UPSTREAM_KEY").ok())?;
/// # Ok(())
/// # }
/// # read().unwrap();
/// ```
#[derive(Clone, Default)]
pub struct Secrets(Option<Arc<Known>>);

struct Known {
    forms: Vec<String>,
    automaton: AhoCorasick,
    /// The same forms as they stand in JSON.
    written: AhoCorasick,
}

/// Why values cannot be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// A secret is so short that it stands in ordinary text.
    #[error(
        "secret number {position} has {length_bytes} bytes, fewer than {}; so short a text would be found everywhere, and is no secret",
        Secrets::MIN_LENGTH_BYTES
    )]
    TooShort {
        /// Which one, counted from 1.
        position: usize,
        /// Its length.
        length_bytes: usize,
    },
    /// There are more secrets than can be looked for at once.
    #[error("the secrets are too many or too long to be looked for at once")]
    TooMany,
}

impl Secrets {
    /// Bytes that a secret has at least. Shorter ones would be found in
    /// ordinary words (ours).
    pub const MIN_LENGTH_BYTES: usize = 6;

    /// Looks for these values.
    ///
    /// # Errors
    ///
    /// If one has fewer than [`MIN_LENGTH_BYTES`](Self::MIN_LENGTH_BYTES)
    /// bytes, or all of them together are too much to look for at once.
    pub fn new(values: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, SecretsError> {
        let mut all = BTreeSet::new();
        for (index, value) in values.into_iter().enumerate() {
            let value = value.into();
            if value.len() < Self::MIN_LENGTH_BYTES {
                return Err(SecretsError::TooShort {
                    position: index + 1,
                    length_bytes: value.len(),
                });
            }
            all.extend(forms(&value));
        }
        if all.is_empty() {
            return Ok(Self::default());
        }
        let automaton = AhoCorasick::new(&all).map_err(|_| SecretsError::TooMany)?;
        let in_json: BTreeSet<_> = all.iter().map(|form| in_json(form).into_owned()).collect();
        let written = if in_json == all {
            automaton.clone()
        } else {
            AhoCorasick::new(&in_json).map_err(|_| SecretsError::TooMany)?
        };
        Ok(Self(Some(Arc::new(Known {
            forms: all.into_iter().collect(),
            automaton,
            written,
        }))))
    }
}

/// Says nothing about the values.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_secrets_are_refused_without_being_shown() {
        let least = Secrets::MIN_LENGTH_BYTES;
        for length in [0, 1, least - 1] {
            let error = Secrets::new(["long enough".to_owned(), "x".repeat(length)]).unwrap_err();
            let expected = SecretsError::TooShort {
                position: 2,
                length_bytes: length,
            };
            assert_eq!(error, expected);
            assert!(!error.to_string().contains("xxxxx"));
        }
        for length in [least, least + 1] {
            assert!(Secrets::new(["x".repeat(length)]).is_ok());
        }
        assert!(Secrets::new([""; 0]).unwrap().0.is_none());
    }

    #[test]
    fn their_values_are_not_in_their_debug_text() {
        let secrets = Secrets::new(["hunter2"]).unwrap();
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
        let net = Net::new(&secrets, ["hunter3"]);
        assert!(!format!("{net:?}").contains("hunter"));
    }
}
