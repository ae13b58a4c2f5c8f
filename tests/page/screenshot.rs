//! The pictures of the documentation.

use glassbox::render::HtmlOptions;

use crate::browser::open;
use crate::traces::{gmail, page_with};

/// `cargo test -p glassbox-tests --test page -- --ignored` writes `docs/images/waterfall.png` anew.
#[tokio::test]
#[ignore = "writes a file of the documentation"]
async fn writes_the_picture_of_the_documentation() {
    let trace = gmail();
    let html = page_with(
        &[&trace[0], &trace[1]],
        &HtmlOptions::default().with_note("9 spans received, 9 accepted"),
    );
    open(&html, async |page| {
        page.click("#findings .finding").await;
        page.click(".row[data-index=\"6\"] .label").await;
        let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images/waterfall.png");
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images")).unwrap();
        std::fs::write(picture, page.screenshot().await).unwrap();
        if let Ok(directory) = std::env::var("PICTURES") {
            let write = async |name: &str| {
                std::fs::write(format!("{directory}/{name}.png"), page.screenshot().await).unwrap();
            };
            page.prefer("prefers-color-scheme", "dark").await;
            write("dark").await;
            page.resize(390, 800).await;
            write("narrow").await;
        }
    })
    .await;
}
