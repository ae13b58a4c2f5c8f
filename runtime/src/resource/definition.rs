//! What the author of a resource wrote, as one constant.

use rmcp::model::{Annotations, Resource as ResourceModel, ResourceTemplate, Role};

use super::template::UriPart;
use crate::tool::Injection;

/// A resource as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct ResourceDefinition {
    name: &'static str,
    /// As it is written: a URI, or a template of URIs.
    pub(crate) uri: &'static str,
    /// The same, taken apart; without variables, one literal.
    pub(crate) parts: &'static [UriPart],
    title: Option<&'static str>,
    description: Option<&'static str>,
    mime_type: Option<&'static str>,
    /// What the type of the contents says, where nothing is written.
    content_type: Option<fn() -> Option<&'static str>>,
    size: Option<u64>,
    audience: &'static [Role],
    priority: Option<f32>,
    pub(crate) scopes: &'static [&'static str],
    pub(crate) injections: &'static [Injection],
}

impl ResourceDefinition {
    /// A resource with a name and a URI, and nothing else.
    #[must_use]
    pub const fn new(name: &'static str, uri: &'static str, parts: &'static [UriPart]) -> Self {
        Self {
            name,
            uri,
            parts,
            title: None,
            description: None,
            mime_type: None,
            content_type: None,
            size: None,
            audience: &[],
            priority: None,
            scopes: &[],
            injections: &[],
        }
    }

    /// Sets the title for people.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }

    /// Sets the description for the model.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Sets the MIME type of the contents.
    #[must_use]
    pub const fn mime_type(mut self, mime_type: &'static str) -> Self {
        self.mime_type = Some(mime_type);
        self
    }

    /// Sets the MIME type that the type of the contents says, if any.
    #[must_use]
    pub const fn content_type(mut self, content_type: fn() -> Option<&'static str>) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// Sets the size of the contents, in bytes.
    #[must_use]
    pub const fn size(mut self, size_bytes: u64) -> Self {
        self.size = Some(size_bytes);
        self
    }

    /// Sets whom the contents are for.
    #[must_use]
    pub const fn audience(mut self, audience: &'static [Role]) -> Self {
        self.audience = audience;
        self
    }

    /// Sets how important the contents are, from 0 to 1.
    #[must_use]
    pub const fn priority(mut self, priority: f32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the scopes that a caller needs, all of them.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// Sets the borrowed parameters, in order.
    #[must_use]
    pub const fn injections(mut self, injections: &'static [Injection]) -> Self {
        self.injections = injections;
        self
    }

    /// The MIME type of the contents: as written, or as their type says.
    pub(crate) fn media_type(&self) -> Option<&'static str> {
        self.mime_type
            .or_else(|| self.content_type.and_then(|content_type| content_type()))
    }

    /// What `resources/list` says of it, under a URI that may have a prefix.
    pub(crate) fn listed(&self, uri: &str) -> ResourceModel {
        let mut model = ResourceModel::new(uri, self.name);
        model.title = self.title.map(Into::into);
        model.description = self.description.map(Into::into);
        model.mime_type = self.media_type().map(Into::into);
        model.size = self.size;
        model.annotations = self.annotations();
        model
    }

    /// What `resources/templates/list` says of it, under a template that may have
    /// a prefix.
    pub(crate) fn template(&self, uri: &str) -> ResourceTemplate {
        let mut model = ResourceTemplate::new(uri, self.name);
        model.title = self.title.map(Into::into);
        model.description = self.description.map(Into::into);
        model.mime_type = self.media_type().map(Into::into);
        model.annotations = self.annotations();
        model
    }

    fn annotations(&self) -> Option<Annotations> {
        let mut annotations = Annotations::default();
        annotations.audience = (!self.audience.is_empty()).then(|| self.audience.to_vec());
        annotations.priority = self.priority;
        (annotations != Annotations::default()).then_some(annotations)
    }
}
