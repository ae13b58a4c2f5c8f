//! Code in the README and in `docs` is formatted. That it compiles is checked by doctests of the runtime.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Documents with code that people wrote; `expansions.md` is what a macro wrote.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let pages = docs.map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages
        .filter(|path| !path.ends_with("expansions.md"))
        .chain([root.join("README.md")])
        .collect()
}

/// The blocks of Rust in a page.
fn blocks(page: &str) -> Vec<String> {
    let mut lines = page.lines();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("```rust") {
            let block = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(block.flat_map(|line| [line, "\n"]).collect());
        }
    }
    blocks
}

/// The block as rustfmt has it, in a function. Lines that readers do not see are comments meanwhile.
fn formatted(block: &str) -> Result<String, String> {
    let mut source = "fn block() {\n".to_owned();
    for line in block.lines() {
        let code = line.trim_start();
        let hidden = code == "#" || code.starts_with("# ");
        let indent = &line[..line.len() - code.len()];
        let comment = if hidden { "//" } else { "" };
        writeln!(source, "    {indent}{comment}{code}").unwrap();
    }
    source.push_str("}\n");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = rustfmt.stdin.take().unwrap();
    input.write_all(source.as_bytes()).unwrap();
    drop(input);
    let output = rustfmt.wait_with_output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let body = text.strip_prefix("fn block() {\n").unwrap();
    let lines = body.strip_suffix("}\n").unwrap().lines();
    let mut block = String::new();
    for line in lines {
        let line = line.strip_prefix("    ").unwrap_or(line);
        writeln!(block, "{}", line.replacen("//#", "#", 1)).unwrap();
    }
    Ok(block)
}

#[test]
fn code_in_documents_is_formatted() {
    let mut wrong = String::new();
    let mut seen = 0;
    for document in documents() {
        let page = std::fs::read_to_string(&document).unwrap();
        for block in blocks(&page) {
            seen += 1;
            match formatted(&block) {
                Ok(formatted) if formatted == block => {}
                Ok(formatted) => {
                    writeln!(wrong, "{}: write\n{formatted}", document.display()).unwrap()
                }
                Err(error) => writeln!(wrong, "{}: {error}\n{block}", document.display()).unwrap(),
            }
        }
    }
    assert!(seen > 20, "{seen} blocks");
    assert!(wrong.is_empty(), "{wrong}");
}
