//! One exchange with the API, within bounds of time and size, and without retries: a person is waiting.

use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::{Client, Response};
use tower::Service;
use url::Url;

use super::error::ModelError;
use crate::client::root_cause;
use crate::http::BodyError;

/// How long an answer may take. Ours: models that think first take a minute.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read. Ours: a long one has a few thousand tokens, so some 20 KiB.
pub(super) const MAX_BODY_BYTES: usize = 1 << 20;

pub(super) fn client(base: &Url) -> Result<Client, ModelError> {
    let builder = crate::http::client(base)
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT);
    builder.build().map_err(|error| ModelError::Failed {
        base: base.clone(),
        reason: root_cause(&error),
    })
}

/// Sends requests as the client crate makes them. Its own way of doing so retries, reads answers of any size, and loses
/// the status of a refusal that has no body of OpenAI's.
pub(super) fn service(
    http: Client,
    base: &Url,
    key: &str,
) -> impl Service<HttpRequestFactory, Response = Response, Error = OpenAIError, Future: Send + 'static>
+ Clone
+ Send
+ Sync
+ 'static {
    let (base, key) = (base.clone(), key.to_owned());
    tower::service_fn(move |request: HttpRequestFactory| {
        let (http, base, key) = (http.clone(), base.clone(), key.clone());
        async move {
            let request = request.build().await?;
            let exchanged = exchange(&http, request, &base, &key).await;
            exchanged.map_err(|error| OpenAIError::Boxed(Box::new(error)))
        }
    })
}

async fn exchange(
    http: &Client,
    request: reqwest::Request,
    base: &Url,
    key: &str,
) -> Result<Response, ModelError> {
    let answer = http.execute(request).await;
    let mut response = answer.map_err(|error| failure(&error, base))?;
    let status = response.status();
    let body = crate::http::body(&mut response, MAX_BODY_BYTES).await;
    let body = body.map_err(|error| match error {
        BodyError::TooLarge => ModelError::TooLarge { base: base.clone() },
        BodyError::Lost(error) => failure(&error, base),
    })?;
    if status.is_success() {
        Ok(axum::http::Response::new(body).into())
    } else {
        Err(ModelError::refused(base, status, &body, key))
    }
}

fn failure(error: &reqwest::Error, base: &Url) -> ModelError {
    let base = base.clone();
    if error.is_timeout() && !error.is_connect() {
        ModelError::TimedOut {
            base,
            timeout: TIMEOUT,
        }
    } else {
        ModelError::Unreachable {
            base,
            reason: root_cause(error),
        }
    }
}
