//! A span tree as lines: guides and names, right-aligned durations, bars on the call's time axis.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use opentelemetry::trace::SpanId;

use super::duration::duration_text;
use super::label::{Guides, Label, fit_name};
use super::printable::width;
use super::timeline::{Axis, BarStyle, Place};
use crate::analysis::{Finding, SpanTree};

/// Columns of a line unless told otherwise: what every terminal has.
pub const DEFAULT_WIDTH: usize = 80;
/// The least columns a line gets: below, neither names nor bars could be told apart.
pub const MIN_WIDTH: usize = 40;
/// Lines of a tree unless told otherwise. Ours: more than a screen or two is no longer read, and the sender chooses it.
pub const DEFAULT_MAX_LINES: usize = 200;

/// The widest bar: beyond, the eye loses the line.
const MAX_BAR: usize = 60;
/// Columns of one level of guides.
const GUIDE: usize = 3;

/// How a tree is written. The default is plain text for 80 columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    width: usize,
    colour: bool,
    max_lines: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            width: DEFAULT_WIDTH,
            colour: false,
            max_lines: DEFAULT_MAX_LINES,
        }
    }
}

impl TextOptions {
    /// Sets the columns of a line (default [`DEFAULT_WIDTH`], at least [`MIN_WIDTH`]).
    #[must_use]
    pub fn with_width(mut self, columns: usize) -> Self {
        self.width = columns.max(MIN_WIDTH);
        self
    }

    /// Sets whether lines carry ANSI colours (default: no).
    #[must_use]
    pub fn with_colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Sets the most spans that get a line (default [`DEFAULT_MAX_LINES`]); a last line counts the others.
    #[must_use]
    pub fn with_max_lines(mut self, lines: usize) -> Self {
        self.max_lines = lines;
        self
    }
}

/// Writes a tree, one line a span, each ended by a line break. The evidence of `findings` gets solid bars.
#[must_use]
pub fn text(tree: &SpanTree, findings: &[Finding], options: &TextOptions) -> String {
    let evidence: HashSet<SpanId> = findings
        .iter()
        .flat_map(Finding::evidence)
        .copied()
        .collect();
    let axis = Axis::of(tree);
    let mut guides = Guides::default();
    let lines: Vec<_> = tree
        .walk()
        .take(options.max_lines)
        .map(|(depth, node)| Line {
            guide: guides.next(depth, node),
            label: Label::of(node),
            duration: node
                .span()
                .duration()
                .map_or(Cow::Borrowed("-"), |duration| {
                    duration_text(duration).into()
                }),
            bar: axis.place(node.span()),
            style: BarStyle::of(node, &evidence),
        })
        .collect();
    let columns = Columns::fit(&lines, options.width);
    let mut out = String::new();
    for line in &lines {
        line.write(
            &mut out,
            &columns,
            &Palette {
                colour: options.colour,
            },
        );
    }
    if tree.len() > lines.len() {
        let _ = writeln!(out, "… and {} more", tree.len() - lines.len());
    }
    out
}
struct Line {
    guide: Vec<&'static str>,
    label: Label,
    duration: Cow<'static, str>,
    bar: Place,
    style: BarStyle,
}

/// The widths of a line's parts, the same on all lines.
struct Columns {
    label: usize,
    duration: usize,
    bar: usize,
}

impl Columns {
    fn fit(lines: &[Line], total: usize) -> Self {
        let duration = lines
            .iter()
            .map(|line| width(&line.duration))
            .max()
            .unwrap_or(0);
        let least_bar = (total / 4).clamp(8, 24);
        let most_label = total.saturating_sub(duration + 2 + least_bar);
        let label = lines
            .iter()
            .map(|line| line.guide.len() * GUIDE + line.label.width())
            .max()
            .unwrap_or(0);
        let label = label.min(most_label);
        Self {
            label,
            duration,
            bar: total.saturating_sub(label + duration + 2).min(MAX_BAR),
        }
    }
}

