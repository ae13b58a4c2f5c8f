//! What a resource's function returns, as contents.

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, ResourceContents};
use serde::Serialize;

use super::call::ResourceCall;
use super::error::ResourceError;
use crate::tool::{CallError, take};

const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// What a resource can return.
///
/// - `String` and `&'static str`: text,
/// - `Vec<u8>` and `&'static [u8]`: bytes, Base64 on the wire,
/// - [`ReadResourceResult`], [`ResourceContents`], `Vec<ResourceContents>`: as
///   they are,
/// - everything else: JSON, as text.
#[diagnostic::on_unimplemented(
    message = "a resource cannot return `{Self}`",
    label = "has no JSON form",
    note = "derive `serde::Serialize` for it, or return `String`, `Vec<u8>` or `ReadResourceResult`"
)]
pub trait ResourceOutput: Serialize + 'static {}

impl<T: Serialize + 'static> ResourceOutput for T {}

/// What a resource can fail with: its text is the message of a JSON-RPC error.
#[diagnostic::on_unimplemented(
    message = "a resource cannot fail with `{Self}`",
    label = "cannot be shown to the client",
    note = "implement `std::fmt::Display` for it, or return `Result<_, ResourceError>`"
)]
pub trait ResourceFailure: fmt::Display + 'static {}

impl<E: fmt::Display + 'static> ResourceFailure for E {}

/// The MIME type that a type says; of contents that say it themselves, none.
#[must_use]
pub fn content_type<T: 'static>(_: PhantomData<T>) -> Option<&'static str> {
    let of = |types: &[TypeId]| types.contains(&TypeId::of::<T>());
    if of(&[TypeId::of::<String>(), TypeId::of::<&'static str>()]) {
        return Some(TEXT);
    }
    if of(&[TypeId::of::<Vec<u8>>(), TypeId::of::<&'static [u8]>()]) {
        return Some(BYTES);
    }
    let speaks_for_itself = of(&[
        TypeId::of::<ReadResourceResult>(),
        TypeId::of::<ResourceContents>(),
        TypeId::of::<Vec<ResourceContents>>(),
    ]);
    (!speaks_for_itself).then_some(JSON)
}

/// Turns what the function returned into the answer.
///
/// # Errors
///
/// If the function failed, or its value cannot be written as JSON.
pub fn contents<T: ResourceOutput, E: ResourceFailure>(
    call: &ResourceCall,
    returned: Result<T, E>,
) -> Result<ReadResourceResult, CallError> {
    match returned {
        Ok(value) => success(call, value),
        Err(error) => Err(CallError::Protocol(failure(error))),
    }
}

fn success<T: ResourceOutput>(
    call: &ResourceCall,
    value: T,
) -> Result<ReadResourceResult, CallError> {
    let mut value = Some(value);
    let value: &mut dyn Any = &mut value;
    if let Some(result) = take::<ReadResourceResult>(value) {
        return Ok(result);
    }
    if let Some(contents) = take::<Vec<ResourceContents>>(value) {
        return Ok(ReadResourceResult::new(contents));
    }
    let contents = if let Some(contents) = take::<ResourceContents>(value) {
        contents
    } else if let Some(text) = take::<String>(value) {
        text_of(call, text)
    } else if let Some(text) = take::<&'static str>(value) {
        text_of(call, text)
    } else if let Some(bytes) = take::<Vec<u8>>(value) {
        blob_of(call, &bytes)
    } else if let Some(bytes) = take::<&'static [u8]>(value) {
        blob_of(call, bytes)
    } else {
        match value.downcast_ref::<Option<T>>().map(serde_json::to_string) {
            Some(Ok(text)) => text_of(call, text),
            _ => {
                let text = "the contents of the resource cannot be written as JSON";
                return Err(CallError::Protocol(ErrorData::internal_error(text, None)));
            }
        }
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

fn text_of(call: &ResourceCall, text: impl Into<String>) -> ResourceContents {
    typed(call, ResourceContents::text(text, &call.uri))
}

fn blob_of(call: &ResourceCall, bytes: &[u8]) -> ResourceContents {
    let blob = BASE64_STANDARD.encode(bytes);
    typed(call, ResourceContents::blob(blob, &call.uri))
}

fn typed(call: &ResourceCall, contents: ResourceContents) -> ResourceContents {
    match call.definition.media_type() {
        Some(mime_type) => contents.with_mime_type(mime_type),
        None => contents,
    }
}

fn failure<E: ResourceFailure>(error: E) -> ErrorData {
    let mut error = Some(error);
    if let Some(error) = take::<ErrorData>(&mut error) {
        return error;
    }
    if let Some(error) = take::<ResourceError>(&mut error) {
        return error.into_error_data();
    }
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    ErrorData::internal_error(text, None)
}
