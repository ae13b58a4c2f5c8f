//! What a set holds, as it was given to it.

use std::any::type_name;
use std::borrow::Cow;

use super::Tool;
use super::call::CallTool;
use super::definition::ToolDefinition;
use super::method::{PromptMethod, ResourceMethod, ToolMethod};
use super::receiver::Receiver;
use crate::prompt::{GetPrompt, Prompt, PromptDefinition};
use crate::resource::{ReadResource, Resource, ResourceDefinition, ResourceUri};

/// A tool as it was given to a set or a server.
#[derive(Clone)]
pub(crate) struct RegisteredTool {
    pub(crate) name: Cow<'static, str>,
    /// The function or method, for messages.
    pub(crate) origin: Cow<'static, str>,
    pub(crate) definition: ToolDefinition,
    pub(crate) call: CallTool,
    pub(crate) receiver: Receiver,
    pub(crate) starts_disabled: bool,
}

impl RegisteredTool {
    pub(super) fn function<T: Tool>() -> Self {
        Self {
            name: Cow::Borrowed(T::DEFINITION.name),
            origin: Cow::Borrowed(type_name::<T>()),
            definition: T::DEFINITION,
            call: T::call,
            receiver: Receiver::default(),
            starts_disabled: false,
        }
    }

    /// A method of `T`, and its `self`.
    pub(super) fn method<T>(method: &ToolMethod, receiver: &Receiver) -> Self {
        Self {
            name: Cow::Borrowed(method.definition.name),
            origin: Cow::Owned(method.origin::<T>()),
            definition: method.definition,
            call: method.call,
            receiver: receiver.clone(),
            starts_disabled: false,
        }
    }
}

/// A resource as it was given to a set or a server.
#[derive(Clone)]
pub(crate) struct RegisteredResource {
    pub(crate) uri: ResourceUri,
    /// The function or method, for messages.
    pub(crate) origin: Cow<'static, str>,
    pub(crate) definition: ResourceDefinition,
    pub(crate) read: ReadResource,
    pub(crate) receiver: Receiver,
    pub(crate) starts_disabled: bool,
}

impl RegisteredResource {
    pub(super) fn function<R: Resource>() -> Self {
        Self {
            uri: ResourceUri::new(R::DEFINITION.uri, R::DEFINITION.parts),
            origin: Cow::Borrowed(type_name::<R>()),
            definition: R::DEFINITION,
            read: R::read,
            receiver: Receiver::default(),
            starts_disabled: false,
        }
    }

    /// A method of `T`, and its `self`.
    pub(super) fn method<T>(method: &ResourceMethod, receiver: &Receiver) -> Self {
        let definition = method.definition;
        Self {
            uri: ResourceUri::new(definition.uri, definition.parts),
            origin: Cow::Owned(method.origin::<T>()),
            definition,
            read: method.call,
            receiver: receiver.clone(),
            starts_disabled: false,
        }
    }
}

/// A prompt as it was given to a set or a server.
#[derive(Clone)]
pub(crate) struct RegisteredPrompt {
    pub(crate) name: Cow<'static, str>,
    /// The function or method, for messages.
    pub(crate) origin: Cow<'static, str>,
    pub(crate) definition: PromptDefinition,
    pub(crate) get: GetPrompt,
    pub(crate) receiver: Receiver,
    pub(crate) starts_disabled: bool,
}

impl RegisteredPrompt {
    pub(super) fn function<P: Prompt>() -> Self {
        Self {
            name: Cow::Borrowed(P::DEFINITION.name),
            origin: Cow::Borrowed(type_name::<P>()),
            definition: P::DEFINITION,
            get: P::get,
            receiver: Receiver::default(),
            starts_disabled: false,
        }
    }

    /// A method of `T`, and its `self`.
    pub(super) fn method<T>(method: &PromptMethod, receiver: &Receiver) -> Self {
        Self {
            name: Cow::Borrowed(method.definition.name),
            origin: Cow::Owned(method.origin::<T>()),
            definition: method.definition,
            get: method.call,
            receiver: receiver.clone(),
            starts_disabled: false,
        }
    }
}
