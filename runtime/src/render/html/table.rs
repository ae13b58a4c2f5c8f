//! The page without its script: findings and spans as plain HTML, which is also what a printer gets.

use std::fmt::Write as _;

use super::data::{PageData, PlaceData};
use crate::analysis::SpanTree;
use crate::render::escape::html_text;
use crate::render::label::Guides;
use crate::render::timeline::Axis;

/// The most spans in the table that a page shows without scripts and on paper. Ours: some twenty sheets.
pub const MAX_TABLE_ROWS: usize = 1_000;

/// Services in the legend.
const MAX_SERVICES: usize = 8;
/// Levels of guides that are drawn.
const MAX_GUIDES: usize = 16;
/// Colours of services in the style sheet.
const COLOURS: usize = 8;
/// The width of a bar's drawing, and the least of a bar.
const BAR_UNITS: u64 = 1_000;
const LEAST_BAR: u64 = 4;

pub(super) fn services(data: &PageData) -> String {
    let mut list = String::new();
    for (index, service) in data.services.iter().enumerate().take(MAX_SERVICES) {
        let _ = write!(
            list,
            "<li><i class=\"dot c{}\"></i>{}</li>",
            index % COLOURS,
            html_text(service)
        );
    }
    if data.services.len() > MAX_SERVICES {
        let _ = write!(
            list,
            "<li>and {} more services</li>",
            data.services.len() - MAX_SERVICES
        );
    }
    list
}

pub(super) fn findings(data: &PageData) -> String {
    if data.findings.is_empty() {
        return String::new();
    }
    let items = data.findings.iter().map(|finding| {
        let sentence = html_text(&finding.sentence);
        format!("<li><b>{}</b> {sentence}</li>", html_text(finding.title))
    });
    let more = match data.more_findings {
        0 => String::new(),
        more => format!("<p>… and {more} more</p>"),
    };
    format!(
        "<h2>Findings</h2><ol>{}</ol>{more}",
        items.collect::<String>()
    )
}

pub(super) fn spans(tree: &SpanTree, data: &PageData) -> String {
    if data.spans.is_empty() {
        return "<p>This trace has no spans.</p>".to_owned();
    }
    let length = Axis::of(tree).length();
    let mut rows = String::new();
    let mut guides = Guides::default();
    for ((depth, node), span) in tree.walk().zip(&data.spans).take(MAX_TABLE_ROWS) {
        let guide = guides.next(depth, node);
        let (cut, hidden) = match guide.len().checked_sub(MAX_GUIDES) {
            Some(hidden) if hidden > 0 => ("⋯  ", hidden + 1),
            _ => ("", 0),
        };
        let guide: String = guide.into_iter().skip(hidden).collect();
        let service = span.service.and_then(|index| data.services.get(index));
        let error = span.error.as_deref().map_or_else(String::new, |error| {
            format!(" <strong>{}</strong>", html_text(error))
        });
        let _ = write!(
            rows,
            "<tr><td><span class=\"guide\">{cut}{guide}</span>{}{error}</td><td>{}</td><td class=\"duration\">{}</td><td>{}</td></tr>",
            html_text(&span.name),
            html_text(service.map_or("", String::as_str)),
            html_text(&span.duration),
            bar(&span.place, length, span.service),
        );
    }
    let more = match data.spans.len().saturating_sub(MAX_TABLE_ROWS) {
        0 => String::new(),
        more => format!("<p>… and {more} more spans</p>"),
    };
    format!(
        "<table><thead><tr><th>Span</th><th>Service</th><th class=\"duration\">Duration</th><th>Timeline</th></tr></thead>\
         <tbody>{rows}</tbody></table>{more}"
    )
}

/// A drawing, since the page's policy has no room for styles in elements.
fn bar(place: &PlaceData, length: u64, service: Option<usize>) -> String {
    let (from, to) = match place {
        PlaceData::Unknown => return String::new(),
        PlaceData::Before => return "‹ before".to_owned(),
        PlaceData::After => return "after ›".to_owned(),
        PlaceData::Within(start, end) => (units(*start, length), units(*end, length)),
    };
    let width = to.saturating_sub(from).max(LEAST_BAR);
    let colour = service.map_or_else(String::new, |index| format!("c{}", index % COLOURS));
    format!(
        "<svg viewBox=\"0 0 {BAR_UNITS} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"{colour}\" x=\"{}\" width=\"{width}\" height=\"10\"/></svg>",
        from.min(BAR_UNITS - width.min(BAR_UNITS)),
    )
}

fn units(time: u64, length: u64) -> u64 {
    let units = u128::from(time) * u128::from(BAR_UNITS) / u128::from(length.max(1));
    u64::try_from(units).unwrap_or(BAR_UNITS).min(BAR_UNITS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analysis::findings;
    use crate::analysis::fixture::{gmail_client, gmail_detailed};

    fn table(tree: &SpanTree) -> String {
        spans(tree, &PageData::of(tree, &findings(tree)))
    }

    #[test]
    fn has_a_row_for_every_span() {
        let tree = SpanTree::from_payloads([&gmail_client(), &gmail_detailed()]).unwrap();
        let table = table(&tree);
        assert_eq!(table.matches("<tr>").count(), 11);
        assert!(table.contains(
            "<tr><td><span class=\"guide\">   │  └─ </span>GET /gmail/v1/users/me/messages/{id}</td>\
             <td>mcp-gmail-server</td><td class=\"duration\">530 ms</td>\
             <td><svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect class=\"c1\" x=\"722\" width=\"257\" height=\"10\"/></svg></td></tr>"
        ), "{table}");
    }

    #[test]
    fn counts_the_rows_it_has_no_room_for() {
        for (count, rows, more) in [
            (MAX_TABLE_ROWS - 1, MAX_TABLE_ROWS - 1, None),
            (MAX_TABLE_ROWS, MAX_TABLE_ROWS, None),
            (
                MAX_TABLE_ROWS + 1,
                MAX_TABLE_ROWS,
                Some("… and 1 more span"),
            ),
        ] {
            let spans: Vec<_> = (1..=count)
                .map(|id| json!({"spanId": format!("{id:016x}"), "parentSpanId": format!("{:016x}", id - 1)}))
                .collect();
            let tree = SpanTree::from_otlp(
                &json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}),
            )
            .unwrap();
            let table = table(&tree);
            assert_eq!(table.matches("<tr>").count(), rows + 1);
            assert_eq!(more.is_some(), table.contains("… and "));
            assert!(more.is_none_or(|more| table.contains(more)));
        }
    }
}
