//! The pictures of the documentation.

use glassbox::render::HtmlOptions;

use crate::browser::open;
use crate::traces::{failing, gmail, hostile, page_of, page_with};

/// `cargo test -p glassbox-tests --features browser --test page -- --ignored` writes `docs/images/waterfall.png` anew, and with `PICTURES`
/// set to a directory there what else the page can look like.
#[tokio::test]
#[ignore = "writes a file of the documentation"]
async fn writes_the_picture_of_the_documentation() {
    let trace = gmail();
    let html = page_with(
        &[&trace[0], &trace[1]],
        &HtmlOptions::default().with_note("9 spans received, 9 accepted"),
    );
    open(&html, async |page| {
        page.resize(1200, 640).await;
        page.click("#findings .finding").await;
        page.click(".row[data-index=\"6\"] .label").await;
        let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images/waterfall.png");
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images")).unwrap();
        std::fs::write(picture, page.screenshot().await).unwrap();
        let Ok(directory) = std::env::var("PICTURES") else {
            return;
        };
        let write = async |name: &str| {
            std::fs::write(format!("{directory}/{name}.png"), page.screenshot().await).unwrap();
        };
        page.prefer("prefers-color-scheme", "dark").await;
        write("dark").await;
        page.resize(390, 800).await;
        write("narrow").await;
        page.prefer("prefers-color-scheme", "light").await;
        page.resize(1200, 640).await;
        page.load().await;
        write("opened").await;
        page.press("?").await;
        write("help").await;
    })
    .await;
    if let Ok(directory) = std::env::var("PICTURES") {
        open(&page_of(&[&failing()]), async |page| {
            page.click("#next-error").await;
            page.click("#next-error").await;
            page.click("#zoom-in").await;
            std::fs::write(format!("{directory}/failing.png"), page.screenshot().await).unwrap();
            page.devtools(
                "Emulation.setEmulatedMedia",
                serde_json::json!({"media": "print"}),
            )
            .await;
            std::fs::write(format!("{directory}/print.png"), page.screenshot().await).unwrap();
        })
        .await;
        open(&page_of(&[&hostile()]), async |page| {
            page.click(".row[data-index='10'] .duration").await;
            std::fs::write(format!("{directory}/hostile.png"), page.screenshot().await).unwrap();
        })
        .await;
    }
}
