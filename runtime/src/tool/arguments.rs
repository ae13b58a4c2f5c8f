//! The arguments of a call, checked against their schema and taken one by one.

use std::collections::HashSet;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::argument::Misfit;
use super::built::{BuiltArgument, BuiltTool};
use super::call::CallError;
use super::validation::{Rules, Violation, check, shortened, shown};

/// Most characters of what serde says of a value, which may repeat it whole.
const MAX_REASON_CHARACTERS: usize = 300;

/// The arguments of one call. Mistakes are collected, so that the model sees
/// all of them at once.
#[derive(Debug)]
pub struct Arguments<'a> {
    built: &'a [BuiltArgument],
    given: Value,
    /// Seldom any, and what takes the arguments has room for them to its end.
    mistakes: Option<Box<Mistakes>>,
}

/// What is wrong with the arguments of a call.
#[derive(Debug, Default)]
struct Mistakes {
    /// The names of arguments of which a mistake is known.
    names: HashSet<String>,
    told: Vec<String>,
    more: usize,
}

/// An argument that was taken, or a mistake that
/// [`finish`](Arguments::finish) reports.
#[derive(Debug)]
pub struct Taken<T>(pub(crate) Option<T>);

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
    pub(super) fn new(tool: &'a BuiltTool, given: Value) -> Self {
        let violations = check(&tool.rules, Rules::ROOT, &given);
        let mistakes = (!violations.told.is_empty()).then(|| {
            Box::new(Mistakes {
                names: violations.names.into_iter().map(str::to_owned).collect(),
                told: violations.told.into_iter().map(mistake).collect(),
                more: violations.more,
            })
        });
        Self {
            built: &tool.arguments,
            given,
            mistakes,
        }
    }

    /// Takes the argument with this index in the tool's definition, of the type it has there.
    pub fn take<T: 'static>(&mut self, index: usize) -> Taken<T> {
        let Some(argument) = self.built.get(index) else {
            return Taken(None);
        };
        match &argument.fields {
            Some(fields) => self.take_flattened(argument, fields),
            None => self.take_one(argument),
        }
    }

    fn take_one<T: 'static>(&mut self, argument: &BuiltArgument) -> Taken<T> {
        let definition = &argument.definition;
        let name = definition.name;
        if self.is_wrong(name) {
            return Taken(None);
        }
        let given = self.given.get(name);
        match given.or(argument.default.as_ref()) {
            Some(value) => {
                let taken = definition.read(value);
                self.keep(taken.map_err(|misfit| unreadable(name, &misfit, given)))
            }
            None => {
                let taken = definition.left_out();
                self.keep(taken.map_err(|error| format!("argument `{name}` {error}")))
            }
        }
    }

    fn take_flattened<T: 'static>(
        &mut self,
        argument: &BuiltArgument,
        fields: &[String],
    ) -> Taken<T> {
        if fields.iter().any(|name| self.is_wrong(name)) {
            return Taken(None);
        }
        let mut own = JsonObject::new();
        for name in fields {
            if let Some(value) = self.given.get(name) {
                own.insert(name.clone(), value.clone());
            }
        }
        let taken = argument.definition.read(&Value::Object(own));
        self.keep(taken.map_err(|misfit| unreadable("", &misfit, None)))
    }

    fn keep<T>(&mut self, taken: Result<Option<T>, String>) -> Taken<T> {
        match taken {
            Ok(value) => Taken(value),
            Err(mistake) => {
                let mistakes = self.mistakes.get_or_insert_default();
                mistakes.told.push(mistake);
                Taken(None)
            }
        }
    }

    /// Whether a mistake of the argument is known.
    fn is_wrong(&self, name: &str) -> bool {
        let mistakes = self.mistakes.as_ref();
        mistakes.is_some_and(|mistakes| mistakes.names.contains(name))
    }

    /// Ends the taking.
    ///
    /// # Errors
    ///
    /// If anything did not fit the schema, or its type.
    pub fn finish(self) -> Result<(), CallError> {
        let Some(mistakes) = self.mistakes else {
            return Ok(());
        };
        let Mistakes { mut told, more, .. } = *mistakes;
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        Err(CallError::InvalidArguments(told.join("\n")))
    }
}

fn mistake(violation: Violation) -> String {
    let Violation { path, text, given } = violation;
    let what = match path.as_str() {
        "" => "the arguments".to_owned(),
        path => format!("argument `{path}`"),
    };
    let given = given.map(|given| format!(" ({given} was given)"));
    format!("{what} {text}{}", given.unwrap_or_default())
}

/// What a schema cannot say, and serde found.
fn unreadable(name: &str, misfit: &Misfit, given: Option<&Value>) -> String {
    let reason = shortened(&misfit.reason, MAX_REASON_CHARACTERS);
    let path = shortened(&misfit.path, MAX_REASON_CHARACTERS);
    let dot = match (name, path.as_str()) {
        ("", _) | (_, "") => "",
        (_, path) if path.starts_with('[') => "",
        _ => ".",
    };
    let given = match path.as_str() {
        "" => given.map(|given| format!(" ({} was given)", shown(given))),
        _ => None,
    };
    match (name, path.as_str()) {
        ("", "") => format!("the arguments do not fit: {reason}"),
        _ => format!(
            "argument `{name}{dot}{path}` does not fit: {reason}{}",
            given.unwrap_or_default()
        ),
    }
}
