//! What the compiler gets of an `impl` block, formatted.

use expect_test::{Expect, expect};

use super::{expand, fallback};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&expand(source));
}

#[test]
fn leaves_everything_but_the_tools_alone() {
    check(
        r#"#[mcp_tools(prefix = "gmail_")]
/// Mail.
impl Gmail {
    const MAX: u32 = 20;

    #[must_use]
    pub fn new() -> Self { Self }

    /// Lists mails.
    #[mcp_tool(read_only)]
    #[cfg(feature = "list")]
    pub async fn list(&self, clock: &Clock, #[arg(default = Self::MAX)] max: u32) -> Result<Inbox, ToolError> {
        #[phase("fetch")]
        let inbox = self.fetch(max).await?;
        Ok(inbox)
    }

    #[phase]
    fn helper(&self) {}
}"#,
        expect![[r#"
            /// Mail.
            impl Gmail {
                const MAX: u32 = 20;
                #[must_use]
                pub fn new() -> Self {
                    Self
                }
                #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
                /// Lists mails.
                #[cfg(feature = "list")]
                pub async fn list(&self, clock: &Clock, max: u32) -> Result<Inbox, ToolError> {
                    #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                    use mcp_tool as _;
                    let inbox = ::glassbox::__private::Phase::start(
                            "fetch",
                            |_| {
                                #[allow(
                                    unused_imports,
                                    reason = "names an attribute that is gone from here"
                                )]
                                use phase as _;
                            },
                        )
                        .run(
                            async { self.fetch(max).await },
                            |__value| ::glassbox::__private::outcome!(__value),
                        )
                        .await?;
                    Ok(inbox)
                }
                #[phase]
                fn helper(&self) {}
            }
            impl ::glassbox::ToolMethods for Gmail {
                const TOOLS: &'static [::glassbox::__private::ToolMethod] = &[
                    #[cfg(feature = "list")]
                    ::glassbox::__private::ToolMethod::new(
                        "list",
                        ::glassbox::__private::ToolDefinition::new("gmail_list")
                            .description("Lists mails.")
                            .read_only(true)
                            .arguments(
                                &[
                                    ::glassbox::__private::Argument::new::<u32>("max")
                                        .default(|| ::glassbox::__private::default_value::<
                                            u32,
                                        >(Self::MAX)),
                                ],
                            )
                            .injections(&[::glassbox::__private::Injection::of::<Clock>("clock")])
                            .output(|| {
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is a `Result`"
                                )]
                                use ::glassbox::__private::ViaValue as _;
                                ::glassbox::__private::schema_of(
                                    ::glassbox::__private::OutputProbe::<
                                        Result<Inbox, ToolError>,
                                    >::new()
                                        .value(),
                                )
                            }),
                        |call| ::std::boxed::Box::pin(async move {
                            let mut arguments = call.arguments();
                            let argument_0 = arguments.take::<u32>(0);
                            arguments.finish()?;
                            #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                            use ::glassbox::__private::SplitValue as _;
                            ::glassbox::__private::reply_with(
                                ::glassbox::__private::ReturnProbe::new(
                                        Self::list(
                                                call.receiver::<Self>()?,
                                                call.injected::<Clock>()?,
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
        "#]],
    );
}

#[test]
fn calls_methods_of_generic_blocks_and_traits() {
    check(
        r#"#[mcp_tools(crate = sdk::glass)]
impl<B, const N: usize> Notes for Mail<B, N> where B: Backend {
    #[glassbox::mcp_tool(name = "count.all", blocking)]
    fn count(self: &Self) -> usize { N }
}"#,
        expect![[r#"
            impl<B, const N: usize> Notes for Mail<B, N>
            where
                B: Backend,
            {
                #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
                fn count(self: &Self) -> usize {
                    #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                    use glassbox::mcp_tool as _;
                    N
                }
            }
            impl<B, const N: usize> sdk::glass::ToolMethods for Mail<B, N>
            where
                B: Backend,
            {
                const TOOLS: &'static [sdk::glass::__private::ToolMethod] = &[
                    sdk::glass::__private::ToolMethod::new(
                        "count",
                        sdk::glass::__private::ToolDefinition::new("count.all")
                            .output(|| {
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is a `Result`"
                                )]
                                use sdk::glass::__private::ViaValue as _;
                                sdk::glass::__private::schema_of(
                                    sdk::glass::__private::OutputProbe::<usize>::new().value(),
                                )
                            }),
                        |call| sdk::glass::__private::run_blocking(move || {
                            let arguments = call.arguments();
                            arguments.finish()?;
                            #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                            use sdk::glass::__private::SplitValue as _;
                            sdk::glass::__private::reply_with(
                                sdk::glass::__private::ReturnProbe::new(
                                        <Self as Notes>::count(call.receiver::<Self>()?),
                                    )
                                    .split(),
                            )
                        }),
                    ),
                ];
            }
        "#]],
    );
}

#[test]
fn names_the_set_of_a_second_block() {
    check(
        r#"#[mcp_tools(set = admin)]
#[cfg(unix)]
impl Gmail {
    #[mcp_tool]
    fn version() -> u32 { 1 }
}"#,
        expect![[r##"
            #[cfg(unix)]
            impl Gmail {
                #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
                fn version() -> u32 {
                    #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                    use mcp_tool as _;
                    1
                }
            }
            #[cfg(unix)]
            const _: () = {
                #[derive(::core::fmt::Debug)]
                enum Set {}
                #[cfg(unix)]
                impl ::glassbox::ToolMethods<Set> for Gmail {
                    const TOOLS: &'static [::glassbox::__private::ToolMethod] = &[
                        ::glassbox::__private::ToolMethod::new(
                            "version",
                            ::glassbox::__private::ToolDefinition::new("version")
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
                                #[allow(
                                    unused_imports,
                                    reason = "used unless the type is a `Result`"
                                )]
                                use ::glassbox::__private::SplitValue as _;
                                ::glassbox::__private::reply_with(
                                    ::glassbox::__private::ReturnProbe::new(Self::version()).split(),
                                )
                            }),
                        ),
                    ];
                }
                impl Gmail {
                    ///The set of one `impl` block: a server takes it with `.tools(Gmail::admin(value))`.
                    pub fn admin(
                        value: impl ::core::convert::Into<::std::sync::Arc<Self>>,
                    ) -> ::glassbox::ToolSet {
                        ::glassbox::__private::named_set::<Set, Self>(value)
                    }
                }
            };
        "##]],
    );
}

#[test]
fn after_a_mistake_the_block_and_a_set_still_exist() {
    let left = fallback(
        r#"#[mcp_tools(set = admin)]
impl Gmail {
    #[mcp_tool]
    fn list(&mut self, #[arg(default = 5)] max: u32) -> u32 {
        #[phase("a")]
        let max = max;
        max
    }
}"#,
    );
    expect![[r#"
        impl Gmail {
            fn list(&mut self, max: u32) -> u32 {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use mcp_tool as _;
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use phase as _;
                let max = max;
                max
            }
        }
        const _: () = {
            #[derive(::core::fmt::Debug)]
            enum Set {}
            impl ::glassbox::ToolMethods<Set> for Gmail {}
            impl Gmail {
                ///The set of one `impl` block: a server takes it with `.tools(Gmail::admin(value))`.
                pub fn admin(
                    value: impl ::core::convert::Into<::std::sync::Arc<Self>>,
                ) -> ::glassbox::ToolSet {
                    ::glassbox::__private::named_set::<Set, Self>(value)
                }
            }
        };
    "#]].assert_eq(&left);
}
