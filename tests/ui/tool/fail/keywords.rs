use glassbox::mcp_tool;

#[mcp_tool]
fn search(
    #[arg(min_length = 5, max_length = 2)] query: String,
    #[arg(min_items = 5, max_items = 2)] tags: Vec<String>,
    #[arg(min_length = 1)] count: u32,
    #[arg(max_length = 3)] names: Vec<String>,
    #[arg(max_items = 3)] title: Option<String>,
    #[arg(unique_items)] flag: bool,
    #[arg(pattern = "(?=a)")] code: String,
    #[arg(pattern = "a", format = "email")] number: f64,
    #[arg(format = "phone")] phone: String,
    #[arg(min_length = -1)] least: String,
    #[arg(min_length)] none: String,
    #[arg(max_length = 3, default = "long", example = "longer")] word: String,
    #[arg(pattern = "^[a-z]$", example = "A")] letter: Option<String>,
    #[arg(minimum = 1, example = 0)] from: Option<u8>,
    #[arg(example)] shown: u8,
    #[arg(deprecated = 1)] old: u8,
    #[arg(pattern = 1)] regex: String,
) -> String {
    format!(
        "{query} {tags:?} {count} {names:?} {title:?} {flag} {code} {number} {phone} {least} {none} {word} {letter:?} \
         {from:?} {shown} {old} {regex}"
    )
}

fn main() {
    let _ = search;
}
