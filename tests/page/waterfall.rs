//! What the page shows, and what the mouse does.

use std::time::Duration;

use glassbox::render::{HtmlOptions, duration_text};
use serde_json::{Value, json};

use crate::browser::{Page, open};
use crate::traces::{chain, failing, gmail, large, page_of, page_with};

/// The names of the rows in sight, in order.
pub async fn names(page: &Page) -> Vec<String> {
    let names = page
        .run("return [...document.querySelectorAll('.row .label')].map((label) => label.textContent)")
        .await;
    serde_json::from_value(names).unwrap()
}

fn gmail_page() -> String {
    let trace = gmail();
    page_of(&[&trace[0], &trace[1]])
}

async fn bars(page: &Page) -> Value {
    page.run("return [...document.querySelectorAll('.bar')].map((bar) => bar.style.left + ' ' + bar.style.width)")
        .await
}

#[tokio::test]
async fn shows_a_row_for_every_span_with_its_duration_and_bar() {
    open(&gmail_page(), async |page| {
        assert_eq!(
            names(page).await,
            [
                "tools/call list_emails",
                "tools/call list_emails",
                "auth.validate",
                "gmail.list_messages",
                "GET /gmail/v1/users/me/messages",
                "gmail.fetch_details",
                "GET /gmail/v1/users/me/messages/{id}",
                "GET /gmail/v1/users/me/messages/{id}",
                "GET /gmail/v1/users/me/messages/{id}",
                "format_response",
            ]
        );
        assert_eq!(
            page.text_of(".row[data-index='5'] .duration").await,
            "1.59 s"
        );
        assert_eq!(bars(page).await.as_array().unwrap().len(), 10);
        assert_eq!(page.text_of("h1").await, "tools/call list_emails");
        assert_eq!(page.text_of(".summary").await, "2.06 s\n10 spans");
        assert_eq!(
            page.text_of(".services").await,
            "mcp-gmail-agent\nmcp-gmail-server"
        );
        let levels =
            "return [...document.querySelectorAll('.row')].map((row) => row.ariaLevel).join('')";
        assert_eq!(page.run(levels).await, "1233434443");
    })
    .await;
}

#[tokio::test]
async fn a_click_on_a_span_shows_what_it_carries() {
    open(&page_of(&[&failing()]), async |page| {
        assert!(page.text_of("#details").await.contains("Select a span"));
        page.click(".row[data-index='3'] .label").await;
        let details = page.text_of("#details").await;
        for part in [
            "pay\n",
            "700 ms  (70 % of the call)",
            "at 300 ms",
            "shop",
            "ERROR timeout",
            "the bank did not answer",
            "pay.attempts\n3",
            "\"a\",\n  2",
            "exception at 600 ms",
            "at pay\n    at bank",
            "0af7651916cd43dd8448eb211c80319c",
            "why\nretry",
            "0000000000000004",
        ] {
            assert!(details.contains(part), "{part} in {details}");
        }
        page.click("#details details summary").await;
        assert!(
            page.text_of("#details")
                .await
                .contains("service.name\nshop")
        );
        let selected = "return document.querySelector(\"[aria-selected='true']\").dataset.index";
        assert_eq!(page.run(selected).await, "3");
    })
    .await;
}

#[tokio::test]
async fn errors_show_in_words_and_are_found_one_after_another() {
    open(&page_of(&[&failing()]), async |page| {
        assert_eq!(
            page.text_of(".row[data-index='2'] .badge").await,
            "ERROR 500"
        );
        assert!(page.text_of(".summary").await.contains("2 errors"));
        assert_eq!(page.text_of("#next-error").await, "Next error (2)");
        for error in ["GET /cart", "pay", "GET /cart"] {
            page.click("#next-error").await;
            assert_eq!(page.text_of(".selected-name").await, error);
        }
    })
    .await;
}

