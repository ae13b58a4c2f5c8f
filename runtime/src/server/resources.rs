//! The resources of a server: those of functions, checked, and a provider's.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResult, ResourceTemplate, ResourcesCapability};

use super::error::{BuildError, check_injections, check_scopes};
use super::handler::{Request, Shows};
use super::provider::DynResources;
use super::switch::ToolSwitch;
use crate::resource::ResourceCall;
#[cfg(feature = "auth")]
use crate::resource::ResourceUri;
use crate::tool::{CallError, Injections, Offer, Provided, RegisteredResource, ToolContext};

/// The resources of one server.
pub(super) struct Resources {
    /// Where in `fixed` each URI is.
    indices: HashMap<String, usize>,
    /// In the order they were registered.
    fixed: Vec<OfferedResource>,
    /// In the order they were registered.
    templates: Vec<OfferedResource>,
    provider: Option<Box<dyn DynResources>>,
    switch: Option<ToolSwitch>,
}

/// A resource, and what the switch knows it by.
struct OfferedResource {
    registered: RegisteredResource,
    index: usize,
}

/// What a URI names.
pub(super) enum Found<'a> {
    /// What a function or method reads, and the values of its variables.
    Own(&'a RegisteredResource, Vec<String>),
    /// The same, but it is disabled.
    Disabled,
    /// If anything, then what the provider has.
    Provided,
}

impl Found<'_> {
    /// What a read needs. What a provider needs, it checks itself.
    #[cfg(feature = "auth")]
    pub(super) fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Own(resource, _) => resource.definition.scopes,
            Self::Disabled | Self::Provided => &[],
        }
    }
}

impl Resources {
    /// Checks that each resource can be reached, and gets what it borrows.
    pub(super) fn build(
        resources: Vec<RegisteredResource>,
        provider: Option<Box<dyn DynResources>>,
        injections: &Injections,
        switch: Option<ToolSwitch>,
    ) -> Result<Self, BuildError> {
        for resource in &resources {
            let item = || format!("resource `{}`", resource.uri.as_str());
            check_uri(resource)?;
            check_injections(resource.definition.injections, injections, item)?;
            check_scopes(resource.definition.scopes, item)?;
        }
        let resources = resources.into_iter().enumerate();
        let (fixed, templates): (Vec<_>, Vec<_>) = resources
            .map(|(index, registered)| OfferedResource { registered, index })
            .partition(|resource| resource.registered.uri.is_fixed());
        check_reachable(&templates)?;
        Ok(Self {
            indices: indices(&fixed)?,
            fixed,
            templates,
            provider,
            switch,
        })
    }

    /// What is announced: nothing without resources.
    pub(super) fn capability(&self) -> Option<ResourcesCapability> {
        let is_empty = self.fixed.is_empty() && self.templates.is_empty();
        let mut capability = ResourcesCapability::default();
        // What a provider has is not switched.
        capability.list_changed = (!is_empty && self.switch.is_some()).then_some(true);
        (!is_empty || self.provider.is_some()).then_some(capability)
    }

    fn all(&self) -> impl Iterator<Item = &OfferedResource> {
        self.fixed.iter().chain(&self.templates)
    }

    fn is_enabled(&self, resource: &OfferedResource) -> bool {
        let switch = self.switch.as_ref();
        switch.is_none_or(|switch| switch.allows(Offer::Resource, resource.index))
    }

