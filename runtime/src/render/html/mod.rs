//! One self-contained page: a waterfall to zoom, search and walk through, with the findings beside it.
//!
//! Two things keep spans of others from doing anything in it. Their text is data: in the page as escaped JSON, put on
//! the screen as text, never as markup. And a policy in the page's head allows this style sheet and this script by
//! their hashes, and nothing else: no other script, no connection, no image.

mod data;
mod display;
mod table;

use std::borrow::Cow;

pub use data::{MAX_DETAIL_BYTES, MAX_FINDINGS};
pub use display::{MAX_NAME_CHARS, MAX_TEXT_CHARS};
pub use table::MAX_TABLE_ROWS;

use self::data::PageData;
use self::display::name_text;
use super::duration::duration_text;
use super::escape::{html_text, json_for_script};
use super::timeline::Axis;
use crate::analysis::{Finding, SpanTree};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The hashes by which the page's policy knows its own style sheet and script. A test says the new ones when they change.
const STYLE_HASH: &str = "sha256-F7UhqdL5e2VXWUKuY+IWDQnN2hlg4O1PjImPfUtlQzY=";
const SCRIPT_HASH: &str = "sha256-ee+cN5RWBQoPGBuKeXMKag9a3CkC0kc8wG42di14Vgg=";

/// What a page says beyond the trace. The default is titled after the trace's first root, and without notes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HtmlOptions {
    title: Option<String>,
    notes: Vec<String>,
}

impl HtmlOptions {
    /// Sets the title (default: the name of the trace's first root).
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Adds a line below the title, such as what an ingest reports.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// Writes a tree and its findings as one HTML page that loads nothing and works from a file.
///
/// Without scripts it shows a table of the spans, and so it does on paper. What a page holds is bounded: names are cut at
/// [`MAX_NAME_CHARS`], other text at [`MAX_TEXT_CHARS`], all attributes, events and links together at
/// [`MAX_DETAIL_BYTES`], findings at [`MAX_FINDINGS`], and the table at [`MAX_TABLE_ROWS`]; each says what it left out. Names that
/// take more than 4 MiB together are cut shorter still.
///
/// ```
/// use glassbox::analysis::{SpanTree, findings};
/// use glassbox::render::{HtmlOptions, html};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tree = SpanTree::from_otlp(&serde_json::json!({"resourceSpans": []}))?;
/// let page = html(&tree, &findings(&tree), &HtmlOptions::default().with_title("No spans"));
/// assert!(page.starts_with("<!doctype html>"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn html(tree: &SpanTree, findings: &[Finding], options: &HtmlOptions) -> String {
    let data = PageData::of(tree, findings);
    let title = match (&options.title, tree.roots().next()) {
        (Some(title), _) => name_text(title),
        (None, Some(root)) => name_text(root.span().name()),
        (None, None) => "Trace".to_owned(),
    };
    fill(PAGE, |part| match part {
        "policy" => Cow::Owned(policy()),
        "title" => Cow::Owned(html_text(&title)),
        "style" => Cow::Borrowed(STYLE),
        "summary" => Cow::Owned(summary(tree)),
        "services" => Cow::Owned(table::services(&data)),
        "notes" => Cow::Owned(notes(tree, &options.notes)),
        "findings" => Cow::Owned(table::findings(&data)),
        "table" => Cow::Owned(table::spans(tree, &data)),
        "data" => Cow::Owned(json_for_script(&data)),
        "script" => Cow::Borrowed(SCRIPT),
        _ => Cow::Borrowed(""),
    })
}

/// Puts parts in the place of `{{name}}`. One pass: what a part says is never looked at again.
fn fill<'a>(template: &str, part: impl Fn(&str) -> Cow<'a, str>) -> String {
    let mut page = String::new();
    for (index, piece) in template.split("{{").enumerate() {
        match piece.split_once("}}") {
            Some((name, text)) if index > 0 => {
                page.push_str(&part(name));
                page.push_str(text);
            }
            _ => page.push_str(piece),
        }
    }
    page
}

