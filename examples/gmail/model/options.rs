//! Which model is asked, and where.

use std::fmt;

use async_openai::types::chat::ReasoningEffort;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};
use url::Url;

/// Where OpenAI answers.
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";
/// The model that is asked if none is named: small, good enough to call a tool, and one that OpenAI lets do so over chat
/// completions as it is. Its younger ones insist on an effort of `none` there.
pub const DEFAULT_MODEL: &str = "gpt-5.4-mini";

/// An API key. Its `Debug` does not show it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// Which model.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ModelOptions {
    /// The scripted one, in this process.
    #[default]
    Scripted,
    /// One behind an OpenAI-compatible chat-completions API.
    Api {
        /// What comes before `/chat/completions`.
        base: Url,
        /// The key, where one is needed.
        key: Option<ApiKey>,
        /// Its name there.
        model: String,
        /// How much it is to think before it answers, where that is to be said.
        effort: Option<ReasoningEffort>,
    },
}

/// What is wrong with the options, in terms of the variables they come from. No value is repeated: a key may stand in
/// the wrong variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The key would not fit a header.
    #[error(
        "OPENAI_API_KEY has characters that cannot stand in an HTTP header; give the key alone, without spaces or line breaks"
    )]
    Key,
    /// The base is no URL to which a path could be added.
    #[error(
        "OPENAI_BASE_URL is not a URL such as {DEFAULT_BASE_URL}: http or https, without user name, query and fragment"
    )]
    BaseUrl,
    /// The effort is none that the API knows.
    #[error("OPENAI_REASONING_EFFORT is none of none, minimal, low, medium, high, xhigh and max")]
    Effort,
}

impl ModelOptions {
    /// The model that `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_MODEL` and `OPENAI_REASONING_EFFORT` describe; without
    /// key and base URL the scripted one.
    ///
    /// # Errors
    ///
    /// [`OptionsError`].
    pub fn from_variables(
        key: Option<String>,
        base: Option<&str>,
        model: Option<String>,
        effort: Option<&str>,
    ) -> Result<Self, OptionsError> {
        if key.is_none() && base.is_none() {
            return Ok(Self::Scripted);
        }
        let is_visible = |key: &String| key.bytes().all(|byte| byte.is_ascii_graphic());
        if !key.as_ref().is_none_or(is_visible) {
            return Err(OptionsError::Key);
        }
        let base = Url::parse(base.unwrap_or(DEFAULT_BASE_URL))
            .ok()
            .filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && (url.query(), url.fragment(), url.password()) == (None, None, None)
                    && url.username().is_empty()
            });
        Ok(Self::Api {
            base: base.ok_or(OptionsError::BaseUrl)?,
            key: key.map(ApiKey),
            model: model.unwrap_or_else(|| DEFAULT_MODEL.to_owned()),
            effort: effort.map(reasoning_effort).transpose()?,
        })
    }
}

fn reasoning_effort(text: &str) -> Result<ReasoningEffort, OptionsError> {
    let text: StrDeserializer<'_, Error> = text.into_deserializer();
    ReasoningEffort::deserialize(text).map_err(|_| OptionsError::Effort)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(key: &str, base: &str, model: &str) -> Result<ModelOptions, OptionsError> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ModelOptions::from_variables(given(key), given(base).as_deref(), given(model), None)
    }

    #[test]
    fn a_key_or_a_base_url_names_a_real_model() {
        for (key, base, model, expected) in [
            ("", "", "", None),
            ("", "", "gpt-x", None),
            (
                "sk-1",
                "",
                "",
                Some((DEFAULT_BASE_URL, true, DEFAULT_MODEL)),
            ),
            ("sk-1", "", "gpt-x", Some((DEFAULT_BASE_URL, true, "gpt-x"))),
            (
                "",
                "http://localhost:11434/v1",
                "llama",
                Some(("http://localhost:11434/v1", false, "llama")),
            ),
        ] {
            let found = match options(key, base, model).unwrap() {
                ModelOptions::Scripted => None,
                ModelOptions::Api {
                    base, key, model, ..
                } => Some((base.to_string(), key.is_some(), model)),
            };
            let expected =
                expected.map(|(base, key, model)| (base.to_owned(), key, model.to_owned()));
            assert_eq!(found, expected, "{key} {base} {model}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_not_repeated() {
        for key in ["can ary", "canary\n", "canäry"] {
            assert_eq!(options(key, "", "").unwrap_err(), OptionsError::Key);
        }
        for base in [
            "canary",
            "ftp://canary",
            "http://u:canary@a/v1",
            "http://u@a",
            "http://a/?canary",
            "http://a/#canary",
        ] {
            let error = options("", base, "").unwrap_err();
            assert_eq!(error, OptionsError::BaseUrl, "{base}");
            assert!(!error.to_string().contains("canary"));
        }
    }

    #[test]
    fn an_effort_is_one_that_the_api_knows() {
        let effort = |text| {
            let key = Some("sk-1".to_owned());
            ModelOptions::from_variables(key, None, None, Some(text)).map(|options| match options {
                ModelOptions::Api { effort, .. } => effort,
                ModelOptions::Scripted => None,
            })
        };
        assert_eq!(effort("none"), Ok(Some(ReasoningEffort::None)));
        assert_eq!(effort("xhigh"), Ok(Some(ReasoningEffort::Xhigh)));
        assert_eq!(effort("canary"), Err(OptionsError::Effort));
    }

    #[test]
    fn a_key_does_not_show() {
        let shown = format!("{:?}", options("canary", "", "").unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
