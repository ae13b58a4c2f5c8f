//! The resources of a server: those of functions, checked, and a provider's.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceTemplate, ResourcesCapability};

use super::error::{BuildError, check_injections, check_scopes};
use super::handler::{Request, Shows};
use super::provider::DynResources;
#[cfg(feature = "auth")]
use crate::resource::UriPart;
use crate::resource::{ResourceCall, find, sample};
use crate::tool::{CallError, Injections, Provided, RegisteredResource, ToolContext};

/// The resources of one server.
pub(super) struct Resources {
    /// By their URI.
    indices: HashMap<&'static str, usize>,
    /// In the order they were registered.
    fixed: Vec<RegisteredResource>,
    /// In the order they were registered.
    templates: Vec<RegisteredResource>,
    provider: Option<Box<dyn DynResources>>,
}

impl Resources {
    /// Checks that each resource can be reached, and gets what it borrows.
    pub(super) fn build(
        resources: Vec<RegisteredResource>,
        provider: Option<Box<dyn DynResources>>,
        injections: &Injections,
    ) -> Result<Self, BuildError> {
        for resource in &resources {
            let item = || format!("resource `{}`", resource.definition.uri);
            check_injections(resource.definition.injections, injections, item)?;
            check_scopes(resource.definition.scopes, item)?;
        }
        let (fixed, templates): (Vec<_>, Vec<_>) = resources
            .into_iter()
            .partition(|resource| resource.definition.is_fixed());
        check_reachable(&templates)?;
        Ok(Self {
            indices: indices(&fixed)?,
            fixed,
            templates,
            provider,
        })
    }

    /// What is announced: nothing without resources.
    pub(super) fn capability(&self) -> Option<ResourcesCapability> {
        let is_empty = self.fixed.is_empty() && self.templates.is_empty();
        (!is_empty || self.provider.is_some()).then(ResourcesCapability::default)
    }

    /// What each of the functions needs, in the order of [`find`](Self::find).
    #[cfg(feature = "auth")]
    pub(super) fn scoped(
        &self,
    ) -> impl Iterator<Item = (&'static [UriPart], &'static [&'static str])> {
        let all = self.fixed.iter().chain(&self.templates);
        all.map(|resource| (resource.definition.parts, resource.definition.scopes))
    }

    /// What a read of `uri` needs. What a provider needs, it checks itself.
    #[cfg(feature = "auth")]
    pub(super) fn scopes(&self, uri: &str) -> &'static [&'static str] {
        let found = self.find(uri);
        found.map_or(&[], |(resource, _)| resource.definition.scopes)
    }

    /// One page: the first begins with the functions' own, of those that are
    /// shown.
    pub(super) async fn list(
        &self,
        cursor: Option<&str>,
        context: &ToolContext,
        shows: impl Shows,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut page = match (&self.provider, cursor) {
            (Some(provider), cursor) => provider.list(cursor, context).await?,
            (None, None) => ListResourcesResult::default(),
            (None, Some(_)) => {
                let text = "there is no such cursor; the first page has all resources";
                return Err(ErrorData::invalid_params(text, None));
            }
        };
        if cursor.is_none() {
            let own = self.fixed.iter();
            let own = own
                .filter(|resource| shows(context.request(), resource.definition.scopes))
                .map(|resource| resource.definition.listed());
            page.resources.splice(0..0, own);
        }
        Ok(page)
    }

    pub(super) fn templates(&self, request: &Request, shows: impl Shows) -> Vec<ResourceTemplate> {
        let own = self.templates.iter();
        let own = own
            .filter(|resource| shows(request, resource.definition.scopes))
            .map(|resource| resource.definition.template());
        let provided = self
            .provider
            .iter()
            .flat_map(|provider| provider.templates());
        own.chain(provided).collect()
    }

    /// Reads a resource: a fixed one, else of the first template that has the
    /// URI, else what the provider has.
    pub(super) async fn read(
        &self,
        uri: String,
        injections: Arc<Injections>,
        context: ToolContext,
        shows: impl Shows,
    ) -> Result<ReadResourceResult, ErrorData> {
        if let Some((resource, values)) = self.find(&uri) {
            let provided = Provided::new(injections, context);
            let call = ResourceCall::new(
                resource.definition,
                uri,
                values,
                resource.receiver.clone(),
                provided,
            );
            let missing = |mistakes| ErrorData::resource_not_found(mistakes, None);
            let read = (resource.read)(call).await;
            return read.map_err(|error: CallError| error.into_error(missing));
        }
        match &self.provider {
            Some(provider) => provider.read(&uri, &context).await,
            None => Err(self.unknown(context.request(), shows)),
        }
    }

    fn find(&self, uri: &str) -> Option<(&RegisteredResource, Vec<String>)> {
        let fixed = self
            .indices
            .get(uri)
            .and_then(|index| self.fixed.get(*index));
        if let Some(fixed) = fixed {
            return Some((fixed, Vec::new()));
        }
        self.templates.iter().find_map(|template| {
            let values = find(template.definition.parts, uri)?;
            Some((template, values.into_iter().map(str::to_owned).collect()))
        })
    }

    fn unknown(&self, request: &Request, shows: impl Shows) -> ErrorData {
        let all = self.fixed.iter().chain(&self.templates);
        let uris: Vec<&str> = all
            .filter(|resource| shows(request, resource.definition.scopes))
            .map(|resource| resource.definition.uri)
            .collect();
        let message = match uris.as_slice() {
            [] => "this server has no resources".to_owned(),
            uris => format!(
                "there is no such resource; this server has: {}",
                uris.join(", ")
            ),
        };
        ErrorData::resource_not_found(message, None)
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.fixed.iter().chain(&self.templates);
        formatter
            .debug_set()
            .entries(all.map(|resource| resource.definition.uri))
            .finish()
    }
}

/// Where each URI is; refuses one that is there twice.
fn indices(fixed: &[RegisteredResource]) -> Result<HashMap<&'static str, usize>, BuildError> {
    let mut indices = HashMap::with_capacity(fixed.len());
    for (index, resource) in fixed.iter().enumerate() {
        let uri = resource.definition.uri;
        let first = indices
            .insert(uri, index)
            .and_then(|first| fixed.get(first));
        if let Some(first) = first {
            return Err(BuildError::DuplicateResource {
                uri: uri.to_owned(),
                first: first.origin.clone().into_owned(),
                second: resource.origin.clone().into_owned(),
            });
        }
    }
    Ok(indices)
}

/// Refuses a template that stands behind one which has all of its URIs.
fn check_reachable(templates: &[RegisteredResource]) -> Result<(), BuildError> {
    for (index, second) in templates.iter().enumerate() {
        let sample = sample(second.definition.parts);
        let mut before = templates.iter().take(index);
        if let Some(first) = before.find(|first| find(first.definition.parts, &sample).is_some()) {
            return Err(BuildError::HiddenResource {
                template: second.definition.uri.to_owned(),
                origin: second.origin.clone().into_owned(),
                by: first.definition.uri.to_owned(),
                by_origin: first.origin.clone().into_owned(),
            });
        }
    }
    Ok(())
}
