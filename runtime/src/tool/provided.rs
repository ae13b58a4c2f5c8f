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
    context: ToolContext,
}

impl Provided {
    pub(crate) fn new(injections: Arc<Injections>, context: ToolContext) -> Self {
        Self {
            injections,
            context,
        }
    }

    /// What stands for a parameter `&T`.
    pub(crate) fn get<T: Any>(&self) -> Result<&T, CallError> {
        let found = if TypeId::of::<T>() == TypeId::of::<ToolContext>() {
            let context: &(dyn Any + Send + Sync) = &self.context;
            context.downcast_ref()
        } else {
            self.injections.get()
        };
        found.ok_or(CallError::NotInjected(type_name::<T>()))
    }
}
