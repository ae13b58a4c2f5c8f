//! A crate that sees nothing but what it names.
#![no_implicit_prelude]
#![deny(warnings)]

use ::glassbox::{ToolError, mcp_prompt, mcp_resource, mcp_tool, mcp_tools, phase};
use ::std::option::Option;
use ::std::result::Result;
use ::std::string::String;

#[mcp_tool(read_only)]
async fn list(
    label: Option<String>,
    #[arg(default = 3, minimum = 1)] count: u32,
    #[arg(default = "all")] scope: String,
) -> Result<u32, ToolError> {
    let _ = (label, scope);
    #[phase("mail.list", mail.count = count)]
    let listed = Result::<u32, ToolError>::Ok(count)?;
    Result::Ok(listed)
}

struct Mail;

#[mcp_tools]
impl Mail {
    #[mcp_tool]
    fn count(&self) -> u32 {
        1
    }
}

#[mcp_resource("notes://{id}")]
fn note(id: String) -> String {
    id
}

#[mcp_prompt]
fn review(language: Option<String>, #[arg(default = "short")] style: String) -> String {
    let _ = language;
    style
}

fn main() {
    let server = ::glassbox::Server::builder("mail", "1.0.0")
        .tool::<list>()
        .tools(Mail)
        .resource::<note>()
        .prompt::<review>();
    ::std::mem::drop(server.build());
}
