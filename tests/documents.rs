//! Code in the README, in `docs` and in the macros' documentation is formatted. That it compiles is checked by doctests
//! of the runtime, and of the README's first block by `ui/tool/pass/readme.rs`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Documents with code that people wrote; `expansions.md` is what a macro wrote.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["docs", "macros/docs"].map(|folder| std::fs::read_dir(root.join(folder)));
    let pages = folders.into_iter().flat_map(Result::unwrap);
    let pages = pages.map(|entry| entry.unwrap().path());
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
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let block = block.flat_map(|line| [line, "\n"]).collect();
        if language.is_empty() || language.starts_with("rust") {
            blocks.push(block);
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

/// The README's first tool is one of the Gmail example, and it compiles beside a server as the README writes it.
#[test]
fn the_readme_shows_code_that_compiles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let flat = |code: &str| -> String {
        let lines = code.lines().map(str::trim);
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    let readme = blocks(&read("README.md"));
    let block = readme.first().unwrap();
    let (tool, server) = block.split_once("Server::builder").unwrap();
    let compiled = read("tests/ui/tool/pass/readme.rs");
    assert!(compiled.contains(tool), "write in `readme.rs`\n{tool}");
    let server = flat(&format!("Server::builder{server}"));
    assert!(
        flat(&compiled).contains(&server),
        "write in `readme.rs`\n{server}"
    );
    assert!(
        read("examples/gmail/server.rs").contains(tool),
        "the example has another\n{tool}"
    );
}
