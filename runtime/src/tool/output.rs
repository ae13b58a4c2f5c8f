//! What a tool's function returns, as an answer and as a schema.
//!
//! A function returns a value or a `Result`, possibly under an alias. Which of
//! the two is found out by the compiler: on `ReturnProbe<Result<T, E>>` and
//! `OutputProbe<Result<T, E>>` the inherent method wins, on all else the
//! trait's.

use std::any::{Any, TypeId};
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::call::CallError;
use super::definition::OutputSchema;
use super::schema;

/// What a tool can return.
///
/// - `String` and `&'static str`: text content,
/// - [`CallToolResult`], `Vec<ContentBlock>`: as they are,
/// - `()`: empty content,
/// - everything else: structured content with an output schema, and the same
///   as text.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`",
    label = "cannot be written as JSON",
    note = "derive `serde::Serialize` for it, or return `String` or `CallToolResult`"
)]
pub trait ToolOutput: Serialize + 'static {}

impl<T: Serialize + 'static> ToolOutput for T {}

/// What a tool can return, as far as clients are told beforehand.
///
/// Beside [`ToolOutput`], so that what a type lacks is said once, and where.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`",
    label = "has no schema",
    note = "derive `schemars::JsonSchema` for it, or return `String` or `CallToolResult`"
)]
pub trait DescribedOutput: JsonSchema + 'static {}

impl<T: JsonSchema + 'static> DescribedOutput for T {}

/// What a tool can fail with: its text is shown to the model, with
/// `isError: true`. An [`ErrorData`] is a JSON-RPC error instead.
#[diagnostic::on_unimplemented(
    message = "a tool cannot fail with `{Self}`",
    label = "cannot be shown to the model",
    note = "implement `std::fmt::Display` for it, or return `Result<_, ToolError>`"
)]
pub trait ToolFailure: fmt::Display + 'static {}

impl<E: fmt::Display + 'static> ToolFailure for E {}

/// A returned value, before it is known whether it is a `Result`.
#[derive(Debug)]
pub struct ReturnProbe<T>(T);

impl<T> ReturnProbe<T> {
    /// Holds what a tool's function returned.
    pub const fn new(returned: T) -> Self {
        Self(returned)
    }
}

impl<T, E> ReturnProbe<Result<T, E>> {
    /// The `Result` itself.
    #[expect(clippy::missing_errors_doc, reason = "hands on what the tool returned")]
    pub fn split(self) -> Result<T, E> {
        self.0
    }
}

/// A returned value that is not a `Result`.
pub trait SplitValue<T> {
    /// The value, as a `Result` that has no error.
    #[expect(clippy::missing_errors_doc, reason = "has none")]
    fn split(self) -> Result<T, Infallible>;
}

impl<T> SplitValue<T> for ReturnProbe<T> {
    fn split(self) -> Result<T, Infallible> {
        Ok(self.0)
    }
}

/// Turns what the function returned into the answer.
///
/// # Errors
///
/// If the function asked for a JSON-RPC error.
pub fn reply<T: ToolOutput, E: ToolFailure>(
    returned: Result<T, E>,
) -> Result<CallToolResult, CallError> {
    match returned {
        Ok(value) => Ok(success(value)),
        Err(error) => failure(error),
    }
}

fn success<T: ToolOutput>(value: T) -> CallToolResult {
    let mut value = Some(value);
    let value: &mut dyn Any = &mut value;
    if let Some(result) = take::<CallToolResult>(value) {
        return result;
    }
    if let Some(text) = take::<String>(value) {
        return CallToolResult::success(vec![ContentBlock::text(text)]);
    }
    if let Some(text) = take::<&'static str>(value) {
        return CallToolResult::success(vec![ContentBlock::text(text)]);
    }
    if let Some(content) = take::<Vec<ContentBlock>>(value) {
        return CallToolResult::success(content);
    }
    if take::<()>(value).is_some() {
        return CallToolResult::success(Vec::new());
    }
    match value.downcast_ref::<Option<T>>().map(serde_json::to_value) {
        Some(Ok(value)) => CallToolResult::structured(value),
        _ => {
            let text = "the tool's result cannot be written as JSON";
            CallToolResult::error(vec![ContentBlock::text(text)])
        }
    }
}

