//! The keys that sign: one that does, and older ones whose tokens are still around.

use std::collections::VecDeque;
use std::time::Duration;

use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::rand_core::OsRng;

use super::config::SigningAlgorithm;
use super::secret::{NoEntropy, random};

/// How many keys the set has at most; a further rotation takes out the oldest.
const MAX_KEYS: usize = 8;
const RSA_BITS: usize = 2048;
/// Of all numbers with 256 bits, about one in 2^32 is no key of P-256.
const P256_ATTEMPTS: usize = 4;

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system has no random numbers.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The cryptographic library refused.
    #[error("no key could be made: {0}")]
    Refused(String),
}

impl KeyError {
    #[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
    fn refused(error: impl ToString) -> Self {
        Self::Refused(error.to_string())
    }
}

/// A key that signs, with what others see of it.
#[derive(Debug)]
pub(super) struct SigningKey {
    pub(super) id: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    public: Jwk,
    /// When the last token that it signed expires.
    needed_until: Duration,
}

impl SigningKey {
    fn generate(algorithm: SigningAlgorithm) -> Result<Self, KeyError> {
        let (algorithm, encoding) = match algorithm {
            SigningAlgorithm::EdDsa => (Algorithm::EdDSA, ed25519()?),
            SigningAlgorithm::Es256 => (Algorithm::ES256, p256()?),
            SigningAlgorithm::Rs256 => (Algorithm::RS256, rsa()?),
        };
        let id = random()?.chars().take(16).collect::<String>();
        let mut public = Jwk::from_encoding_key(&encoding, algorithm).map_err(KeyError::refused)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_operations = Some(vec![KeyOperations::Verify]);
        Ok(Self {
            id,
            algorithm,
            encoding,
            public,
            needed_until: Duration::ZERO,
        })
    }
}

fn ed25519() -> Result<EncodingKey, KeyError> {
    let mut secret_key = [0; 32];
    getrandom::fill(&mut secret_key).map_err(NoEntropy::from)?;
    // Version 1 of PKCS #8, without the public key: the form that a JWK can be made of.
    let pair = KeypairBytes {
        secret_key,
        public_key: None,
    };
    let der = pair.to_pkcs8_der().map_err(KeyError::refused)?;
    Ok(EncodingKey::from_ed_der(der.as_bytes()))
}

fn p256() -> Result<EncodingKey, KeyError> {
    for _ in 0..P256_ATTEMPTS {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(NoEntropy::from)?;
        if let Ok(key) = p256::SecretKey::from_slice(&bytes) {
            let der = key.to_pkcs8_der().map_err(KeyError::refused)?;
            return Ok(EncodingKey::from_ec_der(der.as_bytes()));
        }
    }
    Err(KeyError::refused("random numbers are none"))
}

fn rsa() -> Result<EncodingKey, KeyError> {
    let key = rsa::RsaPrivateKey::new(&mut OsRng, RSA_BITS).map_err(KeyError::refused)?;
    let der = key.to_pkcs1_der().map_err(KeyError::refused)?;
    Ok(EncodingKey::from_rsa_der(der.as_bytes()))
}

/// The keys, newest first. There is always one.
#[derive(Debug)]
pub(super) struct KeyRing {
    algorithm: SigningAlgorithm,
    current: SigningKey,
    old: VecDeque<SigningKey>,
}

impl KeyRing {
    pub(super) fn new(algorithm: SigningAlgorithm) -> Result<Self, KeyError> {
        Ok(Self {
            algorithm,
            current: SigningKey::generate(algorithm)?,
            old: VecDeque::new(),
        })
    }

    /// The key for a token that expires then.
    pub(super) fn sign_until(&mut self, expires: Duration) -> &SigningKey {
        self.current.needed_until = self.current.needed_until.max(expires);
        &self.current
    }

    pub(super) fn rotate(&mut self, now: Duration) -> Result<(), KeyError> {
        let new = SigningKey::generate(self.algorithm)?;
        self.old
            .push_front(std::mem::replace(&mut self.current, new));
        self.old.retain(|key| key.needed_until > now);
        self.old.truncate(MAX_KEYS - 1);
        Ok(())
    }

    pub(super) fn drop_old(&mut self) {
        self.old.clear();
    }

    /// What others check tokens with.
    pub(super) fn public(&self, now: Duration) -> JwkSet {
        let old = self.old.iter().filter(|key| key.needed_until > now);
        let keys = std::iter::once(&self.current).chain(old);
        JwkSet {
            keys: keys.map(|key| key.public.clone()).collect(),
        }
    }
}
