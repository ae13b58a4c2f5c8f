//! Secrets that one request brings along, or learns on its way.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;

use super::credentials::credentials;
use super::{Net, Secrets};

/// Secrets of one request, at most (ours): credentials in its headers and what
/// it learns. Each costs a look at everything that leaves.
const MAX_SECRETS: usize = 32;
/// Bytes of the secrets of one request, at most (ours): many tokens, and no
/// payload.
const MAX_TOTAL_BYTES: usize = 65_536;

/// Why a value is not looked for in what leaves of this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The value is so short that it stands in ordinary text. Nothing else has
    /// changed.
    #[error(
        "the secret has {length_bytes} bytes, fewer than {}; so short a text would be found everywhere, and is no secret",
        Secrets::MIN_LENGTH_BYTES
    )]
    TooShort {
        /// Its length.
        length_bytes: usize,
    },
    /// The request has more secrets than can be looked for, so none of its
    /// spans leaves.
    #[error(
        "a request can have {MAX_SECRETS} secrets of {MAX_TOTAL_BYTES} bytes altogether; none of its spans leaves now"
    )]
    TooMany,
}

/// The secrets of one request. What does not fit is not forgotten: then nothing
/// of the request leaves.
#[derive(Default)]
pub(crate) struct RequestSecrets(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    values: Vec<String>,
    total_bytes: usize,
    is_full: bool,
}

impl RequestSecrets {
    /// Adds the credentials in the headers of the request.
    pub(crate) fn add_credentials(&self, headers: &HeaderMap) {
        for credential in credentials(headers) {
            // Too short is no secret, and too many are noted.
            let _ = self.add(&credential);
        }
    }

    /// Adds a secret.
    pub(crate) fn add(&self, secret: &str) -> Result<(), RedactError> {
        if secret.len() < Secrets::MIN_LENGTH_BYTES {
            return Err(RedactError::TooShort {
                length_bytes: secret.len(),
            });
        }
        let mut kept = self.kept();
        if kept.values.iter().any(|known| known == secret) {
            return Ok(());
        }
        let total_bytes = kept.total_bytes.saturating_add(secret.len());
        if kept.values.len() >= MAX_SECRETS || total_bytes > MAX_TOTAL_BYTES {
            kept.is_full = true;
            return Err(RedactError::TooMany);
        }
        kept.total_bytes = total_bytes;
        kept.values.push(secret.to_owned());
        Ok(())
    }

    /// What is looked for in the answer, beside the secrets of the process;
    /// `None` if that is not all of them.
    pub(crate) fn net(&self, secrets: &Secrets) -> Option<Net> {
        let kept = self.kept();
        let values = kept.values.iter().map(String::as_str);
        (!kept.is_full).then(|| Net::new(secrets, values))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says nothing about the values.
impl fmt::Debug for RequestSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestSecrets")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::COOKIE;

    use super::*;

    #[test]
    fn secrets_are_looked_for_up_to_a_bound_and_beyond_it_there_is_no_net() {
        let secrets = RequestSecrets::default();
        for number in 0..MAX_SECRETS {
            assert_eq!(secrets.add(&format!("secret-{number}")), Ok(()));
        }
        assert_eq!(secrets.add("secret-0"), Ok(()), "known already");
        let net = secrets.net(&Secrets::default()).unwrap();
        assert_eq!(net.scrub("<secret-31>", 99).0, "<[redacted]>");
        assert_eq!(secrets.add("secret-x"), Err(RedactError::TooMany));
        assert!(secrets.net(&Secrets::default()).is_none());
    }

    #[test]
    fn bytes_are_bounded_too() {
        for over in [0, 1] {
            let secrets = RequestSecrets::default();
            let first = "x".repeat(MAX_TOTAL_BYTES - 6);
            assert_eq!(secrets.add(&first), Ok(()));
            let fits = secrets.add(&"y".repeat(6 + over));
            assert_eq!(fits.is_ok(), over == 0);
            assert_eq!(secrets.net(&Secrets::default()).is_some(), over == 0);
        }
    }

    #[test]
    fn a_short_one_is_refused_and_changes_nothing() {
        let secrets = RequestSecrets::default();
        let error = secrets.add("12345").unwrap_err();
        assert_eq!(error, RedactError::TooShort { length_bytes: 5 });
        assert!(!error.to_string().contains("12345"));
        assert!(secrets.net(&Secrets::default()).unwrap().is_empty());
    }

    #[test]
    fn headers_with_more_credentials_than_can_be_looked_for_leave_no_net() {
        for (count, has_net) in [(MAX_SECRETS, true), (MAX_SECRETS + 1, false)] {
            let cookies: Vec<_> = (0..count).map(|number| format!("a={number:016}")).collect();
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_str(&cookies.join("; ")).unwrap();
            headers.insert(COOKIE, value);
            let secrets = RequestSecrets::default();
            secrets.add_credentials(&headers);
            assert_eq!(secrets.net(&Secrets::default()).is_some(), has_net);
        }
    }

    #[test]
    fn their_values_are_not_in_their_debug_text() {
        let secrets = RequestSecrets::default();
        secrets.add("hunter2").unwrap();
        assert_eq!(format!("{secrets:?}"), "RequestSecrets { .. }");
    }
}
