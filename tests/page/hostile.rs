//! Spans that want to be more than text.

use serde_json::json;

use crate::browser::open;
use crate::fixture::{SERVER, payload};
use crate::traces::{HOSTILE, hostile, page_of};

#[tokio::test]
async fn hostile_text_runs_nothing_and_shows_as_text() {
    open(&page_of(&[&hostile()]), async |page| {
        assert_eq!(page.run("return document.querySelectorAll('.row').length").await, 11);
        let text = "return document.body.textContent";
        for row in 0..11 {
            page.click(&format!(".row[data-index='{row}'] .duration")).await;
            assert_eq!(page.run("return document.querySelectorAll('#details dd').length > 8").await, true);
            page.run("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })").await;
        }
        let shown = page.run(text).await;
        let shown = shown.as_str().unwrap();
        for text in HOSTILE.iter().filter(|text| text.is_ascii() && !text.contains('\u{1b}')) {
            assert!(shown.contains(text), "{text}");
        }
        assert!(shown.contains("�[2J�]8;;https://evil.example�link"));
        assert!(shown.contains("�gnp.exe�"));
        for unsafe_character in ["\u{1b}", "\u{202e}", "\u{2066}", "\u{200b}"] {
            assert!(!shown.contains(unsafe_character));
        }
        assert!(shown.contains("… (99800 more characters)"));
        assert_eq!(page.run("return String(window.__pwned) + String(({}).polluted)").await, "undefinedundefined");
        assert_eq!(page.run("return document.querySelectorAll('script, img, a, iframe, object, embed, link').length").await, 2);
        page.find("#search").await.send_keys("<script>").await.unwrap();
        assert_eq!(page.run("return String(window.__pwned)").await, "undefined");
    })
    .await;
}

/// Were text ever to become markup, the policy would still let it do nothing.
#[tokio::test]
async fn the_policy_stops_what_escaping_would_have_missed() {
    let title = "ESCAPED-TITLE";
    let trace = payload("s", &[(1, 0, SERVER, title, 0, 9, &[])]);
    let attack = "<img src=http://127.0.0.1:9/x onerror=\"window.__pwned = 1\"><script>window.__pwned = 1</script>\
        <style>h1 { display: none }</style><iframe src=\"javascript:parent.__pwned = 1\"></iframe>";
    let html = page_of(&[&trace]).replacen(&format!("<h1>{title}"), &format!("<h1>{attack}"), 1);
    assert!(html.contains("onerror"));
    open(&html, async |page| {
        assert_eq!(page.run("return String(window.__pwned)").await, "undefined");
        assert!(page.find("h1").await.is_displayed().await.unwrap());
        let refused = page.complaints().await;
        assert!(refused.len() >= 4, "{refused:?}");
        for complaint in &refused {
            assert!(complaint["message"].as_str().unwrap().contains("Content Security Policy"), "{complaint}");
        }
        let markup = page.run("try { document.body.innerHTML = '<b>x</b>'; return 'taken' } catch (error) { return error.name }").await;
        assert_eq!(markup, "TypeError");
        page.complaints().await;
    })
    .await;
}

#[tokio::test]
async fn spans_without_times_or_of_another_clock_say_so() {
    let mut trace = payload(
        "s",
        &[
            (1, 0, SERVER, "root", 10, 20, &[]),
            (2, 1, 1, "early", 1, 2, &[]),
            (3, 1, 1, "late", 30, 40, &[]),
            (4, 1, 1, "timeless", 12, 13, &[]),
        ],
    );
    let spans = &mut trace["resourceSpans"][0]["scopeSpans"][0]["spans"];
    spans[3]["startTimeUnixNano"] = json!(0);
    open(&page_of(&[&trace]), async |page| {
        let timelines = page.run("return [...document.querySelectorAll('.row')].map((row) => row.querySelector('.label').textContent + ': ' + row.querySelector('.timeline').textContent)").await;
        let mut timelines: Vec<String> = serde_json::from_value(timelines).unwrap();
        timelines.sort();
        assert_eq!(timelines, ["early: ‹ before the call", "late: after the call ›", "root: ", "timeless: no times"]);
        assert_eq!(page.run("return document.querySelectorAll('.bar').length").await, 1);
        page.click(".row[data-index='2'] .label").await;
        let details = page.text_of("#details").await;
        assert!(details.contains("9.0 ms before the call"), "{details}");
    })
    .await;
}