impl Line {
    fn write(&self, out: &mut String, columns: &Columns, palette: &Palette) {
        let guide = self.guide_within(columns.label / 2);
        let mut room = columns.label.saturating_sub(width(&guide));
        let error = self.label.error.as_deref().unwrap_or_default();
        let error = fit_name(error, room / 2);
        let reserved = if error.is_empty() {
            0
        } else {
            width(&error) + 1
        };
        let name = fit_name(&self.label.name, room.saturating_sub(reserved));
        room = room.saturating_sub(width(&name) + reserved);

        palette.paint(out, "2", &guide);
        palette.paint(
            out,
            if self.style == BarStyle::Error {
                "31"
            } else {
                ""
            },
            &name,
        );
        if !error.is_empty() {
            out.push(' ');
            palette.paint(out, "1;31", &error);
        }
        for note in &self.label.notes {
            // Notes are whole or not there, and none is shown after one that was left out.
            let Some(left) = room.checked_sub(width(note) + 1) else {
                break;
            };
            room = left;
            out.push(' ');
            palette.paint(out, "2", note);
        }
        let padding = room + 1 + columns.duration.saturating_sub(width(&self.duration));
        out.extend(std::iter::repeat_n(' ', padding));
        out.push_str(&self.duration);
        let bar = self.bar.draw(columns.bar, self.style);
        let drawn = bar.trim_start_matches(' ');
        if !drawn.is_empty() {
            out.extend(std::iter::repeat_n(' ', 1 + bar.len() - drawn.len()));
            palette.paint(out, self.style.ansi(), drawn);
        }
        out.push('\n');
    }

    /// The innermost guides, where all of them would take the names' place.
    fn guide_within(&self, room: usize) -> String {
        let levels = room / GUIDE;
        match self.guide.len().checked_sub(levels) {
            Some(hidden) if hidden > 0 => {
                let shown = self.guide.iter().skip(hidden + 1);
                std::iter::once(&"⋯  ").chain(shown).copied().collect()
            }
            _ => self.guide.concat(),
        }
    }
}
struct Palette {
    colour: bool,
}