#[tokio::test]
async fn zoom_changes_the_bars_and_comes_back() {
    open(&gmail_page(), async |page| {
        let whole = bars(page).await;
        let axis = page.text_of("#axis").await;
        page.click("#zoom-in").await;
        assert_ne!(bars(page).await, whole);
        assert_ne!(page.text_of("#axis").await, axis);
        assert_eq!(page.text_of("#zoom-reset").await, "160%");
        page.click("#zoom-out").await;
        assert_eq!(page.text_of("#zoom-reset").await, "100%");
        for _ in 0..60 {
            page.click("#zoom-in").await;
        }
        page.click("#zoom-reset").await;
        assert_eq!(bars(page).await, whole);
        // Out of the whole call there is nowhere to go.
        page.click("#zoom-out").await;
        assert_eq!(bars(page).await, whole);
    })
    .await;
}

#[tokio::test]
async fn the_mouse_zooms_by_drag_wheel_and_double_click() {
    open(&gmail_page(), async |page| {
        let axis = page.run("const box = document.getElementById('axis').getBoundingClientRect(); return [box.left, box.width, box.top + 10]").await;
        let [left, width, top] = [0, 1, 2].map(|index| axis[index].as_f64().unwrap());
        let mouse = async |kind: &str, part: f64, y: f64| {
            let event = json!({"type": kind, "x": left + part * width, "y": y, "button": "left", "clickCount": 1, "deltaX": 0, "deltaY": -200});
            page.devtools("Input.dispatchMouseEvent", event).await;
        };
        // A quarter of the axis: four times the zoom. Over the bars as well, where it selects nothing.
        for y in [top, top + 200.0] {
            mouse("mousePressed", 0.25, y).await;
            mouse("mouseMoved", 0.4, y).await;
            mouse("mouseMoved", 0.5, y).await;
            mouse("mouseReleased", 0.5, y).await;
            assert_eq!(page.text_of("#zoom-reset").await, "400%");
            assert_eq!(page.run("return document.querySelectorAll('.brush, [aria-selected=true]').length").await, 0);
            page.click("#zoom-reset").await;
        }
        mouse("mouseWheel", 0.5, top).await;
        page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))").await;
        assert_eq!(page.text_of("#zoom-reset").await, "272%");
        page.click("#zoom-reset").await;
        page.run("document.querySelector(\".row[data-index='6']\").dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))").await;
        assert_eq!(page.text_of("#zoom-reset").await, "367%");
        let bar = page.run("const row = document.querySelector(\".row[data-index='6']\"); const bar = row.querySelector('.bar').getBoundingClientRect(); const cell = row.querySelector('.timeline').getBoundingClientRect(); return bar.width / cell.width").await;
        assert!((0.9..1.0).contains(&bar.as_f64().unwrap()), "{bar}");
    })
    .await;
}

