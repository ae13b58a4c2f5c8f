//! What contradicts itself is found when the server is built.

use glassbox::{Server, ToolSet, ToolSwitch, mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

type Numbers = Vec<u8>;

#[mcp_tool]
fn bounded_list(#[arg(maximum = 3)] numbers: Numbers) -> usize {
    numbers.len()
}

#[mcp_tool(name = "twice")]
fn first() {}

#[mcp_tool(name = "twice")]
fn second() {}

struct Missing;

#[mcp_tool]
fn borrows(missing: &Missing) -> usize {
    size_of_val(missing)
}

type Small = u8;

#[mcp_tool]
fn default_out_of_bounds(#[arg(default = 1 + 8, maximum = 3)] number: Small) -> u8 {
    number
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Page {
    /// Where to go on.
    cursor: Option<String>,
    size: u8,
}

#[mcp_tool]
fn collides(size: u8, #[arg(flatten)] page: Page) -> u8 {
    drop(page.cursor);
    size + page.size
}

type Many = std::collections::HashMap<String, u8>;

#[mcp_tool]
fn flattens_a_map(#[arg(flatten)] many: Many) -> usize {
    many.len()
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind")]
enum Either {
    One { value: u8 },
    Other,
}

#[mcp_tool]
fn flattens_an_enum(#[arg(flatten)] either: Either) -> u8 {
    match either {
        Either::One { value } => value,
        Either::Other => 0,
    }
}

type Code = String;

#[mcp_tool]
fn example_does_not_fit(#[arg(pattern = "^[a-z]+$", example = Code::from("A1"))] code: Code) {
    drop(code);
}

struct Shelf;

#[mcp_tools]
impl Shelf {
    #[mcp_resource("book://{id}")]
    fn book(&self, id: u32) -> String {
        id.to_string()
    }
}

#[mcp_prompt]
fn ask() -> &'static str {
    "ask"
}

struct Pad;

#[mcp_tools]
impl Pad {
    #[mcp_tool]
    fn open(&self, missing: &Missing) -> usize {
        size_of_val(missing)
    }

    #[mcp_tool(name = "twice")]
    fn close(&self) {}
}

fn error(server: glassbox::ServerBuilder) -> String {
    server.build().unwrap_err().to_string()
}

#[test]
fn mistakes_are_named() {
    let server = || Server::builder("test", "1");
    for (mistake, expected) in [
        (error(Server::builder(" ", "1")), "the server has no name"),
        (
            error(server().tool::<first>().tool::<second>()),
            "two tools are named `twice`: `building::first` and `building::second`; give one of them another name, \
             `#[mcp_tool(name = \"..\")]`, or its set a prefix, `.prefixed(\"..\")`",
        ),
        (
            error(server().inject(Missing).tool::<first>().tools(Pad)),
            "two tools are named `twice`: `building::first` and `building::Pad::close`; give",
        ),
        (
            error(server().inject(Missing).tools(Pad).tools(ToolSet::of(Pad))),
            "two tools are named `open`: `building::Pad::open` and `building::Pad::open`; give",
        ),
        (
            error(server().tools(ToolSet::of(Pad).prefixed("a_"))),
            "tool `a_open` borrows `missing: &building::Missing`, but nothing of that type was injected",
        ),
        (
            error(server().tools(ToolSet::new().tool::<first>().prefixed("a b "))),
            "the name `a b twice` of `building::first` contains ' '; MCP allows",
        ),
        (
            error(server().tools(ToolSet::new().tool::<first>().prefixed(&"a".repeat(124)))),
            &format!(
                "the name `{}twice` of `building::first` has 129 characters",
                "a".repeat(124)
            ),
        ),
        (
            error(server().tools(ToolSet::new().tool::<first>().disabled())),
            "tool `twice` starts disabled, and nothing can enable it; add `.tool_switch(&switch)`",
        ),
        (
            error(server().tools(ToolSet::of(Shelf).disabled())),
            "resource `book://{id}` starts disabled, and nothing can enable it; add `.tool_switch(&switch)`",
        ),
        (
            error(server().tools(ToolSet::new().prompt::<ask>().disabled())),
            "prompt `ask` starts disabled, and nothing can enable it; add `.tool_switch(&switch)`",
        ),
        (
            error(
                server()
                    .tools(Shelf)
                    .tools(ToolSet::of(Shelf).uris_prefixed("a/"))
                    .tools(Shelf),
            ),
            "resource `book://{id}` of `building::Shelf::book` is never read: `book://{id}` of `building::Shelf::book`",
        ),
        (
            error(server().tools(ToolSet::of(Shelf).uris_prefixed("a b/"))),
            "the URI `book://a b/{id}` of `building::Shelf::book` contains ' ', which a URI has percent-encoded only; \
             change the prefix",
        ),
        (
            error(server().tool::<borrows>()),
            "tool `borrows` borrows `missing: &",
        ),
        (
            error(server().inject(1_u8).inject(2_u8)),
            "`u8` was injected twice",
        ),
        (
            error(server().tool::<bounded_list>()),
            "tool `bounded_list`: argument `numbers` has a `maximum`, but is no number: its type is array",
        ),
        (
            error(server().tool::<default_out_of_bounds>()),
            "tool `default_out_of_bounds`: argument `number` must be at most 3, but its default is 9",
        ),
        (
            error(server().tool::<collides>()),
            "tool `collides`: argument `page` and the parameter `size` both give an argument `size`; rename one of them",
        ),
        (
            error(server().tool::<flattens_a_map>()),
            "tool `flattens_a_map`: argument `many` is flattened, but its type has no fields",
        ),
        (
            error(server().tool::<flattens_an_enum>()),
            "tool `flattens_an_enum`: argument `either` is flattened, but its type has",
        ),
        (
            error(server().tool::<example_does_not_fit>()),
            "tool `example_does_not_fit`: argument `code` must match the pattern `^[a-z]+$`, but its example is \"A1\"",
        ),
    ] {
        assert!(mistake.starts_with(expected), "{mistake}");
    }
}

#[test]
fn a_switch_is_that_of_one_server() {
    let switch = ToolSwitch::new();
    let server = || Server::builder("test", "1").tool_switch(&switch);
    // A server that is not built leaves the switch free.
    error(server().tool::<borrows>());
    error(server().tool::<first>().tools(Shelf).tools(Shelf));
    assert!(server().tool::<first>().build().is_ok());
    let mistake = error(server().tool::<first>());
    assert!(
        mistake.starts_with("the tool switch belongs to another server"),
        "{mistake}"
    );
    assert_eq!(switch.is_enabled("twice"), Ok(true));
}

#[test]
fn a_prefix_may_fill_the_name_up() {
    let tools = ToolSet::new().tool::<first>().prefixed(&"a".repeat(123));
    assert!(Server::builder("test", "1").tools(tools).build().is_ok());
}
