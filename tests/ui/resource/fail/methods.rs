use glassbox::{mcp_resource, mcp_tool, mcp_tools};

struct Mailbox;

#[mcp_tools]
impl Mailbox {
    #[mcp_resource]
    fn without_a_uri(&self) -> String {
        String::new()
    }

    #[mcp_resource = "mail://all"]
    fn all(&self) -> String {
        String::new()
    }

    #[mcp_resource("mail://{id}/{kind}", nmae = "mail")]
    fn mail(&mut self, id: &str) {
        let _ = id;
    }

    #[mcp_resource("mail://drafts/{id}", crate = glassbox)]
    fn draft<T>(&self, id: T, #[arg(default)] sort: u8) -> String {
        drop((id, sort));
        String::new()
    }

    #[mcp_resource("mail://drafts/{number}")]
    fn draft_again(&self, number: u8) -> String {
        number.to_string()
    }

    #[mcp_resource("mail://help")]
    #[mcp_tool]
    fn help() -> String {
        String::new()
    }

    #[mcp_resource("mail://most")]
    const MOST: u32 = 1;

    #[cfg_attr(all(), mcp_resource("mail://hidden"))]
    fn hidden(&self) -> String {
        String::new()
    }
}

struct Pad;

#[mcp_resource("pad://all")]
impl Pad {
    fn all(&self) -> String {
        String::new()
    }
}

fn main() {
    Mailbox.without_a_uri();
    Mailbox.all();
    Mailbox.mail("the methods still exist");
    Mailbox.draft(Mailbox::MOST, 1);
    Mailbox.draft_again(1);
    Mailbox.hidden();
    Mailbox::help();
    let _ = glassbox::ToolSet::of(Mailbox);
    Pad.all();
}