#[tokio::test]
async fn a_finding_marks_its_evidence_and_opens_the_way_to_it() {
    open(&gmail_page(), async |page| {
        let lit = "return [...document.querySelectorAll('.row.lit')].map((row) => row.dataset.index).join(' ')";
        let finding = page.text_of(".finding").await;
        assert!(finding.starts_with("N+1\n"), "{finding}");
        assert!(
            finding.contains("\ngmail.fetch_details makes 3 GET …/messages/{id} calls"),
            "{finding}"
        );
        page.click("#collapse-all").await;
        assert_eq!(names(page).await.len(), 1);
        page.click(".finding").await;
        assert_eq!(page.run(lit).await, "6 7 8");
        assert_eq!(page.find(".finding").await.attr("aria-pressed").await.unwrap().unwrap(), "true");
        page.click(".finding").await;
        assert_eq!(page.run(lit).await, "");
        page.click("#expand-all").await;
        assert_eq!(names(page).await.len(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_line_shows_what_decided_when_the_call_ended() {
    open(&gmail_page(), async |page| {
        let stretches = "return [...document.querySelectorAll('.row')]
            .filter((row) => row.querySelector('.critical')).map((row) => row.dataset.index).join(' ')";
        assert_eq!(page.run(stretches).await, "2 4 5 6 7 8");
        page.run("document.querySelector(\".row[data-index='9']\").dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))").await;
        assert_eq!(page.run(stretches).await, "0 5 9");
        page.click(".row[data-index='5'] .label").await;
        let details = page.text_of("#details").await;
        assert!(details.contains("Self time\n"), "{details}");
    })
    .await;
}

#[tokio::test]
async fn search_keeps_what_matches_and_the_way_to_it() {
    open(&gmail_page(), async |page| {
        page.click("#collapse-all").await;
        page.find("#search").await.send_keys("AUTH").await.unwrap();
        assert_eq!(
            names(page).await,
            ["tools/call list_emails", "tools/call list_emails", "auth.validate"]
        );
        assert_eq!(page.text_of("#found").await, "1 of 10 spans");
        assert_eq!(page.text_of("mark").await, "auth");
        page.press("\u{e00c}").await; // Escape
        assert_eq!(page.text_of("#found").await, "");
        page.find("#search").await.send_keys("nowhere").await.unwrap();
        assert_eq!(page.text_of("#nothing").await, "No span matches.");
        page.find("#search").await.clear().await.unwrap();
        page.run("const box = document.getElementById('search'); box.value = 'url.template=/gmail'; box.dispatchEvent(new Event('input'))").await;
        assert_eq!(page.text_of("#found").await, "3 of 10 spans");
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_spans_stay_usable() {
    open(&page_of(&[&large(10_000)]), async |page| {
        let rows = "return document.querySelectorAll('.row').length";
        assert!(page.run(rows).await.as_u64().unwrap() < 80);
        assert_eq!(
            page.find("#grid")
                .await
                .attr("aria-rowcount")
                .await
                .unwrap()
                .unwrap(),
            "10001"
        );
        page.click(".row .label").await;
        page.press("\u{e010}").await; // End
        let focused = "return document.activeElement.querySelector('.label').textContent";
        assert_eq!(page.run(focused).await, "span 10000");
        assert!(page.run(rows).await.as_u64().unwrap() < 80);
        page.press("\u{e011}").await; // Home
        assert_eq!(page.run(focused).await, "span 1");
        page.find("#search")
            .await
            .send_keys("span 777")
            .await
            .unwrap();
        assert_eq!(page.text_of("#found").await, "11 of 10000 spans");
    })
    .await;
}

#[tokio::test]
async fn a_chain_as_deep_as_the_bound_stays_within_its_column() {
    open(&page_of(&[&chain(10_000)]), async |page| {
        page.click(".row .label").await;
        page.press("\u{e010}").await; // End
        let last = "return document.activeElement.querySelector('.name').innerText";
        assert_eq!(page.run(last).await, "⋯ 9999\nspan 10000");
        page.press("\u{e012}").await; // Left: to the parent
        page.press("\u{e012}").await; // and closes it
        assert_eq!(page.run(last).await, "⋯ 9998\nspan 9999\n+1");
    })
    .await;
}

#[tokio::test]
async fn an_empty_trace_says_so() {
    let empty = json!({"resourceSpans": []});
    let options = HtmlOptions::default().with_note("nothing was returned");
    open(&page_with(&[&empty], &options), async |page| {
        assert_eq!(page.text_of("#nothing").await, "This trace has no spans.");
        assert_eq!(page.text_of(".note").await, "nothing was returned");
        assert!(
            page.text_of("#findings")
                .await
                .contains("Nothing stands out")
        );
        for id in ["#zoom-in", "#collapse-all", "#zoom-reset"] {
            page.click(id).await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_script_writes_durations_as_the_library_does() {
    // From the page's script: the page itself offers nothing to call.
    let script = include_str!("../../runtime/src/render/html/page.js");
    let (_, function) = script.split_once("function durationText").unwrap();
    let (function, _) = function.split_once("\n  }\n").unwrap();
    let nanos: Vec<u64> = (0..63)
        .flat_map(|shift| [1 << shift, (1 << shift) * 3 / 2, 10_u64.pow(shift / 4) * 7])
        .filter(|&nanos| nanos < 1 << 53)
        .collect();
    let expected: Vec<_> = nanos
        .iter()
        .map(|&nanos| duration_text(Duration::from_nanos(nanos)))
        .collect();
    open(&gmail_page(), async |page| {
        let script = format!(
            "function durationText{function}\n}} return {}.map(durationText)",
            json!(nanos)
        );
        assert_eq!(page.run(&script).await, json!(expected));
    })
    .await;
}
