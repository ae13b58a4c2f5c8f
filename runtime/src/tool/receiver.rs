//! What a method borrows as `&self`.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;

use super::call::CallError;

/// The `self` of a method; of a function, nothing.
#[derive(Clone, Default)]
pub(crate) struct Receiver(Option<Arc<dyn Any + Send + Sync>>);

impl Receiver {
    pub(crate) fn of<T: Any + Send + Sync>(value: Arc<T>) -> Self {
        Self(Some(value))
    }

    /// The value, if it is a `T`.
    pub(crate) fn get<T: Any>(&self) -> Result<&T, CallError> {
        let value = self.0.as_deref().and_then(|value| value.downcast_ref());
        value.ok_or(CallError::NotInjected(type_name::<T>()))
    }
}

impl fmt::Debug for Receiver {
    /// The value may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Receiver")
            .field(&self.0.is_some())
            .finish()
    }
}
