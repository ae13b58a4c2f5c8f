//! What would leave, and what stays.

use expect_test::expect;
use glassbox::testing::{self, Request, Snapshot};
use glassbox::{
    PassbackGrant, PassbackPolicy, PassbackRequest, SpanMatch, TelemetryMode, TelemetryOptions,
};
use serde_json::json;

use crate::shop::{self, server};

/// Glassbox's own version is not what these tests are about.
fn text(exposure: &testing::Exposure) -> String {
    let version = concat!("scope glassbox ", env!("CARGO_PKG_VERSION"));
    exposure.to_string().replace(version, "scope glassbox *")
}

#[tokio::test]
async fn names_all_that_leaves_and_all_that_stays() {
    let call = testing::call(&server(), "careless", json!({})).await;
    expect![[r#"
        leaves
          resource
            service.name = "shop"
            service.version = "1.0.0"
          scope glassbox *
          scope sqlx 9
          each span: ids, flags, start, end
          span tools/call careless SERVER
            status ERROR
            error.type = "tool_error"
            gen_ai.operation.name = "execute_tool"
            gen_ai.tool.name = "careless"
            jsonrpc.request.id = "1"
            mcp.method.name = "tools/call"
            mcp.protocol.version = "2026-07-28"
            network.transport = "pipe"
            span untidy
              status ERROR
              customer.id = 7
              error.type = "unknown_customer"
              gen_ai.tool.name = "careless"
              note = "a b "
              droppedAttributesCount = 2
              droppedEventsCount = 1
              droppedLinksCount = 1
              span query, scope sqlx (2 times)
                droppedAttributesCount = 1
                span inner, scope sqlx
              span pool.get, scope sqlx
                droppedAttributesCount = 1
                span inner, scope sqlx
              span fraud.check, scope sqlx
                droppedAttributesCount = 1
                span inner, scope sqlx
          droppedSpanCount = 0
          truncated = false
        stays
          untidy: another name, set by other code
          untidy: attribute user.email, not declared
          untidy: attribute db.query.text, not declared
          untidy: status message
          untidy: event cache.miss
          untidy: link
          query: attribute db.query.text, not declared (2 times)
          scope sqlx: attribute tenant (8 times)
          pool.get: attribute db.query.text, not declared
          fraud.check: attribute db.query.text, not declared
    "#]]
    .assert_eq(&text(&call.exposed()));
}

#[tokio::test]
async fn tells_what_the_rules_of_a_policy_do() {
    let policy = PassbackPolicy::default()
        .with_error_texts(true)
        .publish("user.email")
        .withhold("db.*")
        .hash("customer.id")
        .hide_spans("fraud.*")
        .merge_spans(SpanMatch::name("pool.*").in_scope("sqlx"));
    let (builder, provider) = shop::builder();
    let server = shop::build((builder.passback_policy(policy), provider));
    let call = testing::call(&server, "careless", json!({})).await;
    let snapshot = Snapshot::new().masking("customer.id");
    expect![[r#"
        leaves
          resource
            service.name = "shop"
            service.version = "1.0.0"
          scope glassbox *
          scope sqlx 9
          each span: ids, flags, start, end
          span tools/call careless SERVER
            status ERROR
            error.type = "tool_error"
            gen_ai.operation.name = "execute_tool"
            gen_ai.tool.name = "careless"
            jsonrpc.request.id = "1"
            mcp.method.name = "tools/call"
            mcp.protocol.version = "2026-07-28"
            network.transport = "pipe"
            span untidy
              status ERROR "ada@example.org is unknown"
              customer.id = *
              error.type = "unknown_customer"
              gen_ai.tool.name = "careless"
              note = "a b "
              user.email = "ada@example.org"
              droppedAttributesCount = 1
              droppedEventsCount = 1
              droppedLinksCount = 1
              span query, scope sqlx (2 times)
                droppedAttributesCount = 1
                span inner, scope sqlx
              span inner, scope sqlx
          droppedSpanCount = 3
          truncated = true
        stays
          untidy: another name, set by other code
          untidy: value of customer.id, another one leaves
          untidy: attribute db.query.text, withheld by a rule
          untidy: event cache.miss
          untidy: link
          query: attribute db.query.text, withheld by a rule (2 times)
          scope sqlx: attribute tenant (5 times)
          span pool.get: merged into its parent by a rule
          span fraud.check: hidden by a rule
          span inner: hidden by a rule
    "#]]
    .assert_eq(&text(&call.exposed_as(&snapshot)));
}

#[tokio::test]
async fn what_was_not_asked_for_and_what_has_not_ended_stays() {
    let request = Request::tool("careless", json!({})).asking_for(PassbackRequest::TopLevel);
    let call = request.send(&server()).await;
    let exposed = call.exposed();
    let stays = exposed.stays();
    assert!(
        stays.contains("span query: not asked for, as it is below the top level (2 times)\n"),
        "{stays}"
    );
    let call = testing::call(&server(), "outlive", json!({})).await;
    assert_eq!(
        call.exposed().stays(),
        "1 span that had not ended with the request\n"
    );
}

#[tokio::test]
async fn says_why_nothing_leaves() {
    let request = Request::tool("total", json!({"lines": []}));
    let unasked = request.clone().asking_for(PassbackRequest::Off);
    let call = unasked.send(&server()).await;
    expect![[r"
        leaves
          nothing
        stays
          everything: the request did not ask for spans
    "]]
    .assert_eq(&call.exposed().to_string());

    let refused = "everything: the request was refused";
    let (builder, provider) = shop::builder();
    let server = shop::build((builder.passback_grant(|_| PassbackGrant::Refuse), provider));
    let call = request.clone().send(&server).await;
    assert!(call.exposed().stays().starts_with(refused));
    let (builder, provider) = shop::builder();
    let off = TelemetryOptions::new().with_mode(TelemetryMode::Off);
    let server = shop::build((builder.telemetry(off), provider));
    let call = request.send(&server).await;
    assert!(call.exposed().stays().starts_with(refused));
    assert_eq!(call.exposed().leaves(), "nothing\n");

    let request = Request::tool("total", json!({"lines": []}));
    let headers = (0..33).map(|number| format!("credential-{number}"));
    let request = headers.fold(request, |request, credential| {
        request.with_header("x-api-key", &credential)
    });
    let call = request.send(&shop::server()).await;
    expect![[r"
        leaves
          droppedSpanCount = 3
          truncated = true
        stays
          everything: the request has more secrets than can be searched for (`redact`, and credentials in headers)
    "]]
    .assert_eq(&call.exposed().to_string());

    let call = testing::read(&shop::server(), "note://odd").await;
    let exposed = call.exposed();
    assert!(
        exposed
            .stays()
            .starts_with("everything: the answer has no place for spans"),
        "{exposed}"
    );
}

#[tokio::test]
async fn what_a_tool_says_in_its_own_meta_is_not_its_telemetry() {
    let forged = json!({"otel": {"traces": {"resourceSpans": [{"forged": 1}]}}});
    let call = testing::call(&server(), "forge", forged.clone()).await;
    assert_eq!(call.tree(), "tools/call forge SERVER\n");
    let exposed = call.exposed();
    assert!(!exposed.leaves().contains("forged"), "{exposed}");

    // Nobody asked: the tool's result is the tool's own, and seen to leave.
    let request = Request::tool("forge", forged).asking_for(PassbackRequest::Off);
    let exposed = request.send(&server()).await.exposed();
    assert!(exposed.leaves().contains("forged = 1\n"), "{exposed}");

    let call = testing::call(&server(), "forge", json!({"otel": "mine"})).await;
    let exposed = call.exposed();
    assert_eq!(exposed.leaves(), "nothing\n");
    assert!(
        exposed
            .stays()
            .starts_with("everything: the answer has no place for spans"),
        "{exposed}"
    );
}
