//! Methods and sets, over every transport in this process.

use std::sync::Arc;

use glassbox::{Server, ToolError, ToolSet, mcp_tool, mcp_tools, phase};
use serde_json::json;
use support::pipe::Pipe;
use support::transports::over_http;
use support::tree::{text, tree};
use support::wire::{ask, initialize};

use crate::{call, names};

struct Mailbox {
    owner: String,
}

struct Greeting(&'static str);

#[mcp_tools]
impl Mailbox {
    /// Says whose mailbox it is.
    #[mcp_tool(read_only)]
    async fn owner(&self, greeting: &Greeting, #[arg(default = 1)] times: usize) -> String {
        #[phase("mail.greet", mail.times = times)]
        let greetings = {
            tokio::task::yield_now().await;
            greeting.0.repeat(times)
        };
        format!("{greetings} {}", self.owner)
    }
}

trait Store: Send + Sync {
    fn count(&self) -> usize;
}

impl Store for usize {
    fn count(&self) -> usize {
        *self
    }
}

struct Shelf<S> {
    books: S,
}

#[mcp_tools(prefix = "shelf_")]
impl<S: Store + 'static> Shelf<S> {
    #[mcp_tool]
    fn count(&self, store: &Arc<dyn Store>) -> Result<String, ToolError> {
        Ok((self.books.count() + store.count()).to_string())
    }
}

fn mailbox(owner: &str) -> Mailbox {
    Mailbox {
        owner: owner.to_owned(),
    }
}

fn server() -> Server {
    let store: Arc<dyn Store> = Arc::new(40_usize);
    let work = ToolSet::of(mailbox("ada@work")).prefixed("work_");
    let home = ToolSet::of(Arc::new(mailbox("ada@home"))).prefixed("home_");
    Server::builder("desk", "1")
        .inject(Greeting("hi"))
        .inject(store)
        .tools(work.with(home).prefixed("mail."))
        .tools(mailbox("nobody"))
        .tools(Shelf { books: 2_usize })
        .build()
        .unwrap()
}

#[tokio::test]
async fn each_set_has_its_own_self() {
    for mut connection in over_http(server()).await {
        let client = &mut connection.client;
        for (tool, owner) in [
            ("mail.work_owner", "ada@work"),
            ("mail.home_owner", "ada@home"),
            ("owner", "nobody"),
        ] {
            let answer = client.call(tool, json!({"times": 2}), ask(true)).await;
            assert_eq!(
                text(&answer),
                format!("hihi {owner}"),
                "{}",
                connection.name
            );
            let expected = format!("tools/call {tool} SERVER\n  mail.greet\n");
            assert_eq!(tree(&answer), expected, "{}", connection.name);
        }
    }
}

#[tokio::test]
async fn sets_are_listed_in_order_under_their_names() {
    let mut pipe = Pipe::serve_handler(server().handler());
    pipe.send(initialize()).await;
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let answer = pipe.send(list).await;
    let expected = ["mail.work_owner", "mail.home_owner", "owner", "shelf_count"];
    assert_eq!(names(&answer), expected);
    let tool = &answer["result"]["tools"][0];
    assert_eq!(tool["description"], "Says whose mailbox it is.");
    assert_eq!(tool["annotations"]["readOnlyHint"], true);
    assert_eq!(tool["inputSchema"]["properties"]["times"]["default"], 1);
    assert_eq!(
        tool["inputSchema"]["properties"].as_object().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn generic_blocks_and_trait_objects_work() {
    let mut pipe = Pipe::serve_handler(server().handler());
    pipe.send(initialize()).await;
    let answer = pipe
        .send(call(2, "shelf_count", json!({}), json!({})))
        .await;
    assert_eq!(text(&answer), "42");
}

#[tokio::test]
async fn methods_stay_methods() {
    assert_eq!(mailbox("ada").owner(&Greeting("hi"), 1).await, "hi ada");
}
