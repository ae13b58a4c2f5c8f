//! What the compiler gets, formatted.

use expect_test::{Expect, expect};

use super::{expand, fallback};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&expand(source));
}

#[test]
fn expands_the_smallest_tool() {
    check(
        r#"#[mcp_tool]
fn ping() {}"#,
        expect![[r##"
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            fn ping() {}
            ///The tool `ping`: a server offers it with `.tool::<ping>()`.
            #[allow(
                non_camel_case_types,
                clippy::exhaustive_enums,
                reason = "the type is named after its function"
            )]
            #[derive(::core::fmt::Debug)]
            enum ping {}
            impl ::glassbox::Tool for ping {
                const DEFINITION: ::glassbox::__private::ToolDefinition = ::glassbox::__private::ToolDefinition::new(
                    "ping",
                );
                fn call(call: ::glassbox::__private::ToolCall) -> ::glassbox::__private::ToolFuture {
                    ::std::boxed::Box::pin(async move {
                        let arguments = call.arguments();
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::reply_with(
                            ::glassbox::__private::ReturnProbe::new(ping()).split(),
                        )
                    })
                }
            }
        "##]],
    );
}

#[test]
fn expands_a_tool_with_injection_defaults_and_bounds() {
    check(
        r#"#[mcp_tool(read_only, open_world = false, title = "Emails")]
/// List recent emails from the user's inbox.
#[allow(unused)]
///
/// Newest first.
pub async fn list_emails(
    gmail: &Gmail,
    /// Maximum number of emails to return
    #[arg(default = 5, minimum = 1, maximum = 20)]
    max_results: u32,
    /// Gmail search query
    #[arg(default = "", rename = "q")]
    query: String,
    #[arg(default, minimum = -0.5)]
    ratio: f64,
    r#type: Option<Kind>,
) -> Result<Inbox, ToolError> {
    #[phase("format_response")]
    let inbox = Inbox::from(emails);
    Ok(inbox)
}"#,
        expect![[r##"
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
            /// List recent emails from the user's inbox.
            #[allow(unused)]
            ///
            /// Newest first.
            pub async fn list_emails(
                gmail: &Gmail,
                max_results: u32,
                query: String,
                ratio: f64,
                r#type: Option<Kind>,
            ) -> Result<Inbox, ToolError> {
                let inbox = ::glassbox::__private::Phase::start(
                        "format_response",
                        |_| {
                            #[allow(
                                unused_imports,
                                reason = "names an attribute that is gone from here"
                            )]
                            use phase as _;
                        },
                    )
                    .run_sync(
                        || { Inbox::from(emails) },
                        |_| ::glassbox::__private::Outcome::value(),
                    );
                Ok(inbox)
            }
            ///The tool `list_emails`: a server offers it with `.tool::<list_emails>()`.
            #[allow(
                non_camel_case_types,
                clippy::exhaustive_enums,
                reason = "the type is named after its function"
            )]
            #[derive(::core::fmt::Debug)]
            pub enum list_emails {}
            impl ::glassbox::Tool for list_emails {
                const DEFINITION: ::glassbox::__private::ToolDefinition = ::glassbox::__private::ToolDefinition::new(
                        "list_emails",
                    )
                    .title("Emails")
                    .description("List recent emails from the user's inbox.\n\nNewest first.")
                    .read_only(true)
                    .open_world(false)
                    .arguments(
                        &[
                            ::glassbox::__private::Argument::new::<u32>("max_results")
                                .description("Maximum number of emails to return")
                                .default(|| ::glassbox::__private::default_value::<u32>(5))
                                .keywords(
                                    &[
                                        ::glassbox::__private::Keyword::Minimum(
                                            ::glassbox::__private::Bound::Integer(1),
                                        ),
                                        ::glassbox::__private::Keyword::Maximum(
                                            ::glassbox::__private::Bound::Integer(20),
                                        ),
                                    ],
                                ),
                            ::glassbox::__private::Argument::new::<String>("q")
                                .description("Gmail search query")
                                .default(|| ::glassbox::__private::default_value::<
                                    String,
                                >(::glassbox::__private::from_quoted(""))),
                            ::glassbox::__private::Argument::new::<f64>("ratio")
                                .default(|| ::glassbox::__private::default_value::<
                                    f64,
                                >(::core::default::Default::default()))
                                .keywords(
                                    &[
                                        ::glassbox::__private::Keyword::Minimum(
                                            ::glassbox::__private::Bound::Float(-0.5),
                                        ),
                                    ],
                                ),
                            ::glassbox::__private::Argument::new::<Option<Kind>>("type"),
                        ],
                    )
                    .injections(&[::glassbox::__private::Injection::of::<Gmail>("gmail")])
                    .output(|| {
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::ViaValue as _;
                        ::glassbox::__private::schema_of(
                            ::glassbox::__private::OutputProbe::<Result<Inbox, ToolError>>::new()
                                .value(),
                        )
                    });
                fn call(call: ::glassbox::__private::ToolCall) -> ::glassbox::__private::ToolFuture {
                    ::std::boxed::Box::pin(async move {
                        let mut arguments = call.arguments();
                        let argument_0 = arguments.take::<u32>(0);
                        let argument_1 = arguments.take::<String>(1);
                        let argument_2 = arguments.take::<f64>(2);
                        let argument_3 = arguments.take::<Option<Kind>>(3);
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::reply_with(
                            ::glassbox::__private::ReturnProbe::new(
                                    list_emails(
                                            call.injected::<Gmail>()?,
                                            argument_0.value()?,
                                            argument_1.value()?,
                                            argument_2.value()?,
                                            argument_3.value()?,
                                        )
                                        .await,
                                )
                                .split(),
                        )
                    })
                }
            }
        "##]],
    );
}

