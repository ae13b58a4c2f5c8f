//! JWT access tokens (RFC 7519, RFC 9068).

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::crypto::rust_crypto;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, dangerous};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::checked::CheckedTokens;
use super::counts::Counters;
use super::identity::Identity;
use super::key_set::Key;
use super::keys::Keys;
use super::verifier::{TokenError, TokenVerifier};

/// What signatures may be made with. The token chooses among these by its key,
/// never by its header alone.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// `typ` of access tokens; many issuers use that of any JWT. Others, such as
/// logout tokens and proofs of possession, are no access tokens (RFC 8725,
/// section 3.11).
const TYPES: [&str; 3] = ["at+jwt", "application/at+jwt", "JWT"];

/// Scopes of a token that are looked at.
const MAX_SCOPES: usize = 256;

/// Checks JWTs against the keys of their issuers.
pub(super) struct JwtVerifier {
    issuers: Vec<Issuer>,
    identity_claim: Option<String>,
    checked: CheckedTokens<Checked>,
    counters: Arc<Counters>,
}

struct Issuer {
    name: String,
    keys: Keys,
    /// One an algorithm.
    validations: [Validation; ALGORITHMS.len()],
}

/// What the check of a token found, and what it rests on.
struct Checked {
    identity: Identity,
    keys: Keys,
    key: Arc<Key>,
    /// When the token may be used, leeway included; seconds of Unix time.
    valid: RangeInclusive<u64>,
}

impl Checked {
    /// Whether another check would end like the first: nothing else in it can
    /// change.
    fn is_valid_still(&self) -> bool {
        self.valid.contains(&jsonwebtoken::get_current_timestamp()) && self.keys.has(&self.key)
    }
}

impl JwtVerifier {
    /// Trusts `issuers`. A token is for this server if it is for one of the
    /// `audiences`.
    pub(super) fn new(
        issuers: Vec<(String, Keys)>,
        audiences: &[String],
        leeway: Duration,
        identity_claim: Option<String>,
        remembered_tokens: usize,
        counters: &Arc<Counters>,
    ) -> Self {
        // One that the process has chosen already is used instead.
        rust_crypto::DEFAULT_PROVIDER.install_default().ok();
        let issuers = issuers.into_iter().map(|(name, keys)| Issuer {
            validations: ALGORITHMS
                .map(|algorithm| validation(algorithm, &name, audiences, leeway)),
            name,
            keys,
        });
        Self {
            issuers: issuers.collect(),
            identity_claim,
            checked: CheckedTokens::new(remembered_tokens, Arc::clone(counters)),
            counters: Arc::clone(counters),
        }
    }
}

fn validation(
    algorithm: Algorithm,
    issuer: &str,
    audiences: &[String],
    leeway: Duration,
) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(audiences);
    validation.validate_nbf = true;
    validation.leeway = leeway.as_secs();
    validation
}

impl TokenVerifier for JwtVerifier {
    async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let digest = self.checked.digest(token);
        let before = digest.and_then(|digest| self.checked.get(&digest));
        if let Some(before) = before.filter(|before| before.is_valid_still()) {
            self.counters.remembered_tokens.increment();
            return Ok(before.identity.clone());
        }
        let checked = self.check(token).await?;
        let identity = checked.identity.clone();
        if let Some(digest) = digest {
            self.checked.insert(digest, checked);
        }
        Ok(identity)
    }
}

impl JwtVerifier {
    async fn check(&self, token: &str) -> Result<Checked, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        check(&header)?;
        let unverified: Unverified =
            dangerous::insecure_decode_claims(token).map_err(|_| TokenError::Malformed)?;
        let issuer = self
            .issuers
            .iter()
            .find(|issuer| issuer.name == unverified.iss)
            .ok_or(TokenError::UnknownIssuer)?;
        let validation = issuer
            .validations
            .iter()
            .find(|validation| validation.algorithms.contains(&header.alg))
            .ok_or(TokenError::Algorithm)?;
        let key = issuer.keys.find(header.kid.as_deref(), header.alg).await?;
        let token: jsonwebtoken::TokenData<Map<String, Value>> =
            jsonwebtoken::decode(token, &key.decoding, validation)
                .map_err(|error| reason(error.kind()))?;
        let valid = lifetime(&token.claims, validation.leeway).ok_or(TokenError::MissingClaim)?;
        Ok(Checked {
            identity: self.identity(&issuer.name, token.claims)?,
            keys: issuer.keys.clone(),
            key,
            valid,
        })
    }
}

/// What is needed to choose a key. Nothing else is believed before the
/// signature is checked.
#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

fn check(header: &Header) -> Result<(), TokenError> {
    if !ALGORITHMS.contains(&header.alg) {
        return Err(TokenError::Algorithm);
    }
    let is_access_token = header
        .typ
        .as_ref()
        .is_none_or(|typ| TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known)));
    // RFC 7515, section 4.1.11: what has to be understood and is not.
    if !is_access_token || header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    Ok(())
}

/// When a token with these claims, which were validated, may be used.
fn lifetime(claims: &Map<String, Value>, leeway: u64) -> Option<RangeInclusive<u64>> {
    let seconds = |name: &str| -> Option<u64> {
        let written = claims.get(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "validated: it is finite and not negative"
        )]
        let rounded = || written.as_f64().map(|seconds| seconds.round() as u64);
        written.as_u64().or_else(rounded)
    };
    let begins = seconds("nbf").unwrap_or_default().saturating_sub(leeway);
    Some(begins..=seconds("exp")?.saturating_add(leeway))
}

fn reason(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm => TokenError::Algorithm,
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::ImmatureSignature => TokenError::NotYetValid,
        ErrorKind::InvalidAudience => TokenError::WrongAudience,
        ErrorKind::InvalidIssuer => TokenError::UnknownIssuer,
        ErrorKind::MissingRequiredClaim(_) => TokenError::MissingClaim,
        ErrorKind::InvalidClaimFormat(_) | ErrorKind::InvalidToken | ErrorKind::Json(_) => {
            TokenError::Malformed
        }
        _ => TokenError::Signature,
    }
}

impl JwtVerifier {
    fn identity(&self, issuer: &str, claims: Map<String, Value>) -> Result<Identity, TokenError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        // An empty subject would be one caller for all.
        let subject = text("sub").filter(|subject| !subject.is_empty());
        let mut identity = Identity::new(subject.ok_or(TokenError::MissingClaim)?)
            .with_issuer(issuer)
            .with_scopes(scopes(&claims));
        if let Some(claim) = &self.identity_claim {
            let name = text(claim).filter(|name| !name.is_empty());
            identity = identity.with_name(name.ok_or(TokenError::MissingClaim)?);
        }
        Ok(identity.with_claims(claims))
    }
}

/// `scope` as RFC 9068, section 2.2.3, has it; `scp`, as text or as a list, is
/// what Entra and Okta write.
pub(super) fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    let written = claims.get("scope").or_else(|| claims.get("scp"));
    let scopes: Vec<&str> = match written {
        Some(Value::String(text)) => text.split(' ').collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let scopes = scopes.into_iter().filter(|scope| !scope.is_empty());
    scopes.take(MAX_SCOPES).map(str::to_owned).collect()
}

impl std::fmt::Debug for JwtVerifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let issuers = self.issuers.iter().map(|issuer| &issuer.name);
        formatter.debug_set().entries(issuers).finish()
    }
}

/// A verifier behind a pointer, as all of them are held.
pub(super) type SharedVerifier = Arc<dyn super::verifier::DynVerifier>;
