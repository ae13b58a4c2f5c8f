//! Which tokens are valid: the negative cases of RFC 6750, 7519, 8707, 8725 and
//! 9068.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use glassbox::auth::AuthCounts;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::issuer::{EMAIL, Issuer, RESOURCE, SUBJECT, Signer, in_seconds};
use crate::server::{Answer, auth, call, legacy, message, start};

const METADATA: &str = "https://mcp.test/.well-known/oauth-protected-resource/mcp";

fn unauthorized(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    assert_eq!(
        answer.challenge.as_deref(),
        Some(&*format!(
            "Bearer error=\"invalid_token\", error_description=\"the access token is not valid for this server\", \
                 resource_metadata=\"{METADATA}\""
        ))
    );
    assert_eq!(
        answer.text,
        r#"{"error":"invalid_token","error_description":"the access token is not valid for this server"}"#
    );
}

#[tokio::test]
async fn valid_tokens_of_every_algorithm_get_in() {
    let signers = [Signer::ed25519(), Signer::p256(), Signer::rsa()];
    let issuer = Issuer::start(&signers).await;
    let running = start(auth(&issuer)).await;
    for signer in &signers {
        let answer = call(&running, "whoami").token(&signer.sign(&issuer.claims("")));
        let answer = answer.send().await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", signer.algorithm);
        assert_eq!(answer.tool(), SUBJECT);
    }
    assert_eq!(issuer.fetches(), 1, "the keys are cached");
    let counts = running.server.auth_counts().unwrap();
    assert_eq!((counts.accepted, counts.key_fetches), (3, 1));
}

#[tokio::test]
async fn the_caller_may_be_known_by_another_claim() {
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer).identity_claim("email")).await;
    let answer = call(&running, "whoami").token(&Signer::ed25519().sign(&issuer.claims("")));
    assert_eq!(answer.send().await.tool(), EMAIL);
    let mut claims = issuer.claims("");
    claims.as_object_mut().unwrap().remove("email");
    unauthorized(
        &call(&running, "whoami")
            .token(&Signer::ed25519().sign(&claims))
            .send()
            .await,
    );
}

