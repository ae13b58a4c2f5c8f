//! One read of a resource, as generated code sees it.

use std::any::Any;

use percent_encoding::percent_decode_str;
use rmcp::model::ReadResourceResult;

use super::definition::ResourceDefinition;
use super::template::UriPart;
use crate::text::FromText;
use crate::tool::{CallError, CallFuture, Provided, Receiver, Taken};

/// The contents of a resource in the making.
pub type ResourceFuture = CallFuture<ReadResourceResult>;

/// How a resource is read.
pub type ReadResource = fn(ResourceCall) -> ResourceFuture;

/// One read of a resource.
#[derive(Debug)]
pub struct ResourceCall {
    pub(super) definition: ResourceDefinition,
    pub(super) uri: String,
    /// Of the variables, in the order of the template; percent-encoded.
    values: Vec<String>,
    receiver: Receiver,
    provided: Provided,
}

impl ResourceCall {
    pub(crate) fn new(
        definition: ResourceDefinition,
        uri: String,
        values: Vec<String>,
        receiver: Receiver,
        provided: Provided,
    ) -> Self {
        Self {
            definition,
            uri,
            values,
            receiver,
            provided,
        }
    }

    /// The variables of the URI, to be taken one by one.
    #[must_use]
    pub fn variables(&self) -> Variables<'_> {
        let names = self.definition.parts.iter().copied();
        let names = names.filter_map(UriPart::variable);
        Variables {
            variables: names.zip(self.values.iter().map(String::as_str)).collect(),
            mistakes: Vec::new(),
        }
    }

    /// What a method borrows as `&self`.
    ///
    /// # Errors
    ///
    /// If the resource is no method of `T`; a set makes sure that it is.
    pub fn receiver<T: Any>(&self) -> Result<&T, CallError> {
        self.receiver.get()
    }

    /// What the server provides for a parameter `&T`.
    ///
    /// # Errors
    ///
    /// If nothing was injected; a server that was built has checked that.
    pub fn injected<T: Any>(&self) -> Result<&T, CallError> {
        self.provided.get()
    }
}

/// The variables of one URI. Mistakes are collected, so that the client sees all
/// of them at once.
#[derive(Debug)]
pub struct Variables<'a> {
    variables: Vec<(&'static str, &'a str)>,
    mistakes: Vec<String>,
}

impl Variables<'_> {
    /// Takes the variable with this index in the template, percent-decoded.
    pub fn take<T: FromText>(&mut self, index: usize) -> Taken<T> {
        let Some((name, value)) = self.variables.get(index) else {
            return Taken(None);
        };
        let read = match percent_decode_str(value).decode_utf8() {
            Ok(text) => T::from_text(&text).map_err(|reason| format!("does not fit: {reason}")),
            Err(_) => Err("is not UTF-8 once it is percent-decoded".to_owned()),
        };
        match read {
            Ok(value) => Taken(Some(value)),
            Err(reason) => {
                self.mistakes.push(format!("`{name}` {reason}"));
                Taken(None)
            }
        }
    }

    /// Ends the taking.
    ///
    /// # Errors
    ///
    /// If any variable could not be read: there is no such resource then.
    pub fn finish(self) -> Result<(), CallError> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let mistakes = self.mistakes.join("\n");
        Err(CallError::InvalidArguments(format!(
            "no such resource: {mistakes}"
        )))
    }
}
