//! Names that are chosen while the program runs, from those written in it.

/// The longest name of a phase that is made while the program runs. Ours: the
/// macro allows as much.
pub(super) const MAX_NAME_BYTES: usize = 128;

/// A span name out of a fixed set: `#[phase(name = ...)]` takes nothing else.
///
/// Names of spans are public and are counted and searched by, so they must not
/// carry data. A `&'static str` is written in the program; an enumeration says
/// its names with this trait. What differs from call to call belongs in an
/// attribute, or behind the word that says so: `name = dynamic(text)`.
///
/// # Examples
///
/// ```
/// use glassbox::{PhaseName, phase};
///
/// #[derive(Clone, Copy)]
/// enum Source {
///     Cache,
///     Network,
/// }
///
/// impl PhaseName for Source {
///     fn phase_name(&self) -> &'static str {
///         match self {
///             Self::Cache => "load.cache",
///             Self::Network => "load.network",
///         }
///     }
/// }
///
/// #[phase(name = source)]
/// fn load(source: Source) -> usize {
///     source.phase_name().len()
/// }
/// # assert_eq!(load(Source::Cache) + load(Source::Network), 22);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot name a phase: a span's name must not carry data",
    label = "not a `&'static str`, and not a type with `glassbox::PhaseName`",
    note = "choose among names written in the program, for example `name = if fast {{ \"load.cache\" }} else {{ \"load.network\" }}`, and put what differs into an attribute",
    note = "if the name has to be made at run time and may be public, say so: `name = dynamic(...)`"
)]
pub trait PhaseName {
    /// The name of the span.
    fn phase_name(&self) -> &'static str;
}

impl PhaseName for &'static str {
    fn phase_name(&self) -> &'static str {
        self
    }
}

impl<N: PhaseName> PhaseName for &N {
    fn phase_name(&self) -> &'static str {
        (**self).phase_name()
    }
}
