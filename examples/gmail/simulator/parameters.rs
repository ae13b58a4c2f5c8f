//! Query parameters, which Google's APIs repeat for lists.

use url::form_urlencoded;

use super::error::ApiError;

/// The parameters of a request, decoded.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn parse(query: Option<&str>) -> Self {
        Self(
            form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The last value of a parameter, as Google takes it.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rfind(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A number, or the error that Google gives; `field` is the parameter's name in that error.
    pub(super) fn number(&self, name: &str, field: &str) -> Result<Option<u32>, ApiError> {
        self.last(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| ApiError::invalid_value(field, "TYPE_UINT32", text))
            })
            .transpose()
    }
}
