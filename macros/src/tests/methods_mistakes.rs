//! What the user is told about methods that are resources and prompts, and where it points.

use expect_test::{Expect, expect};

use super::{fallback, mistakes};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

#[test]
fn reports_the_mistakes_of_all_kinds() {
    check(
        r#"#[mcp_tools(crate = sdk)] impl Gmail {
            #[mcp_tool(titel = "x")] fn a(&self) {}
            #[mcp_resource("mail://{id}/{kind}", titel = "x")] fn b(&self, id: &str, sort: u8) {}
            #[mcp_resource("{id}", crate = sdk)] fn c<T>(&mut self) -> impl Display {}
            #[mcp_prompt(name = " ")] fn d(self, #[arg(minimum = 1)] words: u8) {}
            #[mcp_prompt(blocking)] async fn e(self: Arc<Self>, _: String) -> String {}
        }"#,
        expect![[r#"
            unknown argument `titel`; did you mean `title`?
              at `titel`
            unknown argument `titel`; did you mean `title`?
              at `titel`
            a resource returns its contents: write `-> String`, `-> Vec<u8>`, or a type with `Serialize`
              at `b`
            variables are owned: write `id: String`; `&T` parameters are injected by the server
              at `&str`
            `sort` is no variable of the URI: write `{sort}` where it stands in the URI, or borrow it, `sort: &T`, to have it injected by the server
              at `sort`
            no parameter takes `{kind}`: add `kind: String`, or remove it from the URI
              at `"mail://{id}/{kind}"`
            the runtime is the same for all of the block: write `crate = path` on `#[mcp_tools]`
              at `crate`
            a resource is called by its name, without type arguments: write a concrete type instead of `T`; or move the parameter to the `impl` block
              at `T`
            what a resource returns becomes its contents: write a concrete type instead of `impl`
              at `impl Display`
            a URI begins with a scheme: write one, as in `notes://{id}`
              at `"{id}"`
            all calls share the value: write `&self`, and put what changes behind a lock inside it
              at `mut`
            a prompt returns its messages: write `-> String`, `-> Vec<PromptMessage>`, or `-> GetPromptResult`
              at `d`
            the name of a prompt is empty; leave `name` out, or write a name
              at `" "`
            all calls share the value: write `&self`
              at `self`
            unknown argument `minimum`; accepted are `default`, `description`, `rename`, `title`
              at `minimum`
            `blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or `blocking`
              at `blocking`
            all calls share the value: write `&self`
              at `Arc<Self>`
            a parameter of a prompt needs a name, which is the argument's name: write `name: Type`; if the body does not use it, write `let _ = name;` there
              at `_`
        "#]],
    );
}

#[test]
fn a_mark_without_a_uri_is_where_the_uri_is_missing() {
    check(
        "#[mcp_tools] impl Gmail {
            #[mcp_resource] fn a(&self) -> String {}
            #[mcp_resource()] fn b(&self) -> String {}
            #[mcp_resource(MAIL)] fn c(&self) -> String {}
        }",
        expect![[r#"
            a resource has a URI, or a template of URIs: write it first, as in `#[mcp_resource("notes://{id}")]`
              at `mcp_resource`
            a resource has a URI, or a template of URIs: write it first, as in `#[mcp_resource("notes://{id}")]`
              at `mcp_resource`
            the URI is read where it is written, and what `MAIL` is cannot be known there: write the text itself, as in `#[mcp_resource("notes://{id}")]`
              at `MAIL`
        "#]],
    );
}

#[test]
fn marks_have_their_parentheses() {
    check(
        r#"#[mcp_tools] impl Gmail {
            #[mcp_resource = "mail://all"] fn a(&self) -> String {}
            #[mcp_prompt = "b"] fn b(&self) -> String {}
        }"#,
        expect![[r#"
            the URI of a resource stands in parentheses: `#[mcp_resource("...")]`
              at `#[mcp_resource = "mail://all"]`
            what a prompt accepts stands in parentheses: `#[mcp_prompt(name = "...")]`
              at `#[mcp_prompt = "b"]`
        "#]],
    );
}

#[test]
fn refuses_two_of_one_kind_that_clients_cannot_tell_apart() {
    check(
        r#"#[mcp_tools(prefix = "mail_")] impl Gmail {
            #[mcp_tool] fn a(&self) {}
            #[mcp_prompt(name = "a")] fn b(&self) -> String {}
            #[mcp_prompt(name = "a")] fn c(&self) -> String {}
            #[mcp_resource("mail://all")] fn d(&self) -> String {}
            #[mcp_resource("mail://all")] fn e(&self) -> String {}
            #[mcp_resource("mail://{id}")] fn f(&self, id: u8) -> String {}
            #[mcp_resource("mail://{number}")] fn g(&self, number: u8) -> String {}
            #[mcp_resource("mail://{+number}")] fn h(&self, number: u8) -> String {}
            #[cfg(unix)] #[mcp_resource("mail://os")] fn i(&self) -> String {}
            #[cfg(windows)] #[mcp_resource("mail://os")] fn j(&self) -> String {}
        }"#,
        expect![[r#"
            two prompts of this block are named `mail_a`; rename one of them
              at `"a"`
            two resources of this block have the URI `mail://all`; change one of them
              at `"mail://all"`
            `mail://{number}` has the same URIs as `mail://{id}`, which stands before it; change one of them
              at `"mail://{number}"`
        "#]],
    );
}

#[test]
fn refuses_what_cfg_attr_would_hide() {
    check(
        r#"#[mcp_tools] impl Gmail {
            #[cfg_attr(unix, mcp_resource("mail://all"))] fn a(&self) -> String {}
            #[cfg_attr(unix, glassbox::mcp_prompt)] fn b(&self) -> String {}
        }"#,
        expect![[r#"
            `#[mcp_tools]` reads the block before `cfg_attr` is decided: write `#[cfg(...)]` and `#[mcp_resource("...")]` on a method of its own
              at `#[cfg_attr(unix, mcp_resource("mail://all"))]`
            `#[mcp_tools]` reads the block before `cfg_attr` is decided: write `#[cfg(...)]` and `#[mcp_prompt]` on a method of its own
              at `#[cfg_attr(unix, glassbox::mcp_prompt)]`
        "#]],
    );
}

#[test]
fn refuses_marks_on_what_is_no_method() {
    check(
        r#"#[mcp_tools] impl Gmail {
            #[mcp_resource("mail://all")] const A: u32 = 1;
            #[mcp_prompt] type B = u32;
        }"#,
        expect![[r#"
            a resource is a method: put `#[mcp_resource("...")]` on a `fn`
              at `#[mcp_resource("mail://all")]`
            a prompt is a method: put `#[mcp_prompt]` on a `fn`
              at `#[mcp_prompt]`
        "#]],
    );
}

#[test]
fn a_method_is_one_of_them() {
    check(
        r#"#[mcp_tools] impl Gmail {
            #[mcp_tool] #[mcp_resource("mail://all")] fn a(&self) -> String {}
            #[mcp_resource("mail://some")] #[mcp_resource("mail://all")] fn b(&self) -> String {}
            #[mcp_prompt] #[phase] fn c(&self) -> String {}
        }"#,
        expect![[r#"
            a function is a tool or a resource: remove one attribute, or write a second function that calls this one
              at `#[mcp_resource("mail://all")]`
            a function is one resource; remove the second `#[mcp_resource]`
              at `#[mcp_resource("mail://all")]`
            a prompt has a span of its own already; remove `#[phase]`, and put phases on what happens inside
              at `#[phase]`
        "#]],
    );
}

#[test]
fn wants_async_trait_below() {
    check(
        r#"#[mcp_tools] impl A for B {
            #[mcp_resource("mail://all")]
            fn a<'a>(&'a self) -> Pin<Box<dyn Future<Output = String> + Send + 'a>> { Box::pin(async move { text() }) }
        }"#,
        expect![[r#"
            a resource that waits is an `async fn`: write one; where `#[async_trait]` makes this of it, put `#[mcp_tools]` above `#[async_trait]`
              at `Pin<Box<dyn Future<Output = String> + Send + 'a>>`
        "#]],
    );
}

#[test]
fn a_block_alone_is_told_what_its_methods_want() {
    check(
        r#"#[mcp_resource("mail://all")] impl A { fn a(&self) {} }"#,
        expect![[r#"
            an `impl` block has resources among its methods: write `#[mcp_tools]`, and `#[mcp_resource("...")]` on each of them
              at `impl`
        "#]],
    );
    check(
        "#[mcp_prompt] impl A { fn a(&self) {} }",
        expect![[r#"
        an `impl` block has prompts among its methods: write `#[mcp_tools]`, and `#[mcp_prompt]` on each of them
          at `impl`
    "#]],
    );
}

#[test]
fn after_a_mistake_the_methods_still_exist() {
    let left = fallback(
        r#"#[mcp_tools]
impl Gmail {
    #[mcp_resource("mail://{id}")]
    fn message(&mut self, /** Which */ id: u32) -> u32 {
        #[phase("a")]
        let id = id;
        id
    }

    #[mcp_prompt]
    fn answer(&self, #[arg(default = 5)] words: u32) -> String {
        words.to_string()
    }

    #[mcp_prompt]
    #[phase("b")]
    fn ask(&self) -> String { String::new() }

    #[cfg_attr(unix, mcp_prompt)]
    fn hidden(&self) {}
}"#,
    );
    expect![[r#"
        impl Gmail {
            fn message(&mut self, id: u32) -> u32 {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_resource as _;
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use phase as _;
                let id = id;
                id
            }
            fn answer(&self, words: u32) -> String {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_prompt as _;
                words.to_string()
            }
            fn ask(&self) -> String {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_prompt as _;
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use phase as _;
                String::new()
            }
            fn hidden(&self) {}
        }
        impl ::glassbox::ToolMethods for Gmail {}
    "#]]
    .assert_eq(&left);
}

#[test]
fn finds_methods_without_a_block_by_their_own_type() {
    check(
        r#"#[mcp_resource("notes://all")] fn all() -> Vec<Self> { Self::stored() }"#,
        expect![[r#"
            a resource with `Self` stands in an `impl` block: put `#[mcp_tools]` on the block
              at `Self`
        "#]],
    );
    check(
        r#"#[mcp_prompt] fn ask() -> String { Self::words() }"#,
        expect![[r#"
            a prompt with `Self` stands in an `impl` block: put `#[mcp_tools]` on the block
              at `Self`
        "#]],
    );
}
