//! Resources as users write them.
#![deny(warnings)]

use glassbox::{ResourceError, Server, ToolContext, mcp_resource, phase};

struct Notes;

type Answer<T> = Result<T, ResourceError>;
type Bytes = Vec<u8>;


/// Behind an alias.
#[mcp_resource("note://bytes/{type}")]
pub(crate) async fn bytes(notes: &Notes, r#type: String, _context: &ToolContext) -> Answer<Bytes> {
    let Notes = notes;
    #[phase("note.read", note.kind = r#type.as_str())]
    let bytes = r#type.into_bytes();
    Ok(bytes)
}

#[mcp_resource("note://static")]
fn logo() -> &'static [u8] {
    b"logo"
}

#[mcp_resource("note://json/{+rest}", blocking)]
fn json(
    /// All the rest
    mut rest: std::path::PathBuf,
) -> Option<Vec<u16>> {
    rest.push("x");
    Some(vec![u16::try_from(rest.components().count()).ok()?])
}

#[allow(dead_code, reason = "its own attribute")]
#[mcp_resource("note://unused")]
fn unused() -> String {
    String::new()
}

macro_rules! resource {
    ($name:ident, $uri:literal) => {
        #[mcp_resource($uri)]
        fn $name() -> &'static str {
            $uri
        }
    };
}
resource!(written, "note://written");

fn main() {
    let server = Server::builder("notes", "1")
        .inject(Notes)
        .resource::<bytes>()
        .resource::<logo>()
        .resource::<json>()
        .resource::<written>()
        .build();
    assert!(server.is_ok());
    assert_eq!(written(), "note://written");
}
