//! What the compiler gets of methods that are resources and prompts, formatted.

use expect_test::expect;

use super::expand;

#[test]
fn each_kind_has_its_list() {
    let expansion = expand(
        r#"#[mcp_tools(prefix = "gmail_")]
impl<B: Backend> Gmail<B> {
    /// Asks for an answer.
    #[mcp_prompt]
    fn answer(&self, style: &Style, #[arg(default = 5)] words: u32) -> String { self.ask(words) }

    /// One message.
    #[mcp_resource("gmail://messages/{id}")]
    #[cfg(unix)]
    async fn message(&self, id: B::Id) -> Result<Email, ResourceError> {
        #[phase("gmail.load")]
        let email = self.load(id).await?;
        Ok(email)
    }

    #[mcp_tool]
    fn count(&self) -> u32 { 1 }

    #[glassbox::mcp_resource("gmail://help", blocking)]
    #[deprecated]
    fn help() -> &'static str { "" }
}"#,
    );
    expect![[r#"
        impl<B: Backend> Gmail<B> {
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
            /// Asks for an answer.
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            fn answer(&self, style: &Style, words: u32) -> String {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_prompt as _;
                self.ask(words)
            }
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
            /// One message.
            #[cfg(unix)]
            async fn message(&self, id: B::Id) -> Result<Email, ResourceError> {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_resource as _;
                let email = ::glassbox::__private::Phase::start(
                        "gmail.load",
                        |_| {
                            #[allow(
                                unused_imports,
                                reason = "names an attribute that is gone from here"
                            )]
                            use phase as _;
                        },
                    )
                    .run(
                        async { self.load(id).await },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await?;
                Ok(email)
            }
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            fn count(&self) -> u32 {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_tool as _;
                1
            }
            #[deprecated]
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
            fn help() -> &'static str {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use glassbox::mcp_resource as _;
                ""
            }
        }
        impl<B: Backend> ::glassbox::ToolMethods for Gmail<B> {
            const TOOLS: &'static [::glassbox::__private::ToolMethod] = &[
                ::glassbox::__private::ToolMethod::new(
                    "count",
                    ::glassbox::__private::ToolDefinition::new("gmail_count")
                        .output(|| {
                            #[allow(
                                unused_imports,
                                reason = "used unless the type is a `Result`"
                            )]
                            use ::glassbox::__private::ViaValue as _;
                            ::glassbox::__private::schema_of(
                                ::glassbox::__private::OutputProbe::<u32>::new().value(),
                            )
                        }),
                    |call| ::std::boxed::Box::pin(async move {
                        let arguments = call.arguments();
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::reply_with(
                            ::glassbox::__private::ReturnProbe::new(
                                    Self::count(call.receiver::<Self>()?),
                                )
                                .split(),
                        )
                    }),
                ),
            ];
            const RESOURCES: &'static [::glassbox::__private::ResourceMethod] = &[
                #[cfg(unix)]
                ::glassbox::__private::ResourceMethod::new(
                    "message",
                    ::glassbox::__private::ResourceDefinition::new(
                            "message",
                            "gmail://messages/{id}",
                            &[
                                ::glassbox::__private::UriPart::Literal("gmail://messages/"),
                                ::glassbox::__private::UriPart::Segment("id"),
                            ],
                        )
                        .description("One message.")
                        .content_type(|| {
                            #[allow(
                                unused_imports,
                                reason = "used unless the type is a `Result`"
                            )]
                            use ::glassbox::__private::ViaValue as _;
                            ::glassbox::__private::content_type(
                                ::glassbox::__private::OutputProbe::<
                                    Result<Email, ResourceError>,
                                >::new()
                                    .value(),
                            )
                        }),
                    |call| ::std::boxed::Box::pin(async move {
                        let mut variables = call.variables();
                        let argument_0 = variables.take::<B::Id>(0);
                        variables.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::contents(
                            &call,
                            ::glassbox::__private::ReturnProbe::new(
                                    Self::message(call.receiver::<Self>()?, argument_0.value()?)
                                        .await,
                                )
                                .split(),
                        )
                    }),
                ),
                #[allow(deprecated, reason = "a deprecated function is still offered")]
                ::glassbox::__private::ResourceMethod::new(
                    "help",
                    ::glassbox::__private::ResourceDefinition::new(
                            "help",
                            "gmail://help",
                            &[::glassbox::__private::UriPart::Literal("gmail://help")],
                        )
                        .content_type(|| {
                            #[allow(
                                unused_imports,
                                reason = "used unless the type is a `Result`"
                            )]
                            use ::glassbox::__private::ViaValue as _;
                            ::glassbox::__private::content_type(
                                ::glassbox::__private::OutputProbe::<&'static str>::new().value(),
                            )
                        }),
                    |call| ::glassbox::__private::run_blocking(move || {
                        let variables = call.variables();
                        variables.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::contents(
                            &call,
                            ::glassbox::__private::ReturnProbe::new(Self::help()).split(),
                        )
                    }),
                ),
            ];
            const PROMPTS: &'static [::glassbox::__private::PromptMethod] = &[
                ::glassbox::__private::PromptMethod::new(
                    "answer",
                    ::glassbox::__private::PromptDefinition::new("gmail_answer")
                        .description("Asks for an answer.")
                        .arguments(
                            &[::glassbox::__private::PromptArgument::new("words", || false)],
                        )
                        .injections(&[::glassbox::__private::Injection::of::<Style>("style")]),
                    |call| ::std::boxed::Box::pin(async move {
                        let mut arguments = call.arguments();
                        let argument_0 = arguments
                            .take_or(
                                0,
                                {
                                    #[allow(
                                        unused_imports,
                                        reason = "used unless the type is an `Option`"
                                    )]
                                    use ::glassbox::__private::ViaRequired as _;
                                    ::glassbox::__private::TextProbe::<u32>::new().kind()
                                },
                                || ::core::option::Option::Some(5),
                            );
                        arguments.finish()?;
                        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                        use ::glassbox::__private::SplitValue as _;
                        ::glassbox::__private::messages(
                            &call,
                            ::glassbox::__private::ReturnProbe::new(
                                    Self::answer(
                                        call.receiver::<Self>()?,
                                        call.injected::<Style>()?,
                                        argument_0.value()?,
                                    ),
                                )
                                .split(),
                        )
                    }),
                ),
            ];
        }
    "#]]
    .assert_eq(&expansion);
}