/// Claims that differ from valid ones in one place.
fn changed(issuer: &Issuer, name: &str, value: Value) -> Value {
    let mut claims = issuer.claims("files.read");
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

type Count = fn(&AuthCounts) -> u64;

#[tokio::test]
async fn tokens_with_wrong_claims_are_refused() {
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer)).await;
    let stranger = Issuer::start(&[Signer::ed25519()]).await;
    let (malformed, missing): (Count, Count) = (|c| c.malformed, |c| c.missing_claim);
    let (expired, early): (Count, Count) = (|c| c.expired, |c| c.not_yet_valid);
    let (audience, unknown): (Count, Count) = (|c| c.wrong_audience, |c| c.unknown_issuer);
    let cases: Vec<(&str, Value, Option<Count>)> = vec![
        ("exp", json!(in_seconds(-40)), Some(expired)),
        ("exp", json!(in_seconds(-20)), None),
        ("exp", json!(0), Some(expired)),
        ("exp", json!(-1), Some(missing)),
        ("exp", json!("tomorrow"), Some(missing)),
        ("exp", Value::Null, Some(missing)),
        ("nbf", json!(in_seconds(40)), Some(early)),
        ("nbf", json!(in_seconds(20)), None),
        ("nbf", json!("yesterday"), Some(malformed)),
        ("aud", json!("https://other.test/mcp"), Some(audience)),
        ("aud", json!(["https://other.test/mcp"]), Some(audience)),
        ("aud", json!(["https://other.test/mcp", RESOURCE]), None),
        ("aud", json!(format!("{RESOURCE}/")), Some(audience)),
        ("aud", json!("https://mcp.test"), Some(audience)),
        ("aud", json!([]), Some(audience)),
        ("aud", json!({}), Some(missing)),
        ("aud", Value::Null, Some(missing)),
        ("iss", json!(stranger.url), Some(unknown)),
        ("iss", json!(format!("{}/", issuer.url)), Some(unknown)),
        ("iss", json!([issuer.url, stranger.url]), Some(malformed)),
        ("iss", Value::Null, Some(malformed)),
        ("sub", Value::Null, Some(missing)),
        ("sub", json!(""), Some(missing)),
        ("sub", json!(7), Some(missing)),
        ("scope", json!(7), None),
        ("email", json!("somebody@else"), None),
    ];
    for (name, value, count) in cases {
        let before = running.server.auth_counts().unwrap();
        let token = Signer::ed25519().sign(&changed(&issuer, name, value.clone()));
        let answer = call(&running, "whoami").token(&token).send().await;
        let after = running.server.auth_counts().unwrap();
        match count {
            None => assert_eq!(answer.status, StatusCode::OK, "{name} {value}: {answer:?}"),
            Some(count) => {
                unauthorized(&answer);
                assert_eq!(
                    count(&after),
                    count(&before) + 1,
                    "{name} {value}: {after:?}"
                );
            }
        }
    }
    assert_eq!(stranger.fetches(), 0, "nobody asks a stranger");
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test]
async fn tokens_with_wrong_signatures_are_refused() {
    let (ed, ec, rsa) = (Signer::ed25519(), Signer::p256(), Signer::rsa());
    let issuer = Issuer::start(&[ed.clone(), ec.clone(), rsa.clone()]).await;
    let running = start(auth(&issuer)).await;
    let claims = issuer.claims("files.read");
    let valid = ed.sign(&claims);
    let (head, signature) = valid.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = encode(&changed(&issuer, "sub", json!("root")));
    let hmac = |key: &[u8], id: &str| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(id.to_owned());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key)).unwrap()
    };
    let modulus = URL_SAFE_NO_PAD
        .decode(rsa.jwk()["n"].as_str().unwrap())
        .unwrap();
    let with = |change: &dyn Fn(&mut Header)| {
        let mut header = ed.header();
        change(&mut header);
        ed.sign_with(&header, &claims)
    };
    let none = |alg: &str| {
        format!(
            "{}.{}.",
            encode(&json!({"alg": alg, "kid": "ed-a"})),
            encode(&claims)
        )
    };
    let huge = format!("{}{}", valid, "A".repeat(16 * 1024));
    let (malformed, algorithm): (Count, Count) = (|c| c.malformed, |c| c.algorithm);
    let (wrong, unknown): (Count, Count) = (|c| c.signature, |c| c.unknown_key);
    let cases: Vec<(&str, String, Count)> = vec![
        (
            "another's claims",
            format!("{header}.{forged}.{signature}"),
            wrong,
        ),
        ("no signature", format!("{head}."), wrong),
        (
            "half a signature",
            format!("{head}.{}", &signature[..40]),
            wrong,
        ),
        (
            "a changed signature",
            format!("{head}.{other}{}", &signature[1..]),
            wrong,
        ),
        (
            "another key, same id",
            Signer::other_ed25519().named("ed-a").sign(&claims),
            wrong,
        ),
        (
            "an unknown key",
            Signer::other_ed25519().sign(&claims),
            unknown,
        ),
        (
            "another algorithm's key",
            ed.clone().named("rsa").sign(&claims),
            unknown,
        ),
        (
            "another algorithm's key",
            ec.named("ed-a").sign(&claims),
            unknown,
        ),
        ("alg none", none("none"), malformed),
        ("alg None", none("None"), malformed),
        ("alg unknown", none("XX256"), malformed),
        ("alg not accepted", none("PS256"), algorithm),
        ("HMAC with the public key", hmac(&modulus, "rsa"), algorithm),
        (
            "HMAC with the key's text",
            hmac(rsa.jwk()["n"].as_str().unwrap().as_bytes(), "rsa"),
            algorithm,
        ),
        ("HMAC with nothing", hmac(b"", "ed-a"), algorithm),
        (
            "a logout token",
            with(&|h| h.typ = Some("logout+jwt".to_owned())),
            malformed,
        ),
        (
            "a proof of possession",
            with(&|h| h.typ = Some("dpop+jwt".to_owned())),
            malformed,
        ),
        (
            "an unknown demand",
            with(&|h| h.crit = Some(vec!["exp".to_owned()])),
            malformed,
        ),
        ("no token", "opaque".to_owned(), malformed),
        ("two parts", head.to_owned(), malformed),
        ("four parts", format!("{valid}.{signature}"), malformed),
        (
            "five parts, encrypted",
            format!("{valid}..{signature}"),
            malformed,
        ),
        ("not base64", "!.!.!".to_owned(), malformed),
        ("dots", "..".to_owned(), malformed),
        (
            "a list",
            format!("{}.{}.", encode(&json!([])), encode(&json!([]))),
            malformed,
        ),
        ("too long", huge, malformed),
        (
            "nested deeply",
            format!(
                "{header}.{}.{signature}",
                URL_SAFE_NO_PAD.encode("[".repeat(9000))
            ),
            malformed,
        ),
    ];
    for (what, token, count) in cases {
        let before = running.server.auth_counts().unwrap();
        let answer = call(&running, "whoami").token(&token).send().await;
        unauthorized(&answer);
        let after = running.server.auth_counts().unwrap();
        assert_eq!(
            count(&after),
            count(&before) + 1,
            "{what}: {before:?} {after:?}"
        );
        assert_eq!(after.accepted, 0, "{what}");
    }
    assert_eq!(
        call(&running, "whoami").token(&valid).send().await.status,
        StatusCode::OK
    );
    let plain = with(&|h| h.typ = Some("JWT".to_owned()));
    assert_eq!(
        call(&running, "whoami").token(&plain).send().await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn keys_that_come_with_a_token_are_not_used() {
    let thief = Signer::other_ed25519();
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer)).await;
    let elsewhere = Issuer::start(std::slice::from_ref(&thief)).await;
    let claims = issuer.claims("");
    for id in [Some("ed-a"), Some("ed-b"), None] {
        let mut header = thief.header();
        header.kid = id.map(str::to_owned);
        header.jwk = Some(serde_json::from_value(thief.jwk()).unwrap());
        header.jku = Some(format!("{}/keys", elsewhere.url));
        let token = thief.sign_with(&header, &claims);
        unauthorized(&call(&running, "whoami").token(&token).send().await);
    }
    assert_eq!(elsewhere.fetches(), 0);
}