impl Palette {
    fn paint(&self, out: &mut String, code: &str, text: &str) {
        if self.colour && !code.is_empty() && !text.is_empty() {
            let _ = write!(out, "\u{1b}[{code}m{text}\u{1b}[0m");
        } else {
            out.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::analysis::findings;
    use crate::analysis::fixture::{
        CLIENT, INTERNAL, SERVER, gmail_client, gmail_detailed, gmail_top_level, payload,
    };

    fn render(payloads: &[&Json], options: &TextOptions) -> String {
        let tree = SpanTree::from_payloads(payloads.iter().copied()).unwrap();
        text(&tree, &findings(&tree), options)
    }

    fn check(payloads: &[&Json], columns: usize, expected: &Expect) {
        let text = render(payloads, &TextOptions::default().with_width(columns));
        for line in text.lines() {
            assert!(width(line) <= columns, "{line}");
            assert_eq!(line, line.trim_end());
        }
        expected.assert_eq(&text);
    }

    #[test]
    fn shows_the_detailed_tree_with_bars_on_one_axis() {
        check(
            &[&gmail_client(), &gmail_detailed()],
            80,
            &expect![[r#"
            tools/call list_emails CLIENT mcp-gmail-agent     2.06 s ━━━━━━━━━━━━━━━━━━━━━━━
            └─ tools/call list_emails SERVER mcp-gmail-server 2.05 s ━━━━━━━━━━━━━━━━━━━━━━━
               ├─ auth.validate                                50 ms ╸
               ├─ gmail.list_messages gmail.max_results=3     402 ms ╺━━━━
               │  └─ GET /gmail/v1/users/me/messages          400 ms ╺━━━━
               ├─ gmail.fetch_details gmail.fetch_count=3     1.59 s      ━━━━━━━━━━━━━━━━━━
               │  ├─ GET /gmail/v1/users/me/messages/{id}     520 ms      ██████
               │  ├─ GET /gmail/v1/users/me/messages/{id}     510 ms            █████▌
               │  └─ GET /gmail/v1/users/me/messages/{id}     530 ms                 ▐█████▌
               └─ format_response                             5.0 ms                       ╺
        "#]],
        );
    }

    #[test]
    fn shows_the_top_level() {
        check(
            &[&gmail_client(), &gmail_top_level()],
            80,
            &expect![[r#"
            tools/call list_emails CLIENT mcp-gmail-agent     2.06 s ━━━━━━━━━━━━━━━━━━━━━━━
            └─ tools/call list_emails SERVER mcp-gmail-server 2.05 s ━━━━━━━━━━━━━━━━━━━━━━━
               ├─ auth.validate                                50 ms ╸
               ├─ gmail.list_messages gmail.max_results=3     402 ms ╺━━━━
               ├─ gmail.fetch_details gmail.fetch_count=3     1.59 s      ██████████████████
               └─ format_response                             5.0 ms                       ╺
        "#]],
        );
    }

    #[test]
    fn shortens_names_and_drops_notes_on_narrow_lines() {
        check(
            &[&gmail_client(), &gmail_detailed()],
            40,
            &expect![[r#"
            tools/call list_emails 2.06 s ━━━━━━━━━━
            └─ tools/call list_em… 2.05 s ━━━━━━━━━━
               ├─ auth.validate     50 ms ╸
               ├─ gmail.list_mess… 402 ms ╺━
               │  └─ GET /gmail/v… 400 ms ╺━
               ├─ gmail.fetch_det… 1.59 s   ━━━━━━━━
               │  ├─ GET …/{id}    520 ms   ██▌
               │  ├─ GET …/{id}    510 ms     ▐██
               │  └─ GET …/{id}    530 ms        ███
               └─ format_response  5.0 ms          ╺
        "#]],
        );
    }

    #[test]
    fn gives_wide_lines_to_the_bars() {
        check(
            &[&gmail_client(), &gmail_detailed()],
            120,
            &expect![[r#"
            tools/call list_emails CLIENT mcp-gmail-agent     2.06 s ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
            └─ tools/call list_emails SERVER mcp-gmail-server 2.05 s ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
               ├─ auth.validate                                50 ms ━╸
               ├─ gmail.list_messages gmail.max_results=3     402 ms  ╺━━━━━━━━━━━╸
               │  └─ GET /gmail/v1/users/me/messages          400 ms  ╺━━━━━━━━━━━
               ├─ gmail.fetch_details gmail.fetch_count=3     1.59 s              ╺━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸
               │  ├─ GET /gmail/v1/users/me/messages/{id}     520 ms              ▐██████████████▌
               │  ├─ GET /gmail/v1/users/me/messages/{id}     510 ms                             ▐██████████████▌
               │  └─ GET /gmail/v1/users/me/messages/{id}     530 ms                                            ▐███████████████
               └─ format_response                             5.0 ms                                                            ╺
        "#]],
        );
    }

    #[test]
    fn marks_errors_in_words() {
        let spans = [
            (
                1,
                0,
                SERVER,
                "tools/call send_email",
                0,
                100,
                &["error.type=tool_error"][..],
            ),
            (
                2,
                1,
                INTERNAL,
                "gmail.send_message",
                10,
                100,
                &["error.type=GmailError"],
            ),
            (
                3,
                2,
                CLIENT,
                "POST /gmail/v1/users/me/messages/send",
                10,
                90,
                &["error.type=500"],
            ),
        ];
        check(
            &[&payload("mcp-gmail-server", &spans)],
            80,
            &expect![[r#"
            tools/call send_email ERROR tool_error SERVER        100 ms ████████████████████
            └─ gmail.send_message ERROR GmailError                90 ms   ██████████████████
               └─ POST …/v1/users/me/messages/send ERROR 500      80 ms   ████████████████
        "#]],
        );
    }

    #[test]
    fn puts_spans_of_another_clock_at_the_margin() {
        let spans = [
            (1, 0, CLIENT, "call", 1000, 2000, &[][..]),
            (2, 1, SERVER, "before", 10, 20, &[]),
            (3, 1, SERVER, "after", 3000, 4000, &[]),
            (4, 1, SERVER, "reversed", 1500, 1400, &[]),
            (5, 1, SERVER, "instant", 1500, 1500, &[]),
        ];
        check(
            &[&payload("s", &spans)],
            60,
            &expect![[r#"
            call CLIENT s 1.00 s ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
            ├─ before      10 ms ‹
            ├─ reversed        -
            ├─ instant       0 s                    ╺
            └─ after      1.00 s                                       ›
        "#]],
        );
    }

    #[test]
    fn keeps_hostile_text_out_of_the_terminal() {
        let name = "\u{1b}]0;owned\u{7}\u{202e}evil\nnext line";
        let spans = [
            (1, 0, INTERNAL, name, 0, 10, &["note=\u{1b}[31mred"][..]),
            (2, 1, INTERNAL, "", 0, 10, &[]),
        ];
        check(
            &[&payload("\u{9b}2Jservice", &spans)],
            80,
            &expect![[r#"
            �]0;owned�evil�next line INTERNAL �2Jservice 10 ms ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
            └─ (unnamed)                                 10 ms ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
        "#]],
        );
    }

    #[test]
    fn keeps_deep_trees_within_the_line() {
        let spans: Vec<_> = (1..30)
            .map(|id| (id, id - 1, INTERNAL, "phase", id, 100 - id, &[][..]))
            .collect();
        let text = render(
            &[&payload("s", &spans)],
            &TextOptions::default().with_width(40),
        );
        assert!(text.lines().all(|line| width(line) <= 40), "{text}");
        expect!["⋯     └─ phase          42 ms    ━━━━"]
            .assert_eq(text.lines().last().unwrap_or_default());
    }

    #[test]
    fn counts_the_spans_beyond_the_last_line() {
        let spans: Vec<_> = (1..10)
            .map(|id| (id, 0, INTERNAL, "span", 0, 10, &[][..]))
            .collect();
        let lines = |most| {
            render(
                &[&payload("s", &spans)],
                &TextOptions::default().with_max_lines(most),
            )
            .lines()
            .count()
        };
        assert_eq!((lines(8), lines(9), lines(10)), (9, 9, 9));
        let text = render(
            &[&payload("s", &spans)],
            &TextOptions::default().with_max_lines(7),
        );
        assert!(text.ends_with("… and 2 more\n"), "{text}");
    }

    #[test]
    fn without_colours_the_text_is_the_same() {
        let coloured = render(
            &[&gmail_client(), &gmail_detailed()],
            &TextOptions::default().with_colour(true),
        );
        let plain = render(
            &[&gmail_client(), &gmail_detailed()],
            &TextOptions::default(),
        );
        let mut stripped = String::new();
        for (index, part) in coloured.split('\u{1b}').enumerate() {
            stripped.push_str(if index == 0 {
                part
            } else {
                part.split_once('m').unwrap().1
            });
        }
        assert_eq!(stripped, plain);
        assert_ne!(coloured, plain);
    }

    fn junk() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(|number| Json::from(number.to_string())),
            any::<f64>().prop_map(Json::from),
            any::<String>().prop_map(Json::from),
            (0..4_u64).prop_map(|id| Json::from(format!("{id:016x}"))),
        ];
        let keys = prop::sample::select(vec![
            "resource",
            "scopeSpans",
            "spans",
            "attributes",
            "key",
            "value",
            "stringValue",
            "intValue",
            "spanId",
            "parentSpanId",
            "traceId",
            "name",
            "kind",
            "startTimeUnixNano",
            "endTimeUnixNano",
            "status",
            "code",
        ]);
        leaf.prop_recursive(5, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
                prop::collection::vec((keys.clone(), inner), 0..8).prop_map(|members| {
                    Json::Object(
                        members
                            .into_iter()
                            .map(|(key, value)| (key.to_owned(), value))
                            .collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn junk_never_panics_and_stays_within_the_line(
            spans in prop::collection::vec(junk(), 0..8), resources in junk(), columns in 0..200_usize
        ) {
            let payload = json!({"resourceSpans": [resources, {"scopeSpans": [{"spans": spans}]}]});
            let text = render(&[&payload], &TextOptions::default().with_width(columns));
            for line in text.lines() {
                prop_assert!(width(line) <= columns.max(MIN_WIDTH), "{}", line);
            }
        }

        #[test]
        fn absurd_times_never_panic(
            spans in prop::collection::vec((1..9_u64, 0..9_u64, any::<u64>(), any::<u64>(), any::<String>()), 0..9)
        ) {
            let spans: Vec<_> = spans
                .into_iter()
                .map(|(id, parent, start, end, name)| json!({
                    "spanId": format!("{id:016x}"), "parentSpanId": format!("{parent:016x}"), "name": name, "kind": 3,
                    "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
                }))
                .collect();
            let text = render(&[&json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})], &TextOptions::default());
            for line in text.lines() {
                prop_assert!(width(line) <= DEFAULT_WIDTH, "{}", line);
            }
        }
    }
}