#[test]
fn names_the_tool_after_a_raw_identifier() {
    check(
        r#"#[mcp_tool] fn r#type(mut a: u32) -> u32 { a }"#,
        expect![[r##"
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            fn r#type(mut a: u32) -> u32 {
                a
            }
            ///The tool `type`: a server offers it with `.tool::<type>()`.
            #[allow(
                non_camel_case_types,
                clippy::exhaustive_enums,
                reason = "the type is named after its function"
            )]
            #[derive(::core::fmt::Debug)]
            enum r#type {}
            impl ::glassbox::Tool for r#type {
                const DEFINITION: ::glassbox::__private::ToolDefinition = ::glassbox::__private::ToolDefinition::new(
                        "type",
                    )
                    .arguments(&[::glassbox::__private::Argument::new::<u32>("a")])
                    .output(|| {
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::ViaValue as _;
                        ::glassbox::__private::schema_of(
                            ::glassbox::__private::OutputProbe::<u32>::new().value(),
                        )
                    });
                fn call(call: ::glassbox::__private::ToolCall) -> ::glassbox::__private::ToolFuture {
                    ::std::boxed::Box::pin(async move {
                        let mut arguments = call.arguments();
                        let argument_0 = arguments.take::<u32>(0);
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::reply_with(
                            ::glassbox::__private::ReturnProbe::new(r#type(argument_0.value()?))
                                .split(),
                        )
                    })
                }
            }
        "##]],
    );
}

#[test]
fn follows_cfg_and_crate() {
    check(
        r#"#[mcp_tool(crate = facade::glass, description = "d")] #[cfg(unix)] pub(crate) fn f<'a>(a: &'a A) -> &'static str { a.text() }"#,
        expect![[r##"
            #[cfg(unix)]
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            pub(crate) fn f<'a>(a: &'a A) -> &'static str {
                a.text()
            }
            #[cfg(unix)]
            ///The tool `f`: a server offers it with `.tool::<f>()`.
            #[allow(
                non_camel_case_types,
                clippy::exhaustive_enums,
                reason = "the type is named after its function"
            )]
            #[derive(::core::fmt::Debug)]
            pub(crate) enum f {}
            #[cfg(unix)]
            impl facade::glass::Tool for f {
                const DEFINITION: facade::glass::__private::ToolDefinition = facade::glass::__private::ToolDefinition::new(
                        "f",
                    )
                    .description("d")
                    .injections(&[facade::glass::__private::Injection::of::<A>("a")])
                    .output(|| {
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use facade::glass::__private::ViaValue as _;
                        facade::glass::__private::schema_of(
                            facade::glass::__private::OutputProbe::<&'static str>::new().value(),
                        )
                    });
                fn call(
                    call: facade::glass::__private::ToolCall,
                ) -> facade::glass::__private::ToolFuture {
                    ::std::boxed::Box::pin(async move {
                        let arguments = call.arguments();
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use facade::glass::__private::SplitValue as _;
                        facade::glass::__private::reply_with(
                            facade::glass::__private::ReturnProbe::new(f(call.injected::<A>()?))
                                .split(),
                        )
                    })
                }
            }
        "##]],
    );
}

#[test]
fn keeps_the_function_after_a_mistake() {
    let source = r#"#[mcp_tool(nmae = "x")] fn list(gmail: &Gmail, /// how many
 #[arg(default = 5)] max: u32) -> u32 { #[phase("a")] let a = gmail.get(max); a }"#;
    expect![[r#"
        fn list(gmail: &Gmail, max: u32) -> u32 {
            #[allow(unused_imports, reason = "names an attribute that is gone from here")]
            use phase as _;
            let a = gmail.get(max);
            a
        }
        ///The tool `list`: a server offers it with `.tool::<list>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        enum list {}
        impl ::glassbox::Tool for list {
            const DEFINITION: ::glassbox::__private::ToolDefinition = ::glassbox::__private::ToolDefinition::new(
                "list",
            );
            fn call(call: ::glassbox::__private::ToolCall) -> ::glassbox::__private::ToolFuture {
                let _ = call;
                ::glassbox::__private::unreached()
            }
        }
    "#]].assert_eq(&fallback(source));
}

#[test]
fn expands_scopes_as_they_are_written() {
    check(
        r#"#[mcp_tool(scopes("files.read", "https://files.example/write",))] fn save() {}"#,
        expect![[r##"
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            fn save() {}
            ///The tool `save`: a server offers it with `.tool::<save>()`.
            #[allow(
                non_camel_case_types,
                clippy::exhaustive_enums,
                reason = "the type is named after its function"
            )]
            #[derive(::core::fmt::Debug)]
            enum save {}
            impl ::glassbox::Tool for save {
                const DEFINITION: ::glassbox::__private::ToolDefinition = ::glassbox::__private::ToolDefinition::new(
                        "save",
                    )
                    .scopes(&["files.read", "https://files.example/write"]);
                fn call(call: ::glassbox::__private::ToolCall) -> ::glassbox::__private::ToolFuture {
                    ::std::boxed::Box::pin(async move {
                        let arguments = call.arguments();
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::reply_with(
                            ::glassbox::__private::ReturnProbe::new(save()).split(),
                        )
                    })
                }
            }
        "##]],
    );
}