fn failure<E: ToolFailure>(error: E) -> Result<CallToolResult, CallError> {
    let mut error = Some(error);
    if let Some(error) = take::<ErrorData>(&mut error) {
        return Err(CallError::Protocol(error));
    }
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
}

/// The value, if it is a `T`.
pub(crate) fn take<T: 'static>(value: &mut dyn Any) -> Option<T> {
    value.downcast_mut::<Option<T>>()?.take()
}

/// A return type, before it is known whether it is a `Result`.
#[derive(Debug)]
pub struct OutputProbe<T>(PhantomData<fn() -> T>);

impl<T> OutputProbe<T> {
    /// The type `T`.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for OutputProbe<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> OutputProbe<Result<T, E>> {
    /// The type of the value.
    #[must_use]
    pub fn value(self) -> PhantomData<T> {
        PhantomData
    }
}

/// A return type that is not a `Result`.
pub trait ViaValue<T> {
    /// The type itself.
    fn value(self) -> PhantomData<T>;
}

impl<T> ViaValue<T> for OutputProbe<T> {
    fn value(self) -> PhantomData<T> {
        PhantomData
    }
}

/// The schema of structured content, for types that become such.
#[must_use]
pub fn output_schema<T: DescribedOutput>(_: PhantomData<T>) -> OutputSchema {
    let plain = [
        TypeId::of::<CallToolResult>(),
        TypeId::of::<String>(),
        TypeId::of::<&'static str>(),
        TypeId::of::<Vec<ContentBlock>>(),
        TypeId::of::<()>(),
        TypeId::of::<Value>(),
    ];
    if plain.contains(&TypeId::of::<T>()) {
        return None;
    }
    Some(schema::of_output::<T>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ToolError;

    type Answer<T> = Result<T, ToolError>;

    /// As generated code writes it.
    macro_rules! replied {
        ($returned:expr) => {
            reply(ReturnProbe::new($returned).split())
        };
    }

    /// As generated code writes it.
    macro_rules! schema {
        ($returned:ty) => {
            output_schema(OutputProbe::<$returned>::new().value())
        };
    }

    fn answer(result: Result<CallToolResult, CallError>) -> Value {
        serde_json::to_value(result.unwrap()).unwrap()
    }

    #[test]
    fn texts_are_text() {
        let expected = json!({
            "resultType": "complete",
            "content": [{"type": "text", "text": "hi"}],
            "isError": false,
        });
        assert_eq!(answer(replied!("hi")), expected);
        assert_eq!(answer(replied!("hi".to_owned())), expected);
        assert_eq!(answer(replied!(Answer::Ok("hi".to_owned()))), expected);
        assert!(schema!(Answer<String>).is_none());
    }

    #[test]
    fn values_are_structured_and_text() {
        let value = answer(replied!(Answer::Ok(vec![1, 2])));
        assert_eq!(value["structuredContent"], json!([1, 2]));
        assert_eq!(value["content"][0]["text"], "[1,2]");
        let schema = schema!(Answer<Vec<u8>>).unwrap();
        assert_eq!(schema["type"], "array");
    }

    #[test]
    fn errors_are_shown_to_the_model() {
        let value = answer(replied!(Answer::<u8>::Err(ToolError::new("no mailbox"))));
        assert_eq!(value["isError"], true);
        assert_eq!(value["content"][0]["text"], "no mailbox");
        let value = answer(replied!(Err::<(), _>("plain")));
        assert_eq!(value["content"][0]["text"], "plain");
    }

    #[test]
    fn protocol_errors_are_asked_for() {
        let returned: Result<u8, ErrorData> = Err(ErrorData::internal_error("down", None));
        assert!(matches!(replied!(returned), Err(CallError::Protocol(_))));
    }

    #[test]
    fn nothing_is_empty_content() {
        assert_eq!(answer(replied!(()))["content"], json!([]));
        assert!(schema!(()).is_none());
    }
}
