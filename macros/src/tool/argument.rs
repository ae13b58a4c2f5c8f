//! One argument of a tool: its default and its bounds, checked against each other and against its type.

use proc_macro2::Span;
use syn::{Expr, ExprLit, ExprUnary, GenericArgument, Lit, LitStr, PathArguments, Type, UnOp};

use super::args::ArgArgs;
use crate::args::{Keyed, Text, Value};
use crate::diagnostics::{Diagnostics, readable};
use crate::signature::peel;

/// An argument as decided.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: LitStr,
    pub(crate) ty: Type,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) minimum: Option<Bound>,
    pub(crate) maximum: Option<Bound>,
}

/// What stands in for an argument that is left out.
#[derive(Debug)]
pub(crate) enum DefaultValue {
    /// `Default::default()`
    OfType(Span),
    /// A string literal, converted into the type.
    Text(LitStr),
    /// Of the argument's own type.
    Value(Box<Expr>),
}

/// A number, and what was written.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) number: Number,
    pub(crate) written: Expr,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    fn less(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(one), Self::Integer(another)) => one < another,
            (one, another) => one.as_float() < another.as_float(),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only compared, and only with what is a float already"
    )]
    fn as_float(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
        }
    }
}

impl Argument {
    pub(crate) fn new(
        name: LitStr,
        ty: &Type,
        docs: Option<String>,
        args: ArgArgs,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let ArgArgs {
            default,
            minimum,
            maximum,
            rename,
            description,
        } = args;
        let name = rename.map_or(name, |Text(name)| name);
        if name.value().trim().is_empty() {
            diagnostics.on(
                &name,
                "the name of an argument is empty; leave `rename` out, or write a name",
            );
        }
        let mut bound = |value: Option<Keyed<Value>>, word| {
            value.and_then(|value| diagnostics.keep(Bound::read(value, ty, &name, word)))
        };
        let minimum = bound(minimum, "minimum");
        let maximum = bound(maximum, "maximum");
        let argument = Self {
            name,
            ty: ty.clone(),
            description: description.map(|Text(text)| text.value()).or(docs),
            default: default.map(
                |Keyed {
                     key,
                     value: Value(value),
                 }| DefaultValue::new(key, value),
            ),
            minimum,
            maximum,
        };
        argument.check(diagnostics);
        argument
    }

    fn check(&self, diagnostics: &mut Diagnostics) {
        if let (Some(minimum), Some(maximum)) = (&self.minimum, &self.maximum)
            && maximum.number.less(minimum.number)
        {
            diagnostics.on(
                &maximum.written,
                format!(
                    "no value fits: the maximum {maximum} is below the minimum {minimum}",
                    maximum = maximum.number,
                    minimum = minimum.number
                ),
            );
            return;
        }
        let Some(DefaultValue::Value(expr)) = &self.default else {
            return;
        };
        let Some(number) = number(expr) else {
            return;
        };
        if let Some(minimum) = self
            .minimum
            .as_ref()
            .filter(|minimum| number.less(minimum.number))
        {
            diagnostics.on(
                expr,
                format!(
                    "the default {number} is below the minimum {}",
                    minimum.number
                ),
            );
        }
        if let Some(maximum) = self
            .maximum
            .as_ref()
            .filter(|maximum| maximum.number.less(number))
        {
            diagnostics.on(
                expr,
                format!(
                    "the default {number} is above the maximum {}",
                    maximum.number
                ),
            );
        }
    }
}

impl DefaultValue {
    fn new(key: Span, value: Option<Expr>) -> Self {
        match value {
            None => Self::OfType(key),
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => Self::Text(text),
            Some(value) => Self::Value(Box::new(value)),
        }
    }
}

impl Bound {
    fn read(value: Keyed<Value>, ty: &Type, name: &LitStr, word: &str) -> syn::Result<Self> {
        let advice = format!(
            "a bound is part of the schema, so it is a number as it stands: write `{word} = 1`"
        );
        let Keyed {
            value: Value(Some(written)),
            ..
        } = value
        else {
            return Err(syn::Error::new(value.key, advice));
        };
        let Some(number) = number(&written) else {
            return Err(syn::Error::new_spanned(written, advice));
        };
        let error = |message: String| Err(syn::Error::new_spanned(&written, message));
        match (Numeric::of(ty), number) {
            (Numeric::Not, _) => error(format!(
                "`{word}` bounds a number, and `{name}` is a `{ty}`",
                name = name.value(),
                ty = readable(ty)
            )),
            (Numeric::Integer { .. }, Number::Float(_)) => error(format!(
                "`{name}` is a `{ty}`: write the {word} as an integer",
                name = name.value(),
                ty = readable(ty)
            )),
            (Numeric::Integer { least, greatest }, Number::Integer(value))
                if value < least || value > greatest =>
            {
                error(format!(
                    "the {word} {value} does not fit `{ty}`, which goes from {least} to {greatest}",
                    ty = readable(ty)
                ))
            }
            _ => Ok(Self { number, written }),
        }
    }
}

/// A number literal, with its sign.
fn number(expr: &Expr) -> Option<Number> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(integer) => Some(Number::Integer(integer.base10_parse().ok()?)),
            Lit::Float(float) => {
                let value: f64 = float.base10_parse().ok()?;
                value.is_finite().then_some(Number::Float(value))
            }
            _ => None,
        },
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => number(expr).map(|number| match number {
            Number::Integer(value) => Number::Integer(value.saturating_neg()),
            Number::Float(value) => Number::Float(-value),
        }),
        Expr::Group(group) => number(&group.expr),
        _ => None,
    }
}

/// What the standard names of types say about numbers. An alias says nothing here; the server checks its schema.
enum Numeric {
    Integer { least: i128, greatest: i128 },
    Not,
    Unknown,
}

impl Numeric {
    fn of(ty: &Type) -> Self {
        let Type::Path(path) = peel(ty) else {
            return Self::Unknown;
        };
        let Some(segment) = path.path.segments.last() else {
            return Self::Unknown;
        };
        if segment.ident == "Option"
            && let PathArguments::AngleBracketed(arguments) = &segment.arguments
            && let Some(GenericArgument::Type(inner)) = arguments.args.first()
        {
            return Self::of(inner);
        }
        let integer = |least: i128, greatest: i128| Self::Integer { least, greatest };
        match segment.ident.to_string().as_str() {
            "u8" => integer(0, u8::MAX.into()),
            "u16" => integer(0, u16::MAX.into()),
            "u32" => integer(0, u32::MAX.into()),
            "u64" | "usize" => integer(0, u64::MAX.into()),
            "u128" => integer(0, i128::MAX),
            "i8" => integer(i8::MIN.into(), i8::MAX.into()),
            "i16" => integer(i16::MIN.into(), i16::MAX.into()),
            "i32" => integer(i32::MIN.into(), i32::MAX.into()),
            "i64" | "isize" => integer(i64::MIN.into(), i64::MAX.into()),
            "i128" => integer(i128::MIN, i128::MAX),
            "String" | "bool" | "char" | "Vec" | "HashMap" | "BTreeMap" | "PathBuf" => Self::Not,
            _ => Self::Unknown,
        }
    }
}
