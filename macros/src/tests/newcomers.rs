//! What people write who know other macros: serde's, clap's, the `#[instrument]` of `tracing`, rmcp's own.

use expect_test::{Expect, expect};

use super::{expand, fallback, mistakes};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

#[test]
fn a_text_without_a_key() {
    check(
        r#"#[mcp_tool("Adds two numbers.")] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        a value needs its key: write `description = "Adds two numbers."`
          at `"Adds two numbers."`
    "#]],
    );
    check(
        r#"#[mcp_tool("add")] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        a value needs its key: write `name = "add"`
          at `"add"`
    "#]],
    );
    check(
        r#"#[mcp_tool] fn add(#[arg(5)] a: u8) -> u8 { a }"#,
        expect![[r#"
        a value needs its key: write `default = 5`
          at `5`
    "#]],
    );
    check(
        r#"#[mcp_tool] fn add(#[arg("How many")] a: u8) -> u8 { a }"#,
        expect![[r#"
        a value needs its key: write `description = "How many"`
          at `"How many"`
    "#]],
    );
    check(
        r#"#[mcp_tools("math_")] impl Math { #[mcp_tool] fn one(&self) -> u8 { 1 } }"#,
        expect![[r#"
        a value needs its key: write `prefix = "math_"`
          at `"math_"`
    "#]],
    );
}

#[test]
fn keys_and_values_joined_otherwise() {
    check(
        r#"#[mcp_tool(name "add")] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        write `key = value`, and a comma before the next key
          at `"add"`
    "#]],
    );
    check(
        r#"#[mcp_tool(name: "add")] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        write `key = value`, and a comma before the next key
          at `:`
    "#]],
    );
    check(
        r#"#[mcp_tool(!destructive)] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        a key stands here: write `key`, or `key = value`
          at `!`
    "#]],
    );
    check(
        r#"#[mcp_tool] fn add(#[arg(default =)] a: u8) -> u8 { a }"#,
        expect![[r#"
            a value stands behind `=`: write a literal, or an expression
              at ``
        "#]],
    );
    check(
        r#"#[phase("math.add" math.a = a)] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        write `key = value`, and a comma before the next key
          at `math`
    "#]],
    );
}

#[test]
fn empty_descriptions() {
    check(
        r#"#[mcp_tool(title = "", description = " ")] fn add(a: u8) -> u8 { a }"#,
        expect![[r#"
        the title is empty; leave it out, or write one
          at `""`
        the description is empty; leave it out, or write one
          at `" "`
    "#]],
    );
}

#[test]
fn keys_that_other_crates_have() {
    check(
        r#"#[mcp_tool(annotations(read_only_hint = true), output_schema = X)] fn f(#[arg(optional)] a: u8, #[arg(required, enum = ["a"], type = "integer")] b: u8) {}"#,
        expect![[r#"
            unknown argument `annotations`; hints stand by themselves: write `read_only`, `destructive`, `idempotent` or `open_world`
              at `annotations`
            unknown argument `output_schema`; schemas come from the types of the parameters, and from the return type
              at `output_schema`
            unknown argument `optional`; an argument may be left out if its type is an `Option`, or with `default`
              at `optional`
            unknown argument `required`; an argument may be left out if its type is an `Option`, or with `default`
              at `required`
            unknown argument `enum`; an argument takes the values of its type: write an `enum` of them
              at `enum`
            unknown argument `type`; an argument has the type of its parameter
              at `type`
        "#]],
    );
    check(
        r#"#[mcp_prompt(annotations, output_schema = X)] fn f() -> String { text() }"#,
        expect![[r#"
            unknown argument `annotations`; accepted are `blocking`, `crate`, `description`, `name`, `scopes`, `title`
              at `annotations`
            unknown argument `output_schema`; accepted are `blocking`, `crate`, `description`, `name`, `scopes`, `title`
              at `output_schema`
        "#]],
    );
}

#[test]
fn attributes_of_fields() {
    let source = r#"#[mcp_tool] fn add(#[serde(default)] a: u8, #[schemars(range(min = 1))] b: u8) -> u8 { a + b }"#;
    check(
        source,
        expect![[r#"
        this describes a field of a struct; what a tool takes is described with `#[arg(...)]`, as in `#[arg(default = 5, rename = "max")]`
          at `#[serde(default)]`
        this describes a field of a struct; what a tool takes is described with `#[arg(...)]`, as in `#[arg(default = 5, rename = "max")]`
          at `#[schemars(range(min = 1))]`
    "#]],
    );
    expect![[r#"
        fn add(a: u8, b: u8) -> u8 {
            a + b
        }
        ///The tool `add`: a server offers it with `.tool::<add>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        enum add {}
        impl ::glassbox::Tool for add {
            const DEFINITION: ::glassbox::__private::ToolDefinition = ::glassbox::__private::ToolDefinition::new(
                "add",
            );
            fn call(call: ::glassbox::__private::ToolCall) -> ::glassbox::__private::ToolFuture {
                let _ = call;
                ::glassbox::__private::unreached()
            }
        }
    "#]].assert_eq(&fallback(source));
}

#[test]
fn defaults_of_another_kind() {
    check(
        r#"#[mcp_tool] fn f(#[arg(default = "5")] a: u8, #[arg(default = 5)] b: String, #[arg(default = "yes")] c: bool) {}"#,
        expect![[r#"
            `a` is a `u8`: write the default without quotes
              at `"5"`
            `b` is a `String`, a text: write the default in quotes
              at `5`
            `c` is a `bool`: write the default without quotes
              at `"yes"`
        "#]],
    );
    check(
        r#"#[mcp_tool] fn f(#[arg(default = 5)] a: Option<u8>, #[arg(default = "x")] b: Option<String>) {}"#,
        expect![[r#"
            what has a default is never missing: write `a: u8`, or leave the default out
              at `5`
            what has a default is never missing: write `b: String`, or leave the default out
              at `"x"`
        "#]],
    );
    check(
        r#"#[mcp_tool] fn f(#[arg(example = "5")] a: Option<u8>) {}"#,
        expect![[r#"
            `a` is an `Option<u8>`: write the example without quotes
              at `"5"`
        "#]],
    );
}

#[test]
fn uris_with_a_key_or_elsewhere() {
    check(
        r#"#[mcp_resource(uri = "notes://all")] fn notes() -> String { text() }"#,
        expect![[r#"
        the URI stands first, without a key: `#[mcp_resource("notes://{id}")]`
          at `uri`
    "#]],
    );
    check(
        r#"#[mcp_resource(uri_template = "notes://{id}")] fn note(id: String) -> String { id }"#,
        expect![[r#"
        the URI stands first, without a key: `#[mcp_resource("notes://{id}")]`
          at `uri_template`
    "#]],
    );
    check(
        r#"#[mcp_resource(NOTES)] fn notes() -> String { text() }"#,
        expect![[r#"
        the URI is read where it is written, and what `NOTES` is cannot be known there: write the text itself, as in `#[mcp_resource("notes://{id}")]`
          at `NOTES`
    "#]],
    );
}

#[test]
fn methods_without_a_body() {
    check(
        r#"#[mcp_tool] async fn add(&self, a: u8) -> u8;"#,
        expect![[r#"
        a tool is a function with a body: put `#[mcp_tool]` where the method is implemented
          at `async`
    "#]],
    );
}

#[test]
fn what_is_no_function_at_all() {
    check(
        r#"#[mcp_tool] |a: u8| a"#,
        expect![[r#"
        a tool is a function: put `#[mcp_tool]` on a `fn`
          at `|`
    "#]],
    );
    check(
        r#"#[mcp_tools] mod math { fn add(a: u8) -> u8 { a } }"#,
        expect![[r#"
        functions of a module are collected by name: write `ToolSet::new().tool::<first>().tool::<second>()`; `#[mcp_tools]` stands on an `impl` block
          at `mod`
    "#]],
    );
}

#[test]
fn fields_as_tracing_has_them() {
    check(
        r#"#[phase("math.add", math.a = %a, math.b = ?b, math.c = 1)] fn add(a: A, b: B) {}"#,
        expect![[r#"
        values are numbers, texts and truth values as they are: leave out the `%`, and write `value.to_string()` for what is none of these
          at `%`
        values are numbers, texts and truth values as they are: leave out the `?`; `format!("{value:?}")` would make everything in the value public
          at `?`
    "#]],
    );
    check(
        r#"#[phase(skip_all, err, ret)] fn add(a: A) {}"#,
        expect![[r#"
        `skip_all` is kept for an option of `#[phase]`; nothing is recorded that is not named: remove it
          at `skip_all`
        `err` needs a value: write `err = text`
          at `err`
        `ret` is kept for an option of `#[phase]`; what a phase returns is recorded by name: `ok(app.rows = |value| value.len())`
          at `ret`
    "#]],
    );
    check(
        r#"#[phase(format!("add {a}"))] fn add(a: A) {}"#,
        expect![[r#"
        the name of a phase is the same at every call: write it in quotes; one that is made at run time may carry data and says so, `name = dynamic(format!(..))`
          at `format`
    "#]],
    );
    check(
        r#"#[phase("math.add", a)] fn add(a: A) {}"#,
        expect![[r#"
        an attribute of a phase needs a value: write `a = ...`; a name stands in quotes, `"a"`
          at `a`
    "#]],
    );
}

#[test]
fn deprecated_functions_are_offered_without_a_warning() {
    let source = "#[mcp_tool] #[deprecated] fn add(a: u8) -> u8 { a }";
    assert!(expand(source).contains("allow(deprecated"));
    let source = "#[mcp_tools] impl Math { #[mcp_tool] #[deprecated] fn one(&self) -> u8 { 1 } }";
    assert!(expand(source).contains("allow(deprecated"));
}
