//! The arguments of a call, taken one by one and checked.

use std::fmt::Write as _;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::argument::{ArgumentType, Bound, LeftOut};
use super::call::CallError;
use super::schema::BuiltArgument;

/// Most characters of a refused name or value that a message repeats.
const MAX_SHOWN_CHARACTERS: usize = 80;
/// Most characters of what serde says of a value, which may repeat it whole.
const MAX_REASON_CHARACTERS: usize = 300;
/// Most mistakes that are reported one by one.
const MAX_MISTAKES: usize = 20;

/// The arguments of one call. Mistakes are collected, so that the model sees
/// all of them at once.
#[derive(Debug)]
pub struct Arguments<'a> {
    built: &'a [BuiltArgument],
    given: Option<&'a JsonObject>,
    mistakes: Vec<String>,
}

/// An argument that was taken, or a mistake that
/// [`finish`](Arguments::finish) reports.
#[derive(Debug)]
pub struct Taken<T>(Option<T>);

impl<T> Taken<T> {
    /// The argument.
    ///
    /// # Errors
    ///
    /// If there was a mistake, which [`Arguments::finish`] has reported before.
    pub fn value(self) -> Result<T, CallError> {
        self.0
            .ok_or_else(|| CallError::InvalidArguments(String::new()))
    }
}

impl<'a> Arguments<'a> {
    pub(super) fn new(built: &'a [BuiltArgument], given: Option<&'a JsonObject>) -> Self {
        Self {
            built,
            given,
            mistakes: Vec::new(),
        }
    }

    /// Takes the argument with this index in the tool's definition.
    pub fn take<T: ArgumentType>(&mut self, index: usize) -> Taken<T> {
        let Some(argument) = self.built.get(index) else {
            return Taken(None);
        };
        let name = argument.definition.name;
        // Models write null for what they leave out.
        let stands_in = |value: &&Value| value.is_null() && argument.default.is_some();
        let given = self
            .given
            .and_then(|given| given.get(name))
            .filter(|value| !stands_in(value));
        let taken = match given.or(argument.default.as_ref()) {
            Some(value) => check_bounds(argument, value).and_then(|()| {
                T::deserialize(value).map_err(|error| {
                    let reason = shortened(&error.to_string(), MAX_REASON_CHARACTERS);
                    format!("does not fit: {reason}")
                })
            }),
            None => T::deserialize(LeftOut).map_err(|error| error.to_string()),
        };
        match taken {
            Ok(value) => Taken(Some(value)),
            Err(mistake) => {
                let shown = given
                    .map(|value| format!(" ({} was given)", shown(value)))
                    .unwrap_or_default();
                self.mistakes
                    .push(format!("argument `{name}` {mistake}{shown}"));
                Taken(None)
            }
        }
    }

    /// Ends the taking.
    ///
    /// # Errors
    ///
    /// If any argument was missing, of the wrong type or out of bounds, or one
    /// was given that the tool does not have.
    pub fn finish(mut self) -> Result<(), CallError> {
        let known = |name: &str| {
            self.built
                .iter()
                .any(|argument| argument.definition.name == name)
        };
        let unknown: Vec<&String> = self
            .given
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .filter(|name| !known(name))
            .collect();
        for name in unknown {
            let names: Vec<_> = self
                .built
                .iter()
                .map(|argument| argument.definition.name)
                .collect();
            let accepted = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            let name = shortened(name, MAX_SHOWN_CHARACTERS);
            self.mistakes.push(format!(
                "argument `{name}` is unknown; this tool takes: {accepted}"
            ));
        }
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let more = self.mistakes.len().saturating_sub(MAX_MISTAKES);
        self.mistakes.truncate(MAX_MISTAKES);
        if more > 0 {
            self.mistakes.push(format!("and {more} more"));
        }
        Err(CallError::InvalidArguments(self.mistakes.join("\n")))
    }
}

/// Checks a number against the bounds of its argument.
pub(super) fn check_bounds(argument: &BuiltArgument, value: &Value) -> Result<(), String> {
    let Some(number) = number(value) else {
        return Ok(());
    };
    let mut mistake = String::new();
    if let Some(minimum) = argument.definition.minimum
        && below(number, minimum)
    {
        // Writing to a string cannot fail.
        let _ = write!(mistake, "must be at least {minimum}");
    }
    if let Some(maximum) = argument.definition.maximum
        && below(maximum, number)
    {
        let _ = write!(mistake, "must be at most {maximum}");
    }
    if mistake.is_empty() {
        Ok(())
    } else {
        Err(mistake)
    }
}

fn number(value: &Value) -> Option<Bound> {
    let number = value.as_number()?;
    let integer = number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from));
    integer
        .map(Bound::Integer)
        .or_else(|| number.as_f64().map(Bound::Float))
}

/// Whether `left < right`. Exact for whole numbers; otherwise as floats.
#[expect(
    clippy::cast_precision_loss,
    reason = "a bound beyond 2^53 beside a fraction needs no more"
)]
fn below(left: Bound, right: Bound) -> bool {
    match (left, right) {
        (Bound::Integer(left), Bound::Integer(right)) => left < right,
        (Bound::Integer(left), Bound::Float(right)) => (left as f64) < right,
        (Bound::Float(left), Bound::Integer(right)) => left < (right as f64),
        (Bound::Float(left), Bound::Float(right)) => left < right,
    }
}

fn shown(value: &Value) -> String {
    shortened(&value.to_string(), MAX_SHOWN_CHARACTERS)
}

fn shortened(text: &str, max_characters: usize) -> String {
    let mut shortened: String = text.chars().take(max_characters).collect();
    if shortened.len() < text.len() {
        shortened.push('…');
    }
    shortened
}
