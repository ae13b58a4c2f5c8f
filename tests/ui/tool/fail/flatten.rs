use glassbox::mcp_tool;

struct Page;

#[mcp_tool]
fn list(
    #[arg(flatten, default, minimum = 1)] page: Page,
    #[arg(flatten)] sort: Option<Page>,
    #[arg(flatten)] count: u32,
    #[arg(flatten = "page")] other: Page,
) {
    let _ = (page, sort, count, other);
}

fn main() {
    let _ = list;
}
