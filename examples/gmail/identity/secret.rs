//! Random strings, and what is kept of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The system has no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system has no random numbers: {0}")]
pub struct NoEntropy(#[from] getrandom::Error);

/// 256 random bits, in letters that need no escaping anywhere.
pub(crate) fn random() -> Result<String, NoEntropy> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The SHA-256 of a secret. Tables are searched by digests, so how long a search takes says nothing about a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// The `S256` challenge of a PKCE verifier, if this is the digest of one (RFC 7636, section 4.2).
    pub(super) fn challenge(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The source that a content security policy allows, if this is the digest of a style sheet.
    pub(super) fn csp_source(self) -> String {
        let digest = base64::engine::general_purpose::STANDARD.encode(self.0);
        format!("'sha256-{digest}'")
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(..)")
    }
}
