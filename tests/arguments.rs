//! Types as arguments and results: their schemas, what is read, what is refused, what is answered.

use std::collections::BTreeMap;

use expect_test::expect_file;
use glassbox::{Server, mcp_tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::transports::{Connection, over_http};
use support::tree::text;

/// How fast it is to arrive.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Speed {
    /// In three days
    Standard,
    /// Tomorrow
    NextDay,
}

#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    /// What is sold
    item_name: String,
    #[schemars(range(min = 0))]
    price: f64,
    /// How many
    #[serde(default = "one")]
    count: u32,
    #[serde(rename = "gift")]
    gift_text: Option<String>,
    speed: Option<Speed>,
    #[serde(skip)]
    #[expect(dead_code, reason = "it is there to be left out of the schema")]
    secret: u8,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    /// By card
    Card {
        number: String,
        holder: Option<String>,
    },
    /// By invoice
    Invoice { days: u8 },
}

#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct Tree {
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inside: Vec<Tree>,
}

#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct Paging {
    /// Where to go on
    cursor: Option<String>,
    #[serde(default = "one")]
    size: u32,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Receipt {
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    paid: Option<u32>,
    payment: Payment,
    #[serde(flatten)]
    paging: Paging,
    labels: BTreeMap<String, u64>,
    pair: (u8, String),
    speed: Speed,
    tree: Tree,
    #[serde(rename = "any")]
    anything: Value,
}

type Lines = Vec<Line>;
type Answer<T> = Result<T, glassbox::ToolError>;

/// Sells.
#[mcp_tool(allow_unknown_arguments)]
fn sell(
    #[arg(min_items = 1, max_items = 3)] lines: Lines,
    payment: Payment,
    #[arg(flatten)] paging: Paging,
    #[arg(default = Speed::Standard)] speed: Speed,
    labels: Option<BTreeMap<String, u64>>,
    pair: (u8, String),
    tree: Tree,
    anything: Value,
    #[arg(deprecated = "write `labels`", max_length = 10)] note: Option<String>,
) -> Answer<Receipt> {
    Ok(Receipt {
        lines,
        note,
        paid: None,
        payment,
        paging,
        labels: labels.unwrap_or_default(),
        pair,
        speed,
        tree,
        anything,
    })
}

/// Every keyword.
#[mcp_tool]
fn look_up(
    /// The code on the box
    #[arg(pattern = r"^\d{3}$", example = "042")]
    code: Option<String>,
    #[arg(format = "email", min_length = 6)] mail: String,
    #[arg(unique_items, example = vec![1, 2])] numbers: Vec<i8>,
    #[arg(deprecated)] old: Option<bool>,
    #[arg(minimum = 0.5, maximum = 1)] weight: f32,
) -> String {
    format!("{code:?} {mail} {numbers:?} {old:?} {weight}")
}

#[mcp_tool]
fn list(count: u8) -> Vec<Option<Payment>> {
    let invoice = |days| Some(Payment::Invoice { days });
    (0..count).map(invoice).chain([None]).collect()
}

#[mcp_tool]
fn speed() -> Speed {
    Speed::NextDay
}

async fn connection() -> Connection {
    let server = Server::builder("shop", "1")
        .tool::<sell>()
        .tool::<look_up>()
        .tool::<list>()
        .tool::<speed>()
        .build();
    over_http(server.unwrap()).await.remove(0)
}

fn order() -> Value {
    json!({
        "lines": [{"itemName": "tea", "price": 1.5}],
        "payment": {"kind": "card", "number": "4"},
        "pair": [1, "a"],
        "tree": {"name": "a", "inside": [{"name": "b"}]},
        "anything": [null, {"a": null}],
    })
}

#[tokio::test]
async fn schemas_are_plain() {
    let mut at = connection().await;
    let answer = at.client.request("tools/list", json!({})).await;
    let tools = &answer["result"]["tools"];
    let names: Vec<&str> = tools
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    assert_eq!(
        names,
        ["sell", "look_up", "list", "speed"],
        "as they were registered"
    );
    let text = serde_json::to_string_pretty(tools).unwrap();
    expect_file!["fixtures/schemas.json"].assert_eq(&format!("{text}\n"));
    for absent in [
        "uint",
        "int32",
        "\"float\"",
        "\"double\"",
        "\"const\"",
        "x-variants",
        "$schema",
    ] {
        assert!(!text.contains(absent), "{absent}");
    }
    for tool in tools.as_array().unwrap() {
        jsonschema::draft202012::meta::validate(&tool["inputSchema"]).unwrap();
    }
}

