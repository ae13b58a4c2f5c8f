//! What the server provides for one call.

use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

use super::call::CallError;
use super::context::ToolContext;
use super::injection::Injections;

/// What parameters can borrow: what was injected, and the request itself.
#[derive(Debug)]
pub(crate) struct Provided {
    injections: Arc<Injections>,
    /// The request, unless nobody borrows it.
    context: Option<Box<ToolContext>>,
}

impl Provided {
    pub(crate) fn new(
        injections: Arc<Injections>,
        context: impl Into<Option<ToolContext>>,
    ) -> Self {
        Self {
            injections,
            context: context.into().map(Box::new),
        }
    }

    /// What stands for a parameter `&T`.
    pub(crate) fn get<T: Any>(&self) -> Result<&T, CallError> {
        let found = if TypeId::of::<T>() == TypeId::of::<ToolContext>() {
            let context = self.context.as_deref();
            context.and_then(|context| (context as &dyn Any).downcast_ref())
        } else {
            self.injections.get()
        };
        found.ok_or(CallError::NotInjected(type_name::<T>()))
    }
}