    /// Those that are enabled, and of which the caller of a request is told.
    fn shown<'a>(
        &self,
        resources: impl Iterator<Item = &'a OfferedResource>,
        request: &Request,
        shows: impl Shows,
    ) -> impl Iterator<Item = &'a RegisteredResource> {
        let shown = resources.filter(move |resource| {
            self.is_enabled(resource) && shows(request, resource.registered.definition.scopes)
        });
        shown.map(|resource| &resource.registered)
    }

    /// What each of the functions needs, in the order of [`find`](Self::find).
    #[cfg(feature = "auth")]
    pub(super) fn scoped(&self) -> impl Iterator<Item = (ResourceUri, &'static [&'static str])> {
        let all = self.all().map(|resource| &resource.registered);
        all.map(|resource| (resource.uri.clone(), resource.definition.scopes))
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
            let own = self.shown(self.fixed.iter(), context.request(), shows);
            let own = own.map(|resource| resource.definition.listed(resource.uri.as_str()));
            page.resources.splice(0..0, own);
        }
        Ok(page)
    }

    pub(super) fn templates(&self, request: &Request, shows: impl Shows) -> Vec<ResourceTemplate> {
        let own = self.shown(self.templates.iter(), request, shows);
        let own = own.map(|resource| resource.definition.template(resource.uri.as_str()));
        let provided = self
            .provider
            .iter()
            .flat_map(|provider| provider.templates());
        own.chain(provided).collect()
    }

    /// Reads what was found for `uri`.
    pub(super) async fn read(
        &self,
        found: Found<'_>,
        uri: String,
        injections: Arc<Injections>,
        context: ToolContext,
        shows: impl Shows,
    ) -> Result<ReadResourceResult, ErrorData> {
        if let Found::Own(resource, values) = found {
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
        match (found, &self.provider) {
            (Found::Provided, Some(provider)) => provider.read(&uri, &context).await,
            _ => Err(self.unknown(context.request(), shows)),
        }
    }

    /// A fixed resource, else the first template that has the URI, else what the
    /// provider has. Of a disabled one the URIs are not free for others, whose
    /// contents nobody would expect there.
    pub(super) fn find(&self, uri: &str) -> Found<'_> {
        let fixed = self.indices.get(uri);
        let fixed = fixed.and_then(|index| self.fixed.get(*index));
        let found = match fixed {
            Some(fixed) => Some((fixed, Vec::new())),
            None => self.templates.iter().find_map(|template| {
                let values = template.registered.uri.find(uri)?;
                Some((template, values))
            }),
        };
        match found {
            None => Found::Provided,
            Some((resource, _)) if !self.is_enabled(resource) => Found::Disabled,
            Some((resource, values)) => {
                let values = values.into_iter().map(str::to_owned);
                Found::Own(&resource.registered, values.collect())
            }
        }
    }

    fn unknown(&self, request: &Request, shows: impl Shows) -> ErrorData {
        let uris: Vec<&str> = self
            .shown(self.all(), request, shows)
            .map(|resource| resource.uri.as_str())
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
        let uris = self.all().map(|resource| resource.registered.uri.as_str());
        formatter.debug_set().entries(uris).finish()
    }
}

/// Refuses what a prefix has made of a URI, if it is none.
fn check_uri(resource: &RegisteredResource) -> Result<(), BuildError> {
    let checked = resource.uri.check();
    checked.map_err(|reason| BuildError::ResourceUri {
        uri: resource.uri.as_str().to_owned(),
        origin: resource.origin.clone().into_owned(),
        reason,
    })
}

/// Where each URI is; refuses one that is there twice.
fn indices(fixed: &[OfferedResource]) -> Result<HashMap<String, usize>, BuildError> {
    let mut indices = HashMap::with_capacity(fixed.len());
    for (index, OfferedResource { registered, .. }) in fixed.iter().enumerate() {
        let uri = registered.uri.as_str();
        let first = indices
            .insert(uri.to_owned(), index)
            .and_then(|first| fixed.get(first));
        if let Some(first) = first {
            return Err(BuildError::DuplicateResource {
                uri: uri.to_owned(),
                first: first.registered.origin.clone().into_owned(),
                second: registered.origin.clone().into_owned(),
            });
        }
    }
    Ok(indices)
}

/// Refuses a template that stands behind one which has all of its URIs.
fn check_reachable(templates: &[OfferedResource]) -> Result<(), BuildError> {
    for (index, OfferedResource { registered, .. }) in templates.iter().enumerate() {
        let mut before = templates.iter().take(index);
        if let Some(first) = before.find(|first| first.registered.uri.covers(&registered.uri)) {
            return Err(BuildError::HiddenResource {
                template: registered.uri.as_str().to_owned(),
                origin: registered.origin.clone().into_owned(),
                by: first.registered.uri.as_str().to_owned(),
                by_origin: first.registered.origin.clone().into_owned(),
            });
        }
    }
    Ok(())
}