#[tokio::test]
async fn every_violation_is_answered_with_its_path() {
    let mut at = connection().await;
    for (change, expected) in [
        (
            json!({"lines": [{"itemName": "a", "price": -1}, {"itemName": 5, "price": 1, "count": -1, "speed": "soon", "colour": 1}]}),
            "argument `lines[0].price` must be at least 0 (-1 was given)\n\
             argument `lines[1].colour` is unknown; accepted are: count, gift, itemName, price, speed\n\
             argument `lines[1].count` must be at least 0 (-1 was given)\n\
             argument `lines[1].itemName` must be a string (5 was given)\n\
             argument `lines[1].speed` must be one of \"standard\", \"next-day\" (\"soon\" was given)",
        ),
        (
            json!({"lines": [], "note": "eleven long"}),
            "argument `lines` must have at least 1 item ([] was given)\n\
             argument `note` must have at most 10 characters, and has 11 (\"eleven long\" was given)",
        ),
        (
            json!({"payment": {"kind": "cash"}}),
            "argument `payment.kind` must be one of \"card\", \"invoice\" (\"cash\" was given)",
        ),
        (
            json!({"payment": {"kind": "invoice", "days": 300}, "size": -1, "cursor": 5}),
            "argument `cursor` must be a string (5 was given)\n\
             argument `payment.days` must be at most 255 (300 was given)\n\
             argument `size` must be at least 0 (-1 was given)",
        ),
        (
            json!({"size": 4_294_967_296_u64, "labels": {"a": -1}, "pair": [1, 2]}),
            "argument `labels.a` must be at least 0 (-1 was given)\n\
             argument `pair[1]` must be a string (2 was given)\n\
             argument `size` must be at most 4294967295 (4294967296 was given)",
        ),
        (
            json!({"tree": {"name": "a", "inside": [{"name": "b", "inside": [{"nme": 1}]}]}}),
            "argument `tree.inside[0].inside[0].name` is required",
        ),
    ] {
        let mut arguments = order();
        arguments
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = at.client.call("sell", arguments, json!({})).await;
        assert_eq!(answer["result"]["isError"], true, "{answer:#}");
        assert_eq!(text(&answer), expected);
    }
    let arguments =
        json!({"code": "12a", "mail": "a@b", "numbers": [1, 1, 300], "weight": 0.25, "x": 0});
    let answer = at.client.call("look_up", arguments, json!({})).await;
    assert_eq!(
        text(&answer),
        "argument `code` must match the pattern `^\\d{3}$` (\"12a\" was given)\n\
         argument `mail` must have at least 6 characters (\"a@b\" was given)\n\
         argument `numbers` must have no item twice, and has 1 twice ([1,1,300] was given)\n\
         argument `numbers[2]` must be at most 127 (300 was given)\n\
         argument `weight` must be at least 0.5 (0.25 was given)\n\
         argument `x` is unknown; accepted are: code, mail, numbers, old, weight"
    );
}

#[tokio::test]
async fn null_means_left_out_wherever_something_may_be() {
    let mut at = connection().await;
    let mut arguments = order();
    arguments["speed"] = Value::Null;
    arguments["cursor"] = Value::Null;
    arguments["size"] = Value::Null;
    arguments["lines"][0]["count"] = Value::Null;
    arguments["lines"][0]["gift"] = Value::Null;
    arguments["payment"]["holder"] = Value::Null;
    let answer = at.client.call("sell", arguments, json!({})).await;
    let receipt = &answer["result"]["structuredContent"];
    assert_eq!(receipt["lines"][0]["count"], 1, "{answer:#}");
    assert_eq!(receipt["size"], 1);
    assert_eq!(
        receipt["any"],
        json!([null, {"a": null}]),
        "null that says something is kept"
    );
}

/// The answers of the tools fit the schemas they are announced with.
#[tokio::test]
async fn results_fit_their_schemas() {
    let mut at = connection().await;
    let answer = at.client.request("tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().unwrap().clone();
    let mut full = order();
    full["payment"] = json!({"kind": "invoice", "days": 3});
    full["note"] = "n".into();
    full["unknown"] = 1.into();
    full["labels"] = json!({"a": 1});
    for (name, arguments) in [
        ("sell", order()),
        ("sell", full),
        ("list", json!({"count": 2})),
        ("speed", json!({})),
    ] {
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        let schema = jsonschema::draft202012::new(&tool["outputSchema"]).unwrap();
        let answer = at.client.call(name, arguments, json!({})).await;
        assert_eq!(answer["result"]["isError"], false, "{answer:#}");
        let content = &answer["result"]["structuredContent"];
        schema
            .validate(content)
            .map_err(|error| error.to_string())
            .unwrap();
        // A schema that takes all would pass as well.
        assert!(!schema.is_valid(&json!({"kind": 1})), "{name}");
    }
}
