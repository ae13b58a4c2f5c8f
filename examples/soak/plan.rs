//! Which call is of which kind.

use serde_json::{Value, json};

/// The traceparent that half of the calls share.
const SHARED: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

/// How a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Succeeds.
    Ok,
    /// Fails as a tool.
    ToolError,
    /// Fails as a protocol error.
    ProtocolError,
    /// Panics.
    Panic,
    /// Is cancelled by a notification.
    Cancelled,
    /// Loses its client.
    Gone,
    /// Leaves work behind.
    Late,
    /// Makes more spans than an answer may have.
    Flood,
    /// Comes with junk where the request for spans should be.
    Hostile,
}

impl Kind {
    /// Every kind, and how many of a hundred calls are of it.
    pub(crate) const MIX: [(Self, u64); 9] = [
        (Self::Ok, 45),
        (Self::ToolError, 12),
        (Self::ProtocolError, 8),
        (Self::Panic, 5),
        (Self::Cancelled, 6),
        (Self::Gone, 2),
        (Self::Late, 10),
        (Self::Flood, 2),
        (Self::Hostile, 10),
    ];

    /// What it is called in the report.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Ok => "succeeded",
            Self::ToolError => "failed as a tool",
            Self::ProtocolError => "failed as a protocol error",
            Self::Panic => "panicked",
            Self::Cancelled => "cancelled by a notification",
            Self::Gone => "lost their client",
            Self::Late => "left work behind",
            Self::Flood => "made too many spans",
            Self::Hostile => "came with a hostile _meta",
        }
    }

    /// The tool that does so.
    pub(crate) const fn tool(self) -> &'static str {
        match self {
            Self::Ok | Self::Hostile => "work",
            Self::ToolError => "fail",
            Self::ProtocolError => "refuse",
            Self::Panic => "explode",
            Self::Cancelled | Self::Gone => "hang",
            Self::Late => "scatter",
            Self::Flood => "flood",
        }
    }
}

/// How much a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// No spans.
    Nothing,
    /// The root and its children.
    Top,
    /// The whole tree.
    Detailed,
}

/// A call to be made.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The call's own number.
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    /// What the server has to understand of what it asks.
    pub(crate) ask: Ask,
    /// The trace id and span id it is part of, if it says so.
    pub(crate) parent: Option<(String, String)>,
    pub(crate) meta: Value,
}

impl Plan {
    /// The call of this number. The same seed makes the same calls.
    pub(crate) fn of(number: u64, seed: u64) -> Self {
        let mut dice = Dice(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let kind = kind(dice.roll(100));
        let mut ask = match dice.roll(4) {
            0 => Ask::Nothing,
            1 => Ask::Top,
            _ => Ask::Detailed,
        };
        let traceparent = match dice.roll(4) {
            0 | 1 => Some(SHARED.to_owned()),
            2 => Some(format!(
                "00-{:032x}-{:016x}-00",
                u128::from(number) + 1,
                number + 1
            )),
            _ => None,
        };
        let mut meta = match ask {
            Ask::Nothing => json!({}),
            Ask::Top => json!({"otel": {"traces": {"request": true, "detailed": false}}}),
            Ask::Detailed => json!({"otel": {"traces": {"request": true, "detailed": true}}}),
        };
        if let (Some(traceparent), Some(meta)) = (&traceparent, meta.as_object_mut()) {
            meta.insert("traceparent".to_owned(), traceparent.as_str().into());
        }
        let mut parent = traceparent.as_deref().and_then(ids);
        if kind == Kind::Hostile {
            (meta, ask) = hostile(dice.roll(HOSTILE));
            parent = None;
        }
        Self {
            number,
            kind,
            ask,
            parent,
            meta,
        }
    }

    /// The call as a message.
    pub(crate) fn message(&self) -> Value {
        json!({"jsonrpc": "2.0", "id": self.number, "method": "tools/call", "params": {
            "name": self.kind.tool(),
            "arguments": {"number": self.number},
            "_meta": self.meta,
        }})
    }
}

fn kind(mut rolled: u64) -> Kind {
    for (kind, share) in Kind::MIX {
        if rolled < share {
            return kind;
        }
        rolled -= share;
    }
    Kind::Ok
}

fn ids(traceparent: &str) -> Option<(String, String)> {
    let mut parts = traceparent.split('-').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

/// How many hostile forms there are.
const HOSTILE: u64 = 8;

/// A `_meta` that is junk, and what the server has to understand of it.
fn hostile(form: u64) -> (Value, Ask) {
    let asking = json!({"traces": {"request": true, "detailed": true}});
    match form {
        0 => (json!({"otel": 5}), Ask::Nothing),
        1 => (json!({"otel": {"traces": []}}), Ask::Nothing),
        2 => (
            json!({"otel": {"traces": {"request": "true"}}}),
            Ask::Nothing,
        ),
        3 => (
            json!({"otel": {"traces": {"request": 1, "detailed": true}}}),
            Ask::Nothing,
        ),
        4 => (json!({"otel": nested(60)}), Ask::Nothing),
        // It asks; only what stands beside is junk.
        5 => (
            json!({"otel": asking, "traceparent": "00-junk-junk-zz"}),
            Ask::Detailed,
        ),
        6 => (
            json!({"otel": asking, "traceparent": {"a": 1}, "tracestate": [1]}),
            Ask::Detailed,
        ),
        _ => (
            json!({"otel": asking, "baggage": "a=b,".repeat(2_500), "x": "y".repeat(10_000)}),
            Ask::Detailed,
        ),
    }
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(true), |inner, _| json!({"traces": inner}))
}

/// SplitMix64: numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    /// A number from 0 to `sides - 1`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_complete() {
        let shares: u64 = Kind::MIX.iter().map(|(_, share)| share).sum();
        assert_eq!(shares, 100);
        let (form, last) = (hostile(HOSTILE - 1).0, hostile(u64::MAX).0);
        assert_eq!(form, last);
    }
}
