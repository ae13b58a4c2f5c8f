//! What the user is told about an `impl` block, and where it points.

use expect_test::{Expect, expect};

use super::mistakes;

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

#[test]
fn refuses_a_block_that_offers_nothing() {
    check(
        "#[mcp_tools] impl Gmail { fn list(&self) {} }",
        expect![[r#"
            this block offers nothing: put `#[mcp_tool]`, `#[mcp_resource("...")]` or `#[mcp_prompt]` on its methods, or remove `#[mcp_tools]`
              at ``
        "#]],
    );
}

#[test]
fn refuses_receivers_that_are_not_shared() {
    check(
        "#[mcp_tools] impl Gmail {
            #[mcp_tool] fn a(&mut self) {}
            #[mcp_tool] fn b(self) {}
            #[mcp_tool] fn c(mut self) {}
            #[mcp_tool] fn d(self: Box<Self>) {}
            #[mcp_tool] fn e(self: &mut Self) {}
            #[mcp_tool] fn f(self: &Self) {}
        }",
        expect![[r#"
            all calls share the value: write `&self`, and put what changes behind a lock inside it
              at `mut`
            all calls share the value: write `&self`
              at `self`
            all calls share the value: write `&self`
              at `self`
            all calls share the value: write `&self`
              at `Box<Self>`
            all calls share the value: write `&self`
              at `&mut Self`
        "#]],
    );
}

#[test]
fn reports_the_mistakes_of_all_methods() {
    check(
        r#"#[mcp_tools(prefx = "a_")] impl Gmail {
            #[mcp_tool(titel = "x")] fn a(&self, query: &str) {}
            #[mcp_tool = "x"] fn b<T>(&self) {}
            #[mcp_tool(crate = sdk)] fn c(&self) -> impl Display {}
        }"#,
        expect![[r#"
            unknown argument `prefx`; did you mean `prefix`?
              at `prefx`
            unknown argument `titel`; did you mean `title`?
              at `titel`
            arguments are owned: write `query: String`; `&T` parameters are injected by the server
              at `&str`
            what a tool accepts stands in parentheses: `#[mcp_tool(name = "...")]`
              at `#[mcp_tool = "x"]`
            a tool is called by its name, without type arguments: write a concrete type instead of `T`; or move the parameter to the `impl` block
              at `T`
            the runtime is the same for all of the block: write `crate = path` on `#[mcp_tools]`
              at `crate`
            what a tool returns gives its output schema: write a concrete type instead of `impl`
              at `impl Display`
        "#]],
    );
}

#[test]
fn refuses_two_tools_of_one_name_unless_builds_differ() {
    check(
        r#"#[mcp_tools] impl Gmail {
            #[mcp_tool] fn a(&self) {}
            #[mcp_tool(name = "a")] fn b(&self) {}
            #[cfg(unix)] #[mcp_tool(name = "c")] fn c(&self) {}
            #[cfg(windows)] #[mcp_tool(name = "c")] fn d(&self) {}
        }"#,
        expect![[r#"
            two tools of this block are named `a`; rename one of them
              at `"a"`
        "#]],
    );
}

#[test]
fn refuses_tools_that_cfg_attr_would_hide() {
    check(
        "#[mcp_tools] impl Gmail { #[cfg_attr(unix, mcp_tool)] fn a(&self) {} }",
        expect![[r#"
            `#[mcp_tools]` reads the block before `cfg_attr` is decided: write `#[cfg(...)]` and `#[mcp_tool]` on a method of its own
              at `#[cfg_attr(unix, mcp_tool)]`
        "#]],
    );
}

#[test]
fn refuses_prefixes_that_mcp_does_not_allow() {
    check(
        r#"#[mcp_tools(prefix = "")] impl A { #[mcp_tool] fn a(&self) {} }"#,
        expect![[r#"
            the prefix is empty; leave it out, or write one, as in `prefix = "gmail_"`
              at `""`
        "#]],
    );
    check(
        r#"#[mcp_tools(prefix = "a b")] impl A { #[mcp_tool] fn a(&self) {} }"#,
        expect![[r#"
            the name of a tool cannot contain ' '; MCP allows ASCII letters, digits, `_`, `-` and `.`
              at `"a b"`
        "#]],
    );
    let long = "p".repeat(120);
    let source = format!(
        "#[mcp_tools(prefix = {long:?})] impl A {{ #[mcp_tool] fn long_name(&self) {{}} #[mcp_tool] fn ok(&self) {{}} }}"
    );
    check(
        &source,
        expect![[r#"
        with its prefix, the name of a tool has 129 characters; MCP allows 128
          at `long_name`
    "#]],
    );
}

#[test]
fn refuses_values_that_borrow() {
    check(
        "#[mcp_tools] impl<'a> Gmail<'a> { #[mcp_tool] fn a(&self) {} }",
        expect![[r#"
            the server keeps the value for as long as it runs: write a type that owns its data, without `'a`
              at `'a`
        "#]],
    );
}

#[test]
fn wants_a_name_for_a_set() {
    check(
        r#"#[mcp_tools(set = "admin")] impl A { #[mcp_tool] fn a(&self) {} }"#,
        expect![[r#"
            `set` is a name: write `set = my_set`
              at `"admin"`
        "#]],
    );
}

#[test]
fn refuses_other_items() {
    check(
        "#[mcp_tools] pub struct A;",
        expect![[r#"
        methods are tools where they are written: put `#[mcp_tools]` on an `impl` block
          at `struct`
    "#]],
    );
    check(
        "#[mcp_tools] fn a() {}",
        expect![[r#"
        a function is one tool: write `#[mcp_tool]`; `#[mcp_tools]` stands on an `impl` block
          at `fn`
    "#]],
    );
    check(
        "#[mcp_tools] trait A { #[mcp_tool] fn a(&self); }",
        expect![[r#"
            a trait has no values that could be called: put `#[mcp_tools]` on the `impl` block of a type
              at `trait`
        "#]],
    );
    check(
        "#[mcp_tool] impl A { fn a(&self) {} }",
        expect![[r#"
        an `impl` block has tools among its methods: write `#[mcp_tools]`, and `#[mcp_tool]` on each of them
          at `impl`
    "#]],
    );
    check(
        "#[mcp_tools] impl A { #[mcp_tool] const A: u32 = 1; }",
        expect![[r#"
            a tool is a method: put `#[mcp_tool]` on a `fn`
              at `#[mcp_tool]`
        "#]],
    );
}

#[test]
fn refuses_a_second_mark() {
    check(
        "#[mcp_tools] #[mcp_tools] impl A { #[mcp_tool] #[mcp_tool] fn a(&self) {} }",
        expect![[r#"
            a block is one set; write everything into the first `#[mcp_tools]`
              at `#[mcp_tools]`
            a function is one tool; remove the second `#[mcp_tool]`
              at `#[mcp_tool]`
        "#]],
    );
}

#[test]
fn wants_async_trait_below() {
    check(
        "#[mcp_tools] impl A for B {
            #[mcp_tool]
            fn a<'a>(&'a self) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> { Box::pin(async move { 1 }) }
        }",
        expect![[r#"
            a tool that waits is an `async fn`: write one; where `#[async_trait]` makes this of it, put `#[mcp_tools]` above `#[async_trait]`
              at `Pin<Box<dyn Future<Output = u32> + Send + 'a>>`
        "#]],
    );
}

#[test]
fn refuses_blocking_in_an_async_method() {
    check(
        "#[mcp_tools] impl A { #[mcp_tool(blocking)] async fn a(&self) {} }",
        expect![[r#"
            `blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or `blocking`
              at `blocking`
        "#]],
    );
}
