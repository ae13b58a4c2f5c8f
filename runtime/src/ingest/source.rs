//! One entry of an answer: who produced its spans, and reading them.

use std::cell::Cell;
use std::sync::Arc;

use opentelemetry_semantic_conventions::attribute::SERVICE_NAME;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::limits::IngestLimits;
use super::reason::RejectReason;
use super::shape::Shape;
use crate::otlp::{Attribute, Entry, Resource, Scope, Span, SpanFields, is_unambiguous};

/// Levels between an entry's own braces and its spans.
const LEVELS_ABOVE_SPANS: usize = 4;

/// An entry with its resource and scopes read.
pub(super) struct Source<'a> {
    entry: &'a Entry<'a>,
    limits: &'a IngestLimits,
    /// How many more objects are read of the answer, if they are scarce.
    objects: Option<&'a Cell<usize>>,
    /// Whether nothing in the whole text of the entry is in any receiver's way.
    plain: bool,
    resource: Result<Arc<Resource>, RejectReason>,
    scopes: Vec<Result<Arc<Scope>, RejectReason>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        entry: &'a Entry<'a>,
        limits: &'a IngestLimits,
        objects: Option<&'a Cell<usize>>,
    ) -> Self {
        let shape = Shape::of(entry.text);
        let plain = shape.nesting <= limits.max_nesting() + LEVELS_ABOVE_SPANS
            && shape.longest_string_bytes <= limits.max_string_bytes()
            && is_unambiguous(entry.text);
        let mut source = Self {
            entry,
            limits,
            objects,
            plain,
            resource: Err(RejectReason::Malformed),
            scopes: Vec::new(),
        };
        source.resource = source.resource().map(Arc::new);
        let scopes = entry.parts.scope_spans.items.iter();
        source.scopes = scopes
            .map(|scope| {
                let scope = source.scope(scope.scope, scope.schema_url)?;
                Ok(Arc::new(scope))
            })
            .collect();
        source
    }

    pub(super) fn entry(&self) -> &'a Entry<'a> {
        self.entry
    }

    /// Whether the entry may go on as it stands, provided that all its spans do.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Reads a span in the scope at an index.
    pub(super) fn span(&self, scope: usize, text: &str) -> Result<Span, RejectReason> {
        let resource = self.resource.clone()?;
        let scope = self
            .scopes
            .get(scope)
            .cloned()
            .ok_or(RejectReason::Malformed)??;
        let fields: SpanFields = self.decode(text)?;
        if !self.span_fits(&fields) {
            return Err(RejectReason::Oversized);
        }
        Ok(Span {
            resource,
            scope,
            fields,
        })
    }

    fn span_fits(&self, fields: &SpanFields) -> bool {
        let (events, links) = (&fields.events.items, &fields.links.items);
        let of_events = events.iter().map(|event| event.attributes());
        let of_links = links.iter().map(|link| link.attributes());
        let mut lists = of_events.chain(of_links);
        fields.excess() == 0
            && events.len() <= self.limits.max_events()
            && links.len() <= self.limits.max_links()
            && self.fits(&fields.attributes.items)
            && lists.all(|list| self.fits(list))
    }

    fn resource(&self) -> Result<Resource, RejectReason> {
        let parts = &self.entry.parts;
        self.part::<Option<String>>(parts.schema_url)?;
        let resource: Resource = self.part(parts.resource)?;
        if resource.attributes.excess > 0 || !self.fits(resource.attributes()) {
            return Err(RejectReason::Oversized);
        }
        let names = resource.attributes().iter();
        // Of two names, others may take the one that we do not.
        match names
            .filter(|attribute| attribute.key == SERVICE_NAME)
            .count()
        {
            0 | 1 => {}
            _ => return Err(RejectReason::Malformed),
        }
        let named = resource.service_name().is_some();
        named.then_some(resource).ok_or(RejectReason::NoServiceName)
    }

    fn scope(
        &self,
        scope: Option<&RawValue>,
        schema_url: Option<&RawValue>,
    ) -> Result<Scope, RejectReason> {
        self.part::<Option<String>>(schema_url)?;
        let scope: Scope = self.part(scope)?;
        let fits = scope.attributes.excess == 0 && self.fits(scope.attributes());
        fits.then_some(scope).ok_or(RejectReason::Oversized)
    }

    fn fits(&self, attributes: &[Attribute]) -> bool {
        attributes.len() <= self.limits.max_attributes()
    }

    fn part<T: DeserializeOwned + Default>(
        &self,
        text: Option<&RawValue>,
    ) -> Result<T, RejectReason> {
        text.map_or_else(|| Ok(T::default()), |text| self.decode(text.get()))
    }

    fn decode<T: DeserializeOwned>(&self, text: &str) -> Result<T, RejectReason> {
        if !self.plain {
            let shape = Shape::of(text);
            if shape.nesting > self.limits.max_nesting() {
                return Err(RejectReason::TooDeep);
            }
            if shape.longest_string_bytes > self.limits.max_string_bytes() {
                return Err(RejectReason::Oversized);
            }
            if !is_unambiguous(text) {
                return Err(RejectReason::Malformed);
            }
        }
        self.spend_objects(text)?;
        serde_json::from_str(text).map_err(|_| RejectReason::Malformed)
    }

    fn spend_objects(&self, text: &str) -> Result<(), RejectReason> {
        let Some(objects) = self.objects else {
            return Ok(());
        };
        let left = objects.get().checked_sub(Shape::of(text).objects);
        objects.set(left.ok_or(RejectReason::Oversized)?);
        Ok(())
    }
}
