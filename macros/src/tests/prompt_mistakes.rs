//! Every message at least once, with the place it points at.

use expect_test::{Expect, expect};

use super::{expand, fallback, mistakes};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

#[test]
fn reports_arguments_of_the_attribute() {
    check(
        r#"#[mcp_prompt(nmae = "x", name = " ", wholly_unknown)] fn f() -> String {}"#,
        expect![[r#"
            unknown argument `nmae`; did you mean `name`?
              at `nmae`
            unknown argument `wholly_unknown`; accepted are `blocking`, `crate`, `description`, `name`, `scopes`, `title`
              at `wholly_unknown`
        "#]],
    );
}

#[test]
fn reports_parameters() {
    check(
        r#"#[mcp_prompt] fn f(
            a: &str,
            b: impl Display,
            #[arg(minimum = 3, titel = "x")] c: u8,
            #[arg] #[arg] d: u8,
            #[arg(rename = "d")] e: u8,
            #[arg(rename = "")] f: u8,
            #[arg = 3] g: u8,
            #[arg(default)] h: &State,
            (i, j): (u8, u8),
        ) -> String {}"#,
        expect![[r#"
            arguments are owned: write `a: String`; `&T` parameters are injected by the server
              at `&str`
            an argument is read as its type: write a concrete type, `b: Type`, instead of `impl`
              at `impl Display`
            unknown argument `minimum`; accepted are `default`, `description`, `rename`, `title`
              at `minimum`
            unknown argument `titel`; did you mean `title`?
              at `titel`
            an argument has one `#[arg(...)]`; write everything into the first
              at `#[arg]`
            the name of an argument is empty; leave `rename` out, or write a name
              at `""`
            what is said of an argument stands in parentheses: `#[arg(default = "short")]`
              at `#[arg = 3]`
            `h` is injected by the server and not an argument; remove `#[arg]`, or take it by value
              at `#[arg(default)]`
            a parameter of a prompt needs a name, which is the argument's name: write `name: Type`, and take it apart in the body
              at `(i, j)`
            two arguments are called `d`; rename one of them
              at `"d"`
        "#]],
    );
}

#[test]
fn reports_functions_that_are_no_prompts() {
    check(
        r#"#[mcp_prompt] fn f() {}"#,
        expect![[r#"
        a prompt returns its messages: write `-> String`, `-> Vec<PromptMessage>`, or `-> GetPromptResult`
          at `f`
    "#]],
    );
    check(
        r#"#[mcp_prompt] const unsafe fn f<const N: usize>(&self) -> impl Display {}"#,
        expect![[r#"
            a prompt cannot be a `const fn`; remove `const`
              at `const`
            a prompt is called by whoever reaches the server, so it cannot be `unsafe`; remove it, and check in the body what it relies on
              at `unsafe`
            a prompt is called by its name, without const arguments: write a concrete value instead of `N`; or make it a method of a generic `#[mcp_tools] impl`
              at `N`
            what a prompt returns becomes its messages: write a concrete type instead of `impl`
              at `impl Display`
            a prompt with `self` is a method of what the server injects: put `#[mcp_tools]` on its `impl` block
              at `self`
        "#]],
    );
    check(
        r#"#[mcp_prompt(blocking)] async fn f() -> &'a str {}"#,
        expect![[r#"
            what a prompt returns outlives the call, so it is owned: write `String`
              at `&'a str`
            `blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or `blocking`
              at `blocking`
        "#]],
    );
    check(
        r#"#[mcp_prompt] fn f() -> Pin<Box<dyn Future<Output = String>>> { Box::pin(async { String::new() }) }"#,
        expect![[r#"
            a prompt that waits is an `async fn`: write one; where `#[async_trait]` makes this of it, put `#[mcp_tools]` above `#[async_trait]`
              at `Pin<Box<dyn Future<Output = String>>>`
        "#]],
    );
    check(
        r#"#[mcp_prompt] impl S {}"#,
        expect![[r#"
            an `impl` block has prompts among its methods: write `#[mcp_tools]`, and `#[mcp_prompt]` on each of them
              at `impl`
        "#]],
    );
}

#[test]
fn leaves_the_function_and_a_prompt_of_its_name() {
    expect![[r#"
        fn f(count: u8) -> String {
            String::new()
        }
        ///The prompt `f`: a server offers it with `.prompt::<f>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        enum f {}
        impl ::glassbox::Prompt for f {
            const DEFINITION: ::glassbox::__private::PromptDefinition = ::glassbox::__private::PromptDefinition::new(
                "f",
            );
            fn get(
                call: ::glassbox::__private::PromptCall,
            ) -> ::glassbox::__private::PromptFuture {
                let _ = call;
                ::glassbox::__private::unreached()
            }
        }
    "#]].assert_eq(&fallback(
        r#"#[mcp_prompt(oops)] fn f(/** what */ #[arg(default = 3)] count: u8) -> String { String::new() }"#,
    ));
}

#[test]
fn expands_all_that_can_be_said() {
    expect![[r##"
        #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
        #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
        fn f(
            notes: &Notes,
            words: u32,
            topic: Option<String>,
            style: Style,
        ) -> Vec<PromptMessage> {
            notes.prompt(words, topic, style)
        }
        ///The prompt `f`: a server offers it with `.prompt::<f>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        enum f {}
        impl my::glassbox::Prompt for f {
            const DEFINITION: my::glassbox::__private::PromptDefinition = my::glassbox::__private::PromptDefinition::new(
                    "sum-up",
                )
                .title("Sum up")
                .description("d")
                .arguments(
                    &[
                        my::glassbox::__private::PromptArgument::new("word-count", || false)
                            .title("Words"),
                        my::glassbox::__private::PromptArgument::new(
                                "topic",
                                || my::glassbox::__private::is_required({
                                    #[allow(
                                        unused_imports,
                                        reason = "used unless the type is an `Option`"
                                    )]
                                    use my::glassbox::__private::ViaRequired as _;
                                    my::glassbox::__private::TextProbe::<Option<String>>::new()
                                        .kind()
                                }),
                            )
                            .description("Of what"),
                        my::glassbox::__private::PromptArgument::new("style", || false),
                    ],
                )
                .injections(&[my::glassbox::__private::Injection::of::<Notes>("notes")]);
            fn get(
                call: my::glassbox::__private::PromptCall,
            ) -> my::glassbox::__private::PromptFuture {
                my::glassbox::__private::run_blocking(move || {
                    let mut arguments = call.arguments();
                    let argument_0 = arguments
                        .take_or(
                            0,
                            {
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is an `Option`"
                                )]
                                use my::glassbox::__private::ViaRequired as _;
                                my::glassbox::__private::TextProbe::<u32>::new().kind()
                            },
                            || ::core::option::Option::Some(100),
                        );
                    let argument_1 = arguments
                        .take(
                            1,
                            {
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is an `Option`"
                                )]
                                use my::glassbox::__private::ViaRequired as _;
                                my::glassbox::__private::TextProbe::<Option<String>>::new()
                                    .kind()
                            },
                        );
                    let argument_2 = arguments
                        .take_or(
                            2,
                            {
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is an `Option`"
                                )]
                                use my::glassbox::__private::ViaRequired as _;
                                my::glassbox::__private::TextProbe::<Style>::new().kind()
                            },
                            || ::core::option::Option::Some(
                                my::glassbox::__private::from_quoted("plain"),
                            ),
                        );
                    arguments.finish()?;
                    #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                    use my::glassbox::__private::SplitValue as _;
                    my::glassbox::__private::messages(
                        &call,
                        my::glassbox::__private::ReturnProbe::new(
                                f(
                                    call.injected::<Notes>()?,
                                    argument_0.value()?,
                                    argument_1.value()?,
                                    argument_2.value()?,
                                ),
                            )
                            .split(),
                    )
                })
            }
        }
    "##]].assert_eq(&expand(
        r#"#[mcp_prompt(name = "sum-up", title = "Sum up", description = "d", blocking, crate = my::glassbox)]
        fn f(
            notes: &Notes,
            #[arg(title = "Words", rename = "word-count", default = 100)] words: u32,
            /// Of what
            topic: Option<String>,
            #[arg(default = "plain")] style: Style,
        ) -> Vec<PromptMessage> { notes.prompt(words, topic, style) }"#,
    ));
}

#[test]
fn reports_scopes_that_are_none() {
    check(
        r#"#[mcp_prompt(scopes("a b", "a", "a", 7))] fn f() -> String {}"#,
        expect![[r#"
            a scope has no spaces; write each as a string of its own: `scopes("a", "b")`
              at `"a b"`
            the scope `a` is there twice; keep one
              at `"a"`
            `scopes` is a list of strings: write `scopes("files.read", "files.write")`
              at `7`
        "#]],
    );
    check(
        r#"#[mcp_prompt(scopes)] fn f() -> String {}"#,
        expect![[r#"
            `scopes` is a list of strings: write `scopes("files.read", "files.write")`
              at `scopes`
        "#]],
    );
}
