//! Borrowed parameters: what the server provides.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;

use super::context::ToolContext;

/// One borrowed parameter of a tool, as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct Injection {
    pub(crate) parameter: &'static str,
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
}

impl Injection {
    /// The parameter `parameter: &T`.
    #[must_use]
    pub const fn of<T: Any + Send + Sync>(parameter: &'static str) -> Self {
        Self {
            parameter,
            type_id: TypeId::of::<T>,
            type_name: type_name::<T>,
        }
    }

    /// Whether every call provides it by itself.
    pub(crate) fn is_context(&self) -> bool {
        (self.type_id)() == TypeId::of::<ToolContext>()
    }
}

/// What the server provides, by type.
#[derive(Default)]
pub(crate) struct Injections(HashMap<TypeId, (&'static str, Box<dyn Any + Send + Sync>)>);

impl Injections {
    /// Provides `value`; `false` if there is one of its type already.
    pub(crate) fn insert<T: Any + Send + Sync>(&mut self, value: T) -> bool {
        self.0
            .insert(TypeId::of::<T>(), (type_name::<T>(), Box::new(value)))
            .is_none()
    }

    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.1.downcast_ref()
    }

    pub(crate) fn provides(&self, injection: &Injection) -> bool {
        injection.is_context() || self.0.contains_key(&(injection.type_id)())
    }
}

impl fmt::Debug for Injections {
    /// Names types only: values may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_set()
            .entries(self.0.values().map(|(name, _)| name))
            .finish()
    }
}