/// Trusted types make every way from text to markup an error in the page's own script, too.
fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{SCRIPT_HASH}'; style-src '{STYLE_HASH}'; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// `2.06 s · 10 spans · 1 error`.
fn summary(tree: &SpanTree) -> String {
    let length = Axis::of(tree).length();
    let duration = (length > 0).then(|| duration_text(std::time::Duration::from_nanos(length)));
    let errors = tree
        .walk()
        .filter(|(_, node)| node.span().is_error())
        .count();
    let parts = [
        duration,
        Some(counted(tree.len(), "span")),
        (errors > 0).then(|| counted(errors, "error")),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .map(|part| format!("<li>{}</li>", html_text(&part)))
        .collect();
    parts.concat()
}

fn notes(tree: &SpanTree, notes: &[String]) -> String {
    let skipped = (tree.skipped() > 0).then(|| {
        format!(
            "{} left out: unreadable, there already, or too many",
            counted(tree.skipped(), "span")
        )
    });
    let notes = notes.iter().map(|note| display::text(note)).chain(skipped);
    notes
        .map(|note| format!("<p class=\"note\">{}</p>", html_text(&note)))
        .collect()
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::analysis::findings;
    use crate::analysis::fixture::{gmail_client, gmail_detailed};

    fn page(payloads: &[&Value], options: &HtmlOptions) -> String {
        let tree = SpanTree::from_payloads(payloads.iter().copied()).unwrap();
        html(&tree, &findings(&tree), options)
    }

    fn data_of(page: &str) -> Value {
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn the_policy_knows_the_style_sheet_and_the_script() {
        for (what, text, hash) in [
            ("STYLE_HASH", STYLE, STYLE_HASH),
            ("SCRIPT_HASH", SCRIPT, SCRIPT_HASH),
        ] {
            let actual = format!("sha256-{}", STANDARD.encode(Sha256::digest(text)));
            assert_eq!(hash, actual, "{what} in html/mod.rs is not up to date");
        }
        let page = page(&[], &HtmlOptions::default());
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
        assert!(page.contains(&format!("<script>{SCRIPT}</script>")));
    }

    #[test]
    fn style_sheet_and_script_stay_in_their_elements_and_load_nothing() {
        for text in [STYLE, SCRIPT] {
            for word in [
                "</", "<!--", "{{", "http:", "https:", "url(", "@import", "\r",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "eval",
            "document.write",
            "fetch(",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }

    #[test]
    fn is_the_same_page_for_the_same_trace() {
        let trace = [&gmail_client(), &gmail_detailed()];
        assert_eq!(
            page(&trace, &HtmlOptions::default()),
            page(&trace, &HtmlOptions::default())
        );
    }

    #[test]
    fn is_titled_after_its_root_unless_told_otherwise() {
        let title = |options| {
            let page = page(&[&gmail_client()], &options);
            let (_, rest) = page.split_once("<title>").unwrap();
            rest.split_once("</title>").unwrap().0.to_owned()
        };
        assert_eq!(title(HtmlOptions::default()), "tools/call list_emails");
        assert_eq!(
            title(HtmlOptions::default().with_title("</title>{{data}}")),
            "&lt;/title&gt;{{data}}"
        );
    }

    #[test]
    fn shows_notes_and_what_was_left_out() {
        let page = page(
            &[&gmail_client(), &gmail_client()],
            &HtmlOptions::default().with_note("9 spans accepted <b>"),
        );
        assert!(page.contains("<p class=\"note\">9 spans accepted &lt;b&gt;</p>"));
        assert!(page.contains("<p class=\"note\">1 span left out"));
    }

    fn one_span(text: &[String; 7]) -> Value {
        let [name, service, key, value, event, message, error] = text;
        json!({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": format!("s{service}")}}]},
            "scopeSpans": [{"spans": [{
                "spanId": "b7ad6b7169203331", "name": name,
                "startTimeUnixNano": 5, "endTimeUnixNano": 9,
                "status": {"code": 2, "message": message},
                "attributes": [
                    {"key": format!("k{key}"), "value": {"stringValue": value}},
                    {"key": "error.type", "value": {"stringValue": error}},
                ],
                "events": [{"name": event}],
            }]}],
        }]})
    }

    proptest! {
        #[test]
        fn no_text_of_a_span_becomes_markup(
            text in proptest::array::uniform7("(\\PC|[<>&\"'{}\u{2028}\u{202e}\u{1b}\0]|</script>|<!--|]]>){0,12}")
        ) {
            let harmless = std::array::from_fn(|_| "x".to_owned());
            let options = HtmlOptions::default().with_title(&text[0]).with_note(&text[1]);
            let page = page(&[&one_span(&text)], &options);
            let plain = self::page(
                &[&one_span(&harmless)],
                &HtmlOptions::default().with_title("x").with_note("x"),
            );
            for mark in ['<', '>', '"'] {
                // The data's own quotes are counted where there is no data.
                let count = |page: &str| page.split_once("id=\"data\">").unwrap().0.matches(mark).count();
                prop_assert_eq!(count(&page), count(&plain), "{}", mark);
            }
            prop_assert_eq!(page.matches('<').count(), plain.matches('<').count());
            let span = &data_of(&page)["spans"][0];
            prop_assert_eq!(span["attributes"][0][1].as_str().unwrap(), display::text(&text[3]));
            prop_assert_eq!(span["events"][0]["name"].as_str().unwrap(), name_text(&text[4]));
        }
    }
}
