//! Requests to services that have tokens.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use secrecy::SecretString;

use super::error::TokenError;

/// Bytes of an answer. Ours: tokens have a few kilobytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// An answer's body, which may hold a token.
pub(super) async fn send(
    request: RequestBuilder,
    timeout: Duration,
) -> Result<(http::StatusCode, SecretBody), TokenError> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() {
            TokenError::TimedOut(timeout)
        } else {
            TokenError::Unreachable
        }
    };
    let response = request.timeout(timeout).send().await.map_err(failed)?;
    let status = response.status();
    let body = read(response).await.map_err(|error| match error {
        Some(error) => failed(error),
        None => TokenError::InvalidAnswer,
    })?;
    Ok((status, body))
}

/// A body that is wiped when it is dropped.
pub(super) type SecretBody = secrecy::SecretBox<Vec<u8>>;

async fn read(mut response: Response) -> Result<SecretBody, Option<reqwest::Error>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Some)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(SecretBody::new(Box::new(body)))
}

/// A token as it can stand in a header: visible ASCII, not empty.
pub(super) fn usable(token: String) -> Result<SecretString, TokenError> {
    if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(token))
    } else {
        Err(TokenError::InvalidAnswer)
    }
}
