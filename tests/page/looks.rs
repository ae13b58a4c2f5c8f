//! The page in different surroundings.

use serde_json::{Value, json};

use crate::browser::{Page, open};
use crate::traces::{failing, gmail, hostile, page_of};

async fn background(page: &Page) -> Value {
    page.run("return getComputedStyle(document.body).backgroundColor")
        .await
}

#[tokio::test]
async fn follows_the_systems_colours_until_told_otherwise() {
    open(&page_of(&[&failing()]), async |page| {
        page.prefer("prefers-color-scheme", "light").await;
        let light = background(page).await;
        page.shows("#theme", "Dark").await;
        page.prefer("prefers-color-scheme", "dark").await;
        let dark = background(page).await;
        assert_ne!(light, dark);
        page.shows("#theme", "Light").await;
        page.click("#theme").await;
        assert_eq!(background(page).await, light);
        page.prefer("prefers-color-scheme", "light").await;
        page.click("#theme").await;
        assert_eq!(background(page).await, dark);
    })
    .await;
}

/// WCAG: 4.5 to 1 for text, 3 to 1 for what is not text.
#[tokio::test]
async fn text_and_bars_stand_out_in_both_colours() {
    const CONTRAST: &str = "
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const luminance = (name) => {
            document.body.style.color = `var(${name})`;
            canvas.fillStyle = getComputedStyle(document.body).color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
                .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const contrast = (a, b) => {
            const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
            return (high + 0.05) / (low + 0.05);
        };
        const texts = ['--text', '--muted', '--error', '--evidence', '--accent'];
        const grounds = ['--surface', '--page', '--raised', '--selected'];
        const pairs = texts.flatMap((text) => grounds.map((ground) => [text, ground, 4.5]));
        pairs.push(['--error', '--error-soft', 4.5], ['--evidence', '--evidence-soft', 4.5], ['--evidence-mark', '--surface', 3]);
        for (let colour = 0; colour < 8; colour++) pairs.push([`--c${colour}`, '--surface', 3]);
        return pairs.map(([a, b, least]) => [a, b, contrast(a, b), least]).filter(([, , found, least]) => !(found >= least));";
    open(&page_of(&[&failing()]), async |page| {
        for scheme in ["light", "dark"] {
            page.prefer("prefers-color-scheme", scheme).await;
            assert_eq!(page.run(CONTRAST).await, json!([]), "{scheme}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_narrow_window_never_scrolls_sideways() {
    let trace = gmail();
    for html in [page_of(&[&trace[0], &trace[1]]), page_of(&[&hostile()])] {
        open(&html, async |page| {
            for width in [1200, 821, 820, 561, 560, 390, 320] {
                page.resize(width, 700).await;
                page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))").await;
                page.click(".row .label").await;
                let widths = "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]";
                let widths = page.run(widths).await;
                assert!(widths[0].as_u64() <= widths[1].as_u64(), "{width}: {widths}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn without_scripts_and_on_paper_it_is_a_table() {
    let trace = gmail();
    open(&page_of(&[&trace[0], &trace[1]]), async |page| {
        let shown = "return document.getElementById('plain').checkVisibility()";
        assert_eq!(page.run(shown).await, false);
        page.devtools("Emulation.setEmulatedMedia", json!({"media": "print"}))
            .await;
        assert_eq!(page.run(shown).await, true);
        page.devtools("Emulation.setEmulatedMedia", json!({"media": ""}))
            .await;
        page.devtools(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": true}),
        )
        .await;
        page.load().await;
        let table = page.text_of("#plain").await;
        assert!(
            table.starts_with("Findings\nN+1 gmail.fetch_details makes 3"),
            "{table}"
        );
        assert!(
            table.contains("└─ GET /gmail/v1/users/me/messages/{id} mcp-gmail-server 530 ms"),
            "{table}"
        );
        assert!(!page.find("#app").await.is_displayed().await.unwrap());
        page.devtools(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": false}),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn nothing_moves_where_motion_is_not_wanted() {
    open(&page_of(&[&failing()]), async |page| {
        page.prefer("prefers-reduced-motion", "reduce").await;
        let moving = "return [...document.querySelectorAll('*')].filter((node) => ['', '::before'].some((part) =>
            getComputedStyle(node, part).transitionDuration !== '0s' || getComputedStyle(node, part).animationName !== 'none')).length";
        assert_eq!(page.run(moving).await, 0);
    })
    .await;
}
