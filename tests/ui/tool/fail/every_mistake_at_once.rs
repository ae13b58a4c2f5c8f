use glassbox::{mcp_tool, phase};

/// The function and its tool still exist, so this is all the compiler says.
#[mcp_tool(titel = "List", read_only)]
async fn list(query: &str, #[arg(minimum = 5, maximum = 1)] count: u32) -> Result<String, String> {
    #[phase]
    let a = query.len();
    #[phase("b")]
    {
        if a == 0 {
            return Err(String::new());
        }
    }
    Ok(format!("{count}"))
}

fn registered<T: glassbox::Tool>() {}

fn main() {
    registered::<list>();
    let _ = list("", 1);
}
