//! The keys of an authorization server (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of one issuer, at most. Issuers have two to five.
pub(super) const MAX_KEYS: usize = 100;

/// Sizes of RSA keys that are used: at least 2048 bits (RFC 7518, section 3.3),
/// and no more than can be verified quickly.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A key that verifies one algorithm.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// The usable keys of an issuer.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    keys: Vec<std::sync::Arc<Key>>,
    /// How many there were that are not usable.
    pub(super) ignored: usize,
}

impl KeySet {
    /// Reads a set. Keys that are not usable are left out, as RFC 7517, section
    /// 5, says; `None` if it is not a set at all.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Written {
            keys: Vec<Value>,
        }
        let written: Written = serde_json::from_slice(json).ok()?;
        let count = written.keys.len();
        let usable = written.keys.into_iter().filter_map(key).take(MAX_KEYS);
        let keys: Vec<_> = usable.map(std::sync::Arc::new).collect();
        Some(Self {
            ignored: count - keys.len(),
            keys,
        })
    }

    /// The key of this id. Without an id, the only key of the algorithm.
    pub(super) fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Option<std::sync::Arc<Key>> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.algorithm == algorithm)
            .filter(|key| id.is_none() || key.id.as_deref() == id);
        let first = fitting.next()?;
        (id.is_some() || fitting.next().is_none()).then(|| first.clone())
    }

    /// Whether it is this very key, and not one that is equal to it.
    pub(super) fn has(&self, key: &std::sync::Arc<Key>) -> bool {
        self.keys.iter().any(|own| std::sync::Arc::ptr_eq(own, key))
    }
}

/// The key, if it verifies signatures with an algorithm that is accepted.
/// Symmetric keys never do: what is public cannot be one.
fn key(written: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(written).ok()?;
    let algorithm = algorithm(&jwk.algorithm)?;
    let common = &jwk.common;
    let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let verifies = common
        .key_operations
        .as_ref()
        .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let fits = common
        .key_algorithm
        .is_none_or(|named| named == KeyAlgorithm::from(algorithm));
    if !(is_for_signatures && verifies && fits) {
        return None;
    }
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithm,
        decoding: DecodingKey::from_jwk(&jwk).ok()?,
    })
}

/// The one algorithm that a key of this kind is used with.
fn algorithm(parameters: &AlgorithmParameters) -> Option<Algorithm> {
    match parameters {
        AlgorithmParameters::OctetKeyPair(key) => {
            (key.curve == EllipticCurve::Ed25519).then_some(Algorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(key) => {
            (key.curve == EllipticCurve::P256).then_some(Algorithm::ES256)
        }
        AlgorithmParameters::RSA(key) => {
            let modulus = URL_SAFE_NO_PAD.decode(&key.n).ok()?;
            let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
            RSA_MODULUS_BYTES
                .contains(&significant)
                .then_some(Algorithm::RS256)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ed25519(id: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": id})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn rsa(bytes: usize) -> Value {
        let modulus = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
        json!({"kty": "RSA", "n": modulus, "e": "AQAB"})
    }

    fn parse(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn uses_public_keys_for_signatures_only() {
        let point = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        for (key, usable) in [
            (ed25519("a"), true),
            (with(ed25519("a"), "use", json!("sig")), true),
            (with(ed25519("a"), "use", json!("enc")), false),
            (with(ed25519("a"), "key_ops", json!(["verify"])), true),
            (with(ed25519("a"), "key_ops", json!(["encrypt"])), false),
            (with(ed25519("a"), "alg", json!("EdDSA")), true),
            (with(ed25519("a"), "alg", json!("RS256")), false),
            (with(ed25519("a"), "alg", json!("none")), false),
            (with(ed25519("a"), "x", json!(7)), false),
            (
                json!({"kty": "EC", "crv": "P-256", "x": point, "y": point}),
                true,
            ),
            (
                json!({"kty": "EC", "crv": "P-384", "x": point, "y": point}),
                false,
            ),
            (
                json!({"kty": "EC", "crv": "secp256k1", "x": point, "y": point}),
                false,
            ),
            (
                json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}),
                false,
            ),
            (json!({"kty": "new", "alg": "NEW"}), false),
            (json!("key"), false),
            (rsa(255), false),
            (rsa(256), true),
            (rsa(512), true),
            (rsa(513), false),
            (with(rsa(256), "alg", json!("RS256")), true),
            (with(rsa(256), "alg", json!("PS256")), false),
        ] {
            let set = parse(std::slice::from_ref(&key));
            assert_eq!(set.keys.len() == 1, usable, "{key}");
            assert_eq!(set.ignored == 1, !usable, "{key}");
        }
    }

    #[test]
    fn finds_a_key_by_its_id_and_algorithm() {
        let set = parse(&[ed25519("a"), ed25519("b"), rsa(256)]);
        let found = |id, algorithm| set.find(id, algorithm).is_some();
        assert!(found(Some("b"), Algorithm::EdDSA));
        assert!(!found(Some("b"), Algorithm::RS256), "another algorithm");
        assert!(!found(Some("c"), Algorithm::EdDSA));
        assert!(found(None, Algorithm::RS256), "the only one");
        assert!(!found(None, Algorithm::EdDSA), "which of the two?");
        assert!(!found(Some("a"), Algorithm::HS256));
    }

    #[test]
    fn keys_are_bounded() {
        for (count, ignored) in [(MAX_KEYS - 1, 0), (MAX_KEYS, 0), (MAX_KEYS + 1, 1)] {
            let keys: Vec<_> = (0..count).map(|id| ed25519(&id.to_string())).collect();
            let set = parse(&keys);
            assert_eq!((set.keys.len(), set.ignored), (count - ignored, ignored));
        }
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for garbage in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"keys": {}}"#,
            r#"{"keys": null}"#,
        ] {
            assert!(KeySet::parse(garbage.as_bytes()).is_none(), "{garbage}");
        }
    }
}
