//! What generated code calls. Not for people: everything here may change
//! together with the macros.

pub use crate::phase::{Fallible, FieldValue, Fields, Outcome, OutcomeProbe, Phase, PhaseFuture};
pub use crate::phase::{ViaAnything, ViaResult};
pub use crate::tool::{
    Argument, ArgumentType, Arguments, Bound, CallError, CallTool, DefaultValue, Injection,
    OutputProbe, OutputSchema, ReturnProbe, SplitValue, Taken, ToolCall, ToolDefinition,
    ToolFailure, ToolFuture, ToolMethod, ToolOutput, ViaValue, default_value, named_set,
    run_blocking,
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