#[tokio::test]
async fn issuers_are_trusted_with_their_own_tokens_only() {
    let first = Issuer::start(&[Signer::ed25519()]).await;
    let second = Issuer::start(&[Signer::p256()]).await;
    let running = start(auth(&first).authorization_server(&second.url)).await;
    let status = async |signer: Signer, issuer: &Issuer| {
        let token = signer.sign(&issuer.claims(""));
        call(&running, "whoami").token(&token).send().await.status
    };
    assert_eq!(status(Signer::ed25519(), &first).await, StatusCode::OK);
    assert_eq!(status(Signer::p256(), &second).await, StatusCode::OK);
    assert_eq!(
        status(Signer::ed25519(), &second).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(Signer::p256(), &first).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn tokens_come_in_the_header_and_alone() {
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer)).await;
    let token = Signer::ed25519().sign(&issuer.claims(""));
    let bearer = format!("Bearer {token}");
    let whoami = || call(&running, "whoami");
    let missing = format!("Bearer resource_metadata=\"{METADATA}\"");
    let invalid = format!(
        "Bearer error=\"invalid_request\", error_description=\"send one access token, in one Authorization header\", \
         resource_metadata=\"{METADATA}\""
    );
    let query = format!("/mcp?access_token={token}");
    for (what, request, status, challenge) in [
        ("nothing", whoami(), StatusCode::UNAUTHORIZED, &missing),
        (
            "another scheme",
            whoami().header("authorization", "Basic YTpi"),
            StatusCode::UNAUTHORIZED,
            &missing,
        ),
        (
            "a cookie",
            whoami().header("cookie", format!("access_token={token}")),
            StatusCode::UNAUTHORIZED,
            &missing,
        ),
        (
            "in the query",
            whoami().at(&query),
            StatusCode::BAD_REQUEST,
            &invalid,
        ),
        (
            "in both",
            whoami().token(&token).at(&query),
            StatusCode::BAD_REQUEST,
            &invalid,
        ),
        (
            "two headers",
            whoami().token(&token).token(&token),
            StatusCode::BAD_REQUEST,
            &invalid,
        ),
        (
            "two schemes",
            whoami().token(&token).header("authorization", "Basic YTpi"),
            StatusCode::BAD_REQUEST,
            &invalid,
        ),
        (
            "no token",
            whoami().header("authorization", "Bearer"),
            StatusCode::BAD_REQUEST,
            &invalid,
        ),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert_eq!(answer.challenge.as_ref(), Some(challenge), "{what}");
    }
    let lower = whoami().header("authorization", bearer.replace("Bearer", "bearer"));
    assert_eq!(lower.send().await.status, StatusCode::OK);
    let counts = running.server.auth_counts().unwrap();
    assert_eq!(
        (counts.missing, counts.invalid_requests, counts.accepted),
        (3, 5, 1)
    );
}

