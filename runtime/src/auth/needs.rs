//! Which scopes a request needs, by what it asks for.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use crate::resource::ResourceUri;

/// All of them are needed.
pub(crate) type Scopes = &'static [&'static str];

/// What the tools, prompts and resources of a server need.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) tools: HashMap<String, Scopes>,
    pub(crate) prompts: HashMap<String, Scopes>,
    /// In the order in which they are looked through, also those that need
    /// nothing: one may stand before another that has the same URI.
    pub(crate) resources: Vec<(ResourceUri, Scopes)>,
}

impl Needs {
    /// Everything that anything needs.
    pub(super) fn all(&self) -> impl Iterator<Item = Scopes> {
        let named = self.tools.values().chain(self.prompts.values());
        named
            .chain(self.resources.iter().map(|(_, scopes)| scopes))
            .copied()
    }

    /// What the request with this body needs. Of what cannot be read, nothing:
    /// the handler compares scopes in any case.
    pub(super) fn of(&self, body: &[u8]) -> Scopes {
        self.find(body).unwrap_or_default()
    }

    fn find(&self, body: &[u8]) -> Option<Scopes> {
        #[derive(Deserialize)]
        struct Request<'a> {
            #[serde(borrow)]
            method: Cow<'a, str>,
            #[serde(borrow)]
            params: Params<'a>,
        }
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(borrow)]
            name: Option<Cow<'a, str>>,
            #[serde(borrow)]
            uri: Option<Cow<'a, str>>,
        }
        let Request { method, params } = serde_json::from_slice(body).ok()?;
        match &*method {
            "tools/call" => self.tools.get(&*params.name?).copied(),
            "prompts/get" => self.prompts.get(&*params.name?).copied(),
            "resources/read" => {
                let uri = params.uri?;
                let mut resources = self.resources.iter();
                let found = resources.find(|(known, _)| known.find(&uri).is_some());
                found.map(|(_, scopes)| *scopes)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::UriPart::{Literal, Segment};

    #[test]
    fn a_resource_is_found_under_its_prefix() {
        let mut uri = ResourceUri::new("note://{id}", &[Literal("note://"), Segment("id")]);
        uri.prefix("work/");
        let needs = Needs {
            resources: vec![(uri, &["read"])],
            ..Needs::default()
        };
        let of = |uri: &str| {
            let request = json!({"method": "resources/read", "params": {"uri": uri}});
            needs.of(request.to_string().as_bytes())
        };
        assert_eq!(of("note://work/7"), ["read"]);
        assert!(of("note://7").is_empty());
    }
}
