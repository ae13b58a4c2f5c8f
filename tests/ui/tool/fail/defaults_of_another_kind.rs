use glassbox::mcp_tool;

#[mcp_tool]
fn list(
    #[arg(default = "5")] count: u32,
    #[arg(default = 5)] page: String,
    #[arg(default = "yes")] unread: bool,
    #[arg(default = 3)] depth: Option<u32>,
    #[arg(default = "all")] label: Option<String>,
    #[arg(example = "0.5")] share: Option<f64>,
) -> String {
    format!("{count} {page} {unread} {depth:?} {label:?} {share:?}")
}

fn main() {}
