//! What generated code calls. Not for people: everything here may change
//! together with the macros.

pub use crate::phase::{
    Boxed, Declared, ErrorText, Fallible, FieldValue, LinkList, Links, Outcome, OutcomeProbe,
    Phase, PhaseFuture, PhaseStream, Rounds, ValueProbe, ViaAnything, ViaResult, ViaWhole,
    error_text,
};
pub use crate::prompt::{
    GetPrompt, PromptArgument, PromptArguments, PromptCall, PromptDefinition, PromptFailure,
    PromptFuture, PromptOutput, is_required, messages,
};
pub use crate::resource::{
    ReadResource, ResourceCall, ResourceDefinition, ResourceFailure, ResourceFuture,
    ResourceOutput, UriPart, Variables, content_type, contents,
};
pub use crate::text::{FromText, Optional, ReadText, Required, TextKind, TextProbe, ViaRequired};
pub use crate::tool::{
    Argument, ArgumentType, Arguments, Bound, CallError, CallFuture, CallTool, DefaultValue,
    DescribedOutput, FromQuoted, Injection, Keyword, Method, OutputProbe, OutputSchema,
    PromptMethod, ResourceMethod, ReturnProbe, ShownType, SplitValue, Taken, ToolCall,
    ToolDefinition, ToolFailure, ToolFuture, ToolMethod, ToolOutput, ViaValue, default_value,
    from_quoted, named_set, run_blocking,
};

pub use crate::tool::{output_schema as schema_of, reply as reply_with};

/// Never runs; the type of a `return` that is never taken.
#[must_use]
pub fn unreached<T>() -> T {
    loop {
        std::thread::park();
    }
}

/// How a phase ended, from a reference to its value.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "which of them is used depends on the type")]
        use $crate::__private::{ViaAnything as _, ViaResult as _};
        (&$crate::__private::OutcomeProbe::new($value)).outcome()
    }};
}
pub use crate::__outcome as outcome;

/// What `ok(...)` looks at, from a reference to a phase's value.
#[doc(hidden)]
#[macro_export]
macro_rules! __ok_value {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "used unless the value is a `Result`")]
        use $crate::__private::ViaWhole as _;
        (&$crate::__private::ValueProbe::new($value)).ok()
    }};
}
pub use crate::__ok_value as ok_value;

/// What a phase is to others, by the words of `kind = ...`.
pub use opentelemetry::trace::SpanKind;

/// Whom a resource is for, by the words of `audience(..)`.
pub use rmcp::model::Role;
