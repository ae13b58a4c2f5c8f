//! Metadata, keys, rotation, outages.

use std::time::Duration;

use gmail_example::identity::{
    IdentityConfig, IdentityProvider, Outage, SigningAlgorithm, StartError,
};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::support::{Peer, RESOURCE, http_client, peer, read, text};

const HOUR: Duration = Duration::from_secs(3600);

async fn keys(provider: &IdentityProvider) -> JwkSet {
    let response = http_client().get(provider.jwks_uri()).send().await.unwrap();
    response.json().await.unwrap()
}

/// The claims of a token, if a key of the set has signed it.
async fn verify(provider: &IdentityProvider, token: &str) -> Option<Value> {
    let header = decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let keys = keys(provider).await;
    let key = keys.find(&header.kid.unwrap())?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[RESOURCE]);
    validation.set_issuer(&[provider.issuer()]);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    let key = DecodingKey::from_jwk(key).unwrap();
    Some(decode(token, &key, &validation).unwrap().claims)
}

#[tokio::test]
async fn the_metadata_is_at_every_place_where_clients_look() {
    let places = [
        ("", "/.well-known/oauth-authorization-server"),
        ("", "/.well-known/openid-configuration"),
        ("/a/b", "/.well-known/oauth-authorization-server/a/b"),
        ("/a/b", "/.well-known/openid-configuration/a/b"),
        ("/a/b", "/a/b/.well-known/openid-configuration"),
    ];
    for (path, place) in places {
        let peer = Peer::start(IdentityConfig::default().with_path(path)).await;
        let issuer = peer.provider.issuer();
        let origin = issuer.strip_suffix(path).unwrap();
        let (status, metadata) = read(peer.get(&format!("{origin}{place}")).await).await;
        assert_eq!(status, 200, "{place}");
        assert_eq!(metadata["issuer"], issuer);
        assert_eq!(metadata["jwks_uri"], peer.provider.jwks_uri());
        assert_eq!(metadata["token_endpoint"], format!("{issuer}/token"));
        assert_eq!(metadata["code_challenge_methods_supported"][0], "S256");
        assert_eq!(metadata["scopes_supported"][1], "gmail.send");
        assert_eq!(
            metadata["authorization_response_iss_parameter_supported"],
            true
        );
        // And the endpoints are there.
        text(&peer.tokens().await, "access_token");
    }
}

#[tokio::test]
async fn every_algorithm_signs_what_its_public_key_verifies() {
    for (algorithm, name) in [
        (SigningAlgorithm::EdDsa, "EdDSA"),
        (SigningAlgorithm::Es256, "ES256"),
        (SigningAlgorithm::Rs256, "RS256"),
    ] {
        let peer = Peer::start(IdentityConfig::default().with_algorithm(algorithm)).await;
        let tokens = peer.tokens().await;
        let token = text(&tokens, "access_token");
        let claims = verify(&peer.provider, token).await.unwrap();
        assert_eq!(claims["aud"], RESOURCE, "{name}");
        let (_, set) = read(peer.get(&peer.provider.jwks_uri()).await).await;
        let key = &set["keys"][0];
        assert_eq!(key["alg"], name);
        assert_eq!(key["use"], "sig");
        for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(
                key[secret],
                Value::Null,
                "a private member of the key is public"
            );
        }
    }
}

#[tokio::test]
async fn a_token_says_what_rfc_9068_demands() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let claims = verify(&peer.provider, text(&tokens, "access_token"))
        .await
        .unwrap();
    assert_eq!(claims["sub"], "ada");
    assert_eq!(claims["email"], "ada@example.com");
    assert_eq!(claims["client_id"], peer.client_id);
    assert_eq!(claims["scope"], "gmail.readonly");
    assert_eq!(claims["iat"], claims["nbf"]);
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(tokens["expires_in"], lifetime);
    assert!(text(&claims, "jti").len() > 20);
    let again = peer.tokens().await;
    let other = verify(&peer.provider, text(&again, "access_token"))
        .await
        .unwrap();
    assert_ne!(claims["jti"], other["jti"]);
}

#[tokio::test]
async fn an_old_key_stays_until_its_last_token_has_expired() {
    let provider = IdentityProvider::start(IdentityConfig::default())
        .await
        .unwrap();
    let token = |lifetime| provider.token_for("ada", RESOURCE, &[], lifetime).unwrap();
    let old = token(HOUR * 2);
    token(HOUR);
    provider.rotate_keys().unwrap();
    let new = token(HOUR * 9);
    assert_ne!(
        decode_header(&old).unwrap().kid,
        decode_header(&new).unwrap().kid
    );
    assert!(verify(&provider, &old).await.is_some());
    assert!(verify(&provider, &new).await.is_some());
    assert_eq!(keys(&provider).await.keys.len(), 2);
    provider.advance_clock(HOUR * 2 + Duration::from_secs(1));
    assert_eq!(keys(&provider).await.keys.len(), 1);
    assert!(verify(&provider, &new).await.is_some());
}

#[tokio::test]
async fn dropped_keys_verify_nothing_any_more_and_their_number_is_bounded() {
    let provider = IdentityProvider::start(IdentityConfig::default())
        .await
        .unwrap();
    let token = || provider.token_for("ada", RESOURCE, &[], HOUR).unwrap();
    let old = token();
    provider.rotate_keys().unwrap();
    provider.drop_old_keys();
    assert!(verify(&provider, &old).await.is_none());
    for _ in 0..20 {
        token();
        provider.rotate_keys().unwrap();
    }
    assert_eq!(keys(&provider).await.keys.len(), 8);
}

#[tokio::test]
async fn an_outage_begins_and_ends() {
    let peer = peer().await;
    let jwks = peer.provider.jwks_uri();
    for (outage, status) in [(Outage::Down, 503), (Outage::Garbage, 200)] {
        peer.provider.set_outage(outage);
        let response = peer.get(&jwks).await;
        assert_eq!(response.status(), status);
        assert!(response.json::<Value>().await.is_err());
    }
    peer.provider.set_outage(Outage::Slow);
    let impatient = peer.http.get(&jwks).timeout(Duration::from_millis(50));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    let patient = peer.get(&jwks);
    let healed = async { peer.provider.set_outage(Outage::None) };
    let (response, ()) = tokio::join!(patient, healed);
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_configuration_that_is_none_is_refused() {
    let everywhere = IdentityConfig::default().with_address(([0, 0, 0, 0], 0).into());
    let refused = IdentityProvider::start(everywhere).await.unwrap_err();
    assert!(matches!(refused, StartError::NotLoopback(_)), "{refused}");
    for path in ["tenant", "/", "/tenant/", "//a", "/a?b", "/{a}", "/.."] {
        let config = IdentityConfig::default().with_path(path);
        let refused = IdentityProvider::start(config).await.unwrap_err();
        assert!(matches!(refused, StartError::Path(_)), "{path}: {refused}");
    }
    let peer = peer().await;
    let taken = peer.provider.issuer().strip_prefix("http://").unwrap();
    let config = IdentityConfig::default().with_address(taken.parse().unwrap());
    let refused = IdentityProvider::start(config).await.unwrap_err();
    assert!(matches!(refused, StartError::Listen { .. }), "{refused}");
}

#[tokio::test]
async fn nothing_secret_is_in_what_a_provider_prints() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let printed = format!("{:?}", peer.provider);
    assert!(printed.contains(peer.provider.issuer()));
    for secret in [
        peer.provider.introspection_secret(),
        text(&tokens, "access_token"),
        text(&tokens, "refresh_token"),
        &peer.client_id,
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