#[tokio::test]
async fn nobody_without_a_token_learns_anything() {
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer)).await;
    let mut texts = Vec::new();
    let stateless = |method| message(&running, method, json!({}));
    let listing = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    for request in [
        call(&running, "whoami"),
        call(&running, "no_such_tool"),
        stateless("tools/list"),
        stateless("server/discover"),
        stateless("no/such/method"),
        legacy(&running, None, support::wire::initialize()),
        legacy(&running, Some("guessed"), listing),
        legacy(&running, None, json!("garbage")),
        stateless("tools/list").method(Method::GET),
        stateless("tools/list").method(Method::DELETE),
        stateless("tools/list").method(Method::OPTIONS),
    ] {
        let answer = request.clone().send().await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{request:?}");
        texts.push((answer.challenge, answer.text));
        let answer = request.clone().token("wrong").send().await;
        unauthorized(&answer);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "all look the same: {texts:?}");
    let head = stateless("tools/list").method(Method::HEAD).send().await;
    assert_eq!(head.status, StatusCode::UNAUTHORIZED);
    assert_eq!((head.challenge, &*head.text), (texts[0].0.clone(), ""));
}

#[tokio::test]
async fn requests_may_need_scopes_whatever_they_ask_for() {
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
    let running = start(auth(&issuer).required_scopes(["mcp"])).await;
    let list = |scope: &str| {
        let token = Signer::ed25519().sign(&issuer.claims(scope));
        message(&running, "tools/list", json!({})).token(&token)
    };
    assert_eq!(list("other mcp").send().await.status, StatusCode::OK);
    for scope in ["", "other", "MCP", "mcp2", "mc p"] {
        let answer = list(scope).send().await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{scope}");
        assert_eq!(
            answer.challenge.as_deref(),
            Some(&*format!(
                "Bearer error=\"insufficient_scope\", error_description=\"the access token lacks a scope that this \
                     needs\", scope=\"mcp\", resource_metadata=\"{METADATA}\""
            ))
        );
    }
    let challenge = message(&running, "tools/list", json!({}))
        .send()
        .await
        .challenge;
    assert_eq!(
        challenge.as_deref(),
        Some(&*format!(
            "Bearer scope=\"mcp\", resource_metadata=\"{METADATA}\""
        ))
    );
}
