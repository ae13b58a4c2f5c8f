//! The page by keyboard alone, and as assistive technology sees it.

use crate::browser::{Page, open};
use crate::traces::{failing, gmail, page_of};
use crate::waterfall::names;

const ENTER: &str = "\u{e007}";
const SHIFT: &str = "\u{e008}";
const ESCAPE: &str = "\u{e00c}";
const END: &str = "\u{e010}";
const HOME: &str = "\u{e011}";
const LEFT: &str = "\u{e012}";
const UP: &str = "\u{e013}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";

async fn focused(page: &Page) -> String {
    let index = page
        .run("return document.activeElement.dataset.index ?? document.activeElement.id")
        .await;
    index.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn arrows_walk_open_and_close_the_tree() {
    let trace = gmail();
    open(&page_of(&[&trace[0], &trace[1]]), async |page| {
        page.run("document.querySelector('.row').focus()").await;
        for (keys, at) in [
            (DOWN, "1"),
            (DOWN, "2"),
            (DOWN, "3"),
            (RIGHT, "4"),
            (RIGHT, "4"),
            (LEFT, "3"),
            (UP, "2"),
            (LEFT, "1"),
            (END, "9"),
            (DOWN, "9"),
            (HOME, "0"),
            (UP, "0"),
        ] {
            page.press(keys).await;
            assert_eq!(focused(page).await, at);
        }
        page.press(DOWN).await;
        page.press(LEFT).await;
        assert_eq!(names(page).await.len(), 2);
        assert_eq!(page.text_of(".row[data-index='1'] .closed").await, "+8");
        let expanded = "return document.activeElement.ariaExpanded";
        assert_eq!(page.run(expanded).await, "false");
        page.press(RIGHT).await;
        assert_eq!(page.run(expanded).await, "true");
        assert_eq!(names(page).await.len(), 10);
        // One row is in the order of Tab.
        assert_eq!(
            page.run("return document.querySelectorAll('.row[tabindex=\"0\"]').length")
                .await,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn enter_shows_what_a_span_carries() {
    open(&page_of(&[&failing()]), async |page| {
        page.run("document.querySelector('.row').focus()").await;
        page.press(END).await;
        page.press(ENTER).await;
        assert_eq!(page.text_of(".selected-name").await, "pay");
        page.press(UP).await;
        page.press(" ").await;
        assert_eq!(page.text_of(".selected-name").await, "GET /cart");
    })
    .await;
}

#[tokio::test]
async fn keys_zoom_search_and_help() {
    open(&page_of(&[&failing()]), async |page| {
        let zoom = async || page.text_of("#zoom-reset").await;
        page.run("document.querySelector('.row').focus()").await;
        page.press("+").await;
        assert_eq!(zoom().await, "160%");
        let axis = page.text_of("#axis").await;
        page.press(&format!("{SHIFT}{RIGHT}")).await;
        assert_ne!(page.text_of("#axis").await, axis);
        page.press("-").await;
        assert_eq!(zoom().await, "100%");
        page.press(DOWN).await;
        page.press("z").await;
        assert_eq!(zoom().await, "309%");
        page.press("0").await;
        assert_eq!(zoom().await, "100%");
        page.press("e").await;
        assert_eq!(page.text_of(".selected-name").await, "GET /cart");
        page.press("?").await;
        assert!(
            page.text_of("dialog[open]")
                .await
                .contains("zoom in, zoom out")
        );
        page.press(ESCAPE).await;
        assert_eq!(
            page.run("return document.getElementById('help').open")
                .await,
            false
        );
        page.press("/").await;
        assert_eq!(focused(page).await, "search");
        // In the search box, keys are letters.
        page.press("pay+").await;
        assert_eq!(zoom().await, "100%");
        assert_eq!(page.text_of("#found").await, "0 of 4 spans");
        page.press("\u{e003}").await; // Backspace
        page.press(ENTER).await;
        assert_eq!(focused(page).await, "3");
    })
    .await;
}

#[tokio::test]
async fn everything_has_a_role_and_a_name() {
    let trace = gmail();
    open(&page_of(&[&trace[0], &trace[1]]), async |page| {
        let tree = page
            .devtools("Accessibility.getFullAXTree", serde_json::json!({}))
            .await;
        let mut rows = 0;
        for node in tree["nodes"].as_array().unwrap() {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            let name = node["name"]["value"].as_str().unwrap_or_default();
            rows += usize::from(role == "row");
            if [
                "button",
                "searchbox",
                "treegrid",
                "row",
                "gridcell",
                "columnheader",
                "splitter",
                "toolbar",
                "region",
            ]
            .contains(&role)
            {
                let bar = role == "gridcell" && name.is_empty();
                assert!(!name.is_empty() || bar, "{node}");
            }
        }
        assert_eq!(rows, 11);
    })
    .await;
}
