//! Key sets over HTTP.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use super::error::AuthError;
use super::key_set::KeySet;

/// Bytes of an answer, at most.
pub(super) const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Where the keys of an issuer are.
#[derive(Debug, Clone)]
pub(super) enum KeySource {
    /// Here.
    Uri(Url),
    /// Where the issuer's metadata says (RFC 8414; OpenID Connect Discovery
    /// 1.0). The issuer is compared byte for byte.
    Discovery { issuer: String, url: Url },
}

/// Why there is no key set.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer")]
    NoAnswer,
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("the answer is HTTP {0}")]
    Status(StatusCode),
    #[error("the answer is larger than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
    #[error("the answer is not a key set")]
    NotKeys,
    #[error("the metadata names another issuer or no usable `jwks_uri`")]
    Metadata,
}

/// Fetches the keys. All of it together takes no longer than `timeout`.
pub(super) async fn key_set(
    client: &Client,
    source: &KeySource,
    timeout: Duration,
) -> Result<KeySet, FetchError> {
    let fetching = async {
        let uri = match source {
            KeySource::Uri(uri) => uri.clone(),
            KeySource::Discovery { issuer, url } => discover(client, issuer, url).await?,
        };
        let answer = get(client, uri).await?;
        KeySet::parse(&answer).ok_or(FetchError::NotKeys)
    };
    tokio::time::timeout(timeout, fetching)
        .await
        .unwrap_or(Err(FetchError::TimedOut(timeout)))
}

/// Asks the well-known places in the order of MCP, Authorization Server
/// Metadata Discovery.
async fn discover(client: &Client, issuer: &str, url: &Url) -> Result<Url, FetchError> {
    #[derive(Deserialize)]
    struct Metadata {
        issuer: String,
        jwks_uri: String,
    }
    let usable = |answer: &[u8]| {
        let metadata: Metadata = serde_json::from_slice(answer).ok()?;
        let uri = Url::parse(&metadata.jwks_uri).ok()?;
        (metadata.issuer == issuer && is_safe(&uri)).then_some(uri)
    };
    let mut failure = FetchError::NoAnswer;
    for place in well_known(url) {
        match get(client, place).await {
            Ok(answer) => match usable(&answer) {
                Some(uri) => return Ok(uri),
                None => failure = FetchError::Metadata,
            },
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn well_known(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("{path}/.well-known/openid-configuration"));
    }
    paths
        .iter()
        .map(|path| {
            let mut url = issuer.clone();
            url.set_path(path);
            url
        })
        .collect()
}

/// Whether what comes from `url` is what its host sent: https, or this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}

async fn get(client: &Client, url: Url) -> Result<Vec<u8>, FetchError> {
    let request = client.get(url).header(ACCEPT, "application/json");
    let mut response = request.send().await.map_err(|_| FetchError::NoAnswer)?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    bounded(&mut response).await
}

/// The body, if it is not too large.
pub(super) async fn bounded(response: &mut reqwest::Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::NoAnswer)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A client that follows no redirect: keys come from where the author said.
pub(super) fn client() -> Result<Client, AuthError> {
    let builder = Client::builder().redirect(Policy::none());
    // Built for a TLS library that the process has not installed, reqwest panics.
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(error)) => Err(AuthError::HttpClient {
            reason: error.to_string(),
        }),
        Err(_) => Err(AuthError::HttpClient {
            reason: "no provider for TLS is installed".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_where_the_specification_says() {
        let places = |issuer: &str| -> Vec<String> {
            let issuer = Url::parse(issuer).unwrap();
            well_known(&issuer).iter().map(Url::to_string).collect()
        };
        assert_eq!(
            places("https://auth.example.com"),
            [
                "https://auth.example.com/.well-known/oauth-authorization-server",
                "https://auth.example.com/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            places("https://auth.example.com/tenant1"),
            [
                "https://auth.example.com/.well-known/oauth-authorization-server/tenant1",
                "https://auth.example.com/.well-known/openid-configuration/tenant1",
                "https://auth.example.com/tenant1/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (url, safe) in [
            ("https://auth.example.com/keys", true),
            ("http://localhost:8080/keys", true),
            ("http://127.0.0.1/keys", true),
            ("http://[::1]/keys", true),
            ("http://auth.example.com/keys", false),
            ("http://localhost.example.com/keys", false),
            ("http://192.168.0.1/keys", false),
            ("file:///etc/keys", false),
        ] {
            assert_eq!(is_safe(&Url::parse(url).unwrap()), safe, "{url}");
        }
    }
}
