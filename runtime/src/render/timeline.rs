//! Where a span lies on the call's time axis, as a bar.

use std::collections::HashSet;
use std::ops::Range;

use opentelemetry::trace::{SpanId, SpanKind};

use crate::analysis::{Node, Span, SpanTree};

/// The time that bars are drawn on: the roots', which cover the call.
pub(super) struct Axis {
    start: u64,
    end: u64,
}

/// Where a span lies, with the axis as the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The span's producer gave no times.
    Unknown,
    /// Its producer's clock puts the span before the call, or after it.
    Before,
    After,
    /// Nanoseconds from the start of the axis, and the axis' length.
    Within {
        start: u64,
        end: u64,
        length: u64,
    },
}

impl Axis {
    pub(super) fn of(tree: &SpanTree) -> Self {
        let roots = || {
            tree.roots()
                .map(|root| root.span())
                .filter(|span| span.is_timed())
        };
        Self {
            start: roots().map(Span::start_unix_nano).min().unwrap_or(0),
            end: roots().map(Span::end_unix_nano).max().unwrap_or(0),
        }
    }

    /// What the axis covers.
    pub(super) fn length(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// How long after the start of the axis a moment is, negative before it; `None` for a moment its producer did not
    /// give, and if there is no axis.
    pub(super) fn offset(&self, unix_nano: u64) -> Option<i128> {
        (unix_nano > 0 && self.start > 0).then(|| i128::from(unix_nano) - i128::from(self.start))
    }

    pub(super) fn place(&self, span: &Span) -> Place {
        match (span.start_unix_nano(), span.end_unix_nano()) {
            _ if !span.is_timed() => Place::Unknown,
            (_, end) if end < self.start => Place::Before,
            (start, _) if start > self.end => Place::After,
            (start, end) => Place::Within {
                start: start.saturating_sub(self.start),
                end: end.min(self.end).saturating_sub(self.start),
                length: self.end.saturating_sub(self.start),
            },
        }
    }
}

impl Place {
    /// The half columns that a bar covers, at least one.
    fn halves(start: u64, end: u64, length: u64, columns: usize) -> Range<usize> {
        let total = columns * 2;
        let scale = |time: u64| {
            let scaled = (u128::from(time) * total as u128 + u128::from(length) / 2)
                / u128::from(length.max(1));
            usize::try_from(scaled).unwrap_or(total).min(total)
        };
        let from = scale(start).min(total.saturating_sub(1));
        from..scale(end).max(from + 1)
    }

    pub(super) fn draw(self, columns: usize, style: BarStyle) -> String {
        let Self::Within { start, end, length } = self else {
            return match self {
                Self::Before => "‹".to_owned(),
                Self::After => format!("{:>columns$}", "›"),
                _ => String::new(),
            };
        };
        let halves = Self::halves(start, end, length, columns);
        let [both, left, right] = style.glyphs();
        let cells = (0..halves.end.div_ceil(2)).map(|column| {
            match (
                halves.contains(&(column * 2)),
                halves.contains(&(column * 2 + 1)),
            ) {
                (true, true) => both,
                (true, false) => left,
                (false, true) => right,
                (false, false) => ' ',
            }
        });
        cells.collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BarStyle {
    Error,
    Evidence,
    Server,
    Call,
    Inner,
}

impl BarStyle {
    pub(super) fn of(node: Node<'_>, evidence: &HashSet<SpanId>) -> Self {
        match node.span().kind() {
            _ if node.span().is_error() => Self::Error,
            _ if evidence.contains(&node.span().id()) => Self::Evidence,
            SpanKind::Server => Self::Server,
            SpanKind::Client => Self::Call,
            _ => Self::Inner,
        }
    }

    /// A full column, its left half, its right half. What matters is solid, so that it shows without colour.
    fn glyphs(self) -> [char; 3] {
        match self {
            Self::Error | Self::Evidence => ['█', '▌', '▐'],
            Self::Server | Self::Call | Self::Inner => ['━', '╸', '╺'],
        }
    }

    pub(super) fn ansi(self) -> &'static str {
        match self {
            Self::Error => "31",
            Self::Evidence => "33",
            Self::Server => "36",
            Self::Call => "34",
            Self::Inner => "32",
        }
    }
}