#[test]
fn methods_of_traits_are_called_as_such() {
    let expansion = expand(
        r#"#[mcp_tools(set = notes, crate = sdk::glass)]
impl Notes for Pad {
    #[mcp_resource("note://{id}")]
    async fn note(&self, id: u8) -> String { String::new() }
}"#,
    );
    expect![[r#"
        impl Notes for Pad {
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
            async fn note(&self, id: u8) -> String {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_resource as _;
                String::new()
            }
        }
        const _: () = {
            #[derive(::core::fmt::Debug)]
            enum Set {}
            impl sdk::glass::ToolMethods<Set> for Pad {
                const RESOURCES: &'static [sdk::glass::__private::ResourceMethod] = &[
                    sdk::glass::__private::ResourceMethod::new(
                        "note",
                        sdk::glass::__private::ResourceDefinition::new(
                                "note",
                                "note://{id}",
                                &[
                                    sdk::glass::__private::UriPart::Literal("note://"),
                                    sdk::glass::__private::UriPart::Segment("id"),
                                ],
                            )
                            .content_type(|| {
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is a `Result`"
                                )]
                                use sdk::glass::__private::ViaValue as _;
                                sdk::glass::__private::content_type(
                                    sdk::glass::__private::OutputProbe::<String>::new().value(),
                                )
                            }),
                        |call| ::std::boxed::Box::pin(async move {
                            let mut variables = call.variables();
                            let argument_0 = variables.take::<u8>(0);
                            variables.finish()?;
                            #[allow(
                                unused_imports,
                                reason = "used unless the type is a `Result`"
                            )]
                            use sdk::glass::__private::SplitValue as _;
                            sdk::glass::__private::contents(
                                &call,
                                sdk::glass::__private::ReturnProbe::new(
                                        <Self as Notes>::note(
                                                call.receiver::<Self>()?,
                                                argument_0.value()?,
                                            )
                                            .await,
                                    )
                                    .split(),
                            )
                        }),
                    ),
                ];
            }
            impl Pad {
                ///The set of one `impl` block: a server takes it with `.tools(Pad::notes(value))`.
                pub fn notes(
                    value: impl ::core::convert::Into<::std::sync::Arc<Self>>,
                ) -> sdk::glass::ToolSet {
                    sdk::glass::__private::named_set::<Set, Self>(value)
                }
            }
        };
    "#]]
    .assert_eq(&expansion);
}
