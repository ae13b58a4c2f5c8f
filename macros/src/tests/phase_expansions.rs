//! What the compiler gets, formatted.

use expect_test::{Expect, expect};

use super::{expand, fallback};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&expand(source));
}

#[test]
fn expands_an_async_function() {
    check(
        r#"#[phase("fetch", id = id, user.name.len = name.len(), folder = "inbox")] pub async fn fetch(id: u32, name: &str) -> Result<u32, E> { get(id).await }"#,
        expect![[r#"
            pub async fn fetch(id: u32, name: &str) -> Result<u32, E> {
                ::glassbox::__private::Phase::start(
                        "fetch",
                        |__fields| {
                            __fields.reserve(3);
                            __fields.set("id", &id);
                            __fields.set("user.name.len", &name.len());
                            __fields.set_literal("folder", "inbox");
                        },
                    )
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<Result<u32, E>>();
                            }
                            get(id).await
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn expands_a_sync_method() {
    check(
        r#"#[phase] #[must_use] fn total(&self) -> Option<&u32> { self.totals.last() }"#,
        expect![[r##"
            #[must_use]
            fn total(&self) -> Option<&u32> {
                ::glassbox::__private::Phase::start("total", |_| {})
                    .run_sync(
                        move || -> Option<&u32> { self.totals.last() },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
            }
        "##]],
    );
}

#[test]
fn expands_functions_without_a_type_to_pin() {
    check(
        r#"#[phase] fn numbers() -> impl Iterator<Item = u32> { 0..3 }"#,
        expect![[r#"
            fn numbers() -> impl Iterator<Item = u32> {
                ::glassbox::__private::Phase::start("numbers", |_| {})
                    .run_sync(move || { 0..3 }, |_| ::glassbox::__private::Outcome::value())
            }
        "#]],
    );
}

#[test]
fn expands_functions_that_return_nothing() {
    check(
        r#"#[phase] async fn log() { write().await; }"#,
        expect![[r#"
            async fn log() {
                ::glassbox::__private::Phase::start("log", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<()>();
                            }
                            write().await;
                        },
                        |_| ::glassbox::__private::Outcome::value(),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn pins_around_nested_impl_trait() {
    check(
        r#"#[phase] async fn rows() -> Result<impl Stream, E> { open().await }"#,
        expect![[r#"
            async fn rows() -> Result<impl Stream, E> {
                ::glassbox::__private::Phase::start("rows", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<Result<_, E>>();
                            }
                            open().await
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn expands_what_async_trait_makes() {
    check(
        r#"#[phase] fn get<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + 'a>> { Box::pin(async move { #[phase("x")] let a = { g().await? + 1 }; Ok(a) }) }"#,
        expect![[r#"
            fn get<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + 'a>> {
                Box::pin(async move {
                    ::glassbox::__private::Phase::start("get", |_| {})
                        .run(
                            async move {
                                if false {
                                    return ::glassbox::__private::unreached::<Result<u32, E>>();
                                }
                                let a = ::glassbox::__private::Phase::start(
                                        "x",
                                        |_| {
                                            #[allow(
                                                unused_imports,
                                                reason = "names an attribute that is gone from here"
                                            )]
                                            use phase as _;
                                        },
                                    )
                                    .run(
                                        async {
                                            if false {
                                                return ::glassbox::__private::unreached::<
                                                    <Result<u32, E> as ::glassbox::__private::Fallible>::Of<_>,
                                                >();
                                            }
                                            <Result<
                                                u32,
                                                E,
                                            > as ::glassbox::__private::Fallible>::from_value({
                                                g().await? + 1
                                            })
                                        },
                                        |__value| ::glassbox::__private::outcome!(__value),
                                    )
                                    .await?;
                                Ok(a)
                            },
                            |__value| ::glassbox::__private::outcome!(__value),
                        )
                        .await
                })
            }
        "#]],
    );
}

#[test]
fn peels_a_question_mark_at_the_end() {
    check(
        r#"#[phase] async fn f() -> Result<(), E> { #[phase("a")] let a = g().await?; #[phase("b")] h(a)?; Ok(()) }"#,
        expect![[r#"
            async fn f() -> Result<(), E> {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<Result<(), E>>();
                            }
                            let a = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run(
                                    async { g().await },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )
                                .await?;
                            ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || -> <Result<(), E> as ::glassbox::__private::Fallible>::Of<_> {
                                        <Result<
                                            (),
                                            E,
                                        > as ::glassbox::__private::Fallible>::from_value({ h(a)? })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )?;
                            Ok(())
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn takes_the_error_type_for_inner_question_marks() {
    check(
        r#"#[phase] async fn f() -> Result<(), E> { #[phase("a")] let a = { let b = g().await?; h(b) }; #[phase("b")] let b: Vec<u32> = vec![h(a)?]; Ok(()) }"#,
        expect![[r#"
            async fn f() -> Result<(), E> {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<Result<(), E>>();
                            }
                            let a = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run(
                                    async {
                                        if false {
                                            return ::glassbox::__private::unreached::<
                                                <Result<(), E> as ::glassbox::__private::Fallible>::Of<_>,
                                            >();
                                        }
                                        <Result<
                                            (),
                                            E,
                                        > as ::glassbox::__private::Fallible>::from_value({
                                            let b = g().await?;
                                            h(b)
                                        })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )
                                .await?;
                            let b: Vec<u32> = ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || -> <Result<
                                        (),
                                        E,
                                    > as ::glassbox::__private::Fallible>::Of<Vec<u32>> {
                                        <Result<
                                            (),
                                            E,
                                        > as ::glassbox::__private::Fallible>::from_value::<
                                            Vec<u32>,
                                        >({ vec![h(a) ?] })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )?;
                            Ok(())
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn takes_the_error_type_where_a_call_does_not_tell_its_own() {
    check(
        r#"#[phase] fn f() -> Result<(), E> { #[phase("a")] let a: u32 = text.parse()?; #[phase("b")] let b = text.parse::<u32>()?; Ok(()) }"#,
        expect![[r#"
            fn f() -> Result<(), E> {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || -> Result<(), E> {
                            let a: u32 = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || -> <Result<
                                        (),
                                        E,
                                    > as ::glassbox::__private::Fallible>::Of<u32> {
                                        <Result<
                                            (),
                                            E,
                                        > as ::glassbox::__private::Fallible>::from_value::<
                                            u32,
                                        >({ text.parse()? })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )?;
                            let b = ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || -> <Result<(), E> as ::glassbox::__private::Fallible>::Of<_> {
                                        <Result<
                                            (),
                                            E,
                                        > as ::glassbox::__private::Fallible>::from_value({
                                            text.parse::<u32>()?
                                        })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )?;
                            Ok(())
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
            }
        "#]],
    );
}

#[test]
fn wraps_what_cannot_fail() {
    check(
        r#"#[phase] async fn f() -> u32 { #[phase("a")] let a: Box<dyn A> = g(); #[phase("b")] { h().await; } #[phase("c")] if a.b() { c() } #[phase("d")] println!("{a}"); #[phase("e")] unknown!(a); 1 }"#,
        expect![[r#"
            async fn f() -> u32 {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<u32>();
                            }
                            let a: Box<dyn A> = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || -> Box<dyn A> { g() },
                                    |_| ::glassbox::__private::Outcome::value(),
                                );
                            ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run(
                                    async {
                                        h().await;
                                    },
                                    |_| ::glassbox::__private::Outcome::value(),
                                )
                                .await;
                            ::glassbox::__private::Phase::start(
                                    "c",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || {
                                        if a.b() {
                                            c()
                                        }
                                    },
                                    |_| ::glassbox::__private::Outcome::value(),
                                );
                            ::glassbox::__private::Phase::start(
                                    "d",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || { println!("{a}") },
                                    |_| ::glassbox::__private::Outcome::value(),
                                );
                            ::glassbox::__private::Phase::start(
                                    "e",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run(
                                    async { unknown!(a) },
                                    |_| ::glassbox::__private::Outcome::value(),
                                )
                                .await;
                            1
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn wraps_the_initialiser_of_let_else_and_of_assignments() {
    check(
        r#"#[phase] fn f() -> Option<u32> { #[phase("a")] let Some(a) = g() else { return None; }; let b; #[phase("b")] b = h()?; Some(a + b) }"#,
        expect![[r#"
            fn f() -> Option<u32> {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || -> Option<u32> {
                            let Some(a) = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(|| { g() }, |_| ::glassbox::__private::Outcome::value())
                            else {
                                return None;
                            };
                            let b;
                            b = ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || -> <Option<u32> as ::glassbox::__private::Fallible>::Of<_> {
                                        <Option<
                                            u32,
                                        > as ::glassbox::__private::Fallible>::from_value({ h()? })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )?;
                            Some(a + b)
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
            }
        "#]],
    );
}

#[test]
fn sees_what_the_last_expression_returns() {
    check(
        r#"#[phase] async fn f() -> Result<u32, E> { #[phase("a")] { let a = g().await?; h(a).await } }"#,
        expect![[r#"
            async fn f() -> Result<u32, E> {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<Result<u32, E>>();
                            }
                            ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run(
                                    async {
                                        if false {
                                            return ::glassbox::__private::unreached::<Result<u32, E>>();
                                        }
                                        let a = g().await?;
                                        h(a).await
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )
                                .await
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn nests_phases() {
    check(
        r#"#[phase] async fn f() -> Result<(), E> { #[phase("a")] let a = { #[phase("b")] let b = g().await?; b }; Ok(()) }"#,
        expect![[r#"
            async fn f() -> Result<(), E> {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run(
                        async move {
                            if false {
                                return ::glassbox::__private::unreached::<Result<(), E>>();
                            }
                            let a = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run(
                                    async {
                                        if false {
                                            return ::glassbox::__private::unreached::<
                                                <Result<(), E> as ::glassbox::__private::Fallible>::Of<_>,
                                            >();
                                        }
                                        <Result<
                                            (),
                                            E,
                                        > as ::glassbox::__private::Fallible>::from_value({
                                            let b = ::glassbox::__private::Phase::start(
                                                    "b",
                                                    |_| {
                                                        #[allow(
                                                            unused_imports,
                                                            reason = "names an attribute that is gone from here"
                                                        )]
                                                        use phase as _;
                                                    },
                                                )
                                                .run(
                                                    async { g().await },
                                                    |__value| ::glassbox::__private::outcome!(__value),
                                                )
                                                .await?;
                                            b
                                        })
                                    },
                                    |__value| ::glassbox::__private::outcome!(__value),
                                )
                                .await?;
                            Ok(())
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
                    .await
            }
        "#]],
    );
}

#[test]
fn follows_closures_and_async_blocks() {
    check(
        r#"#[phase] fn f() -> u32 { let c = |a: u32| -> Result<u32, E> { #[phase("a")] let b = { g(a)? + 1 }; Ok(b) }; let d = async move { #[phase("b")] h().await }; let e = |x| #[phase("c")] c(x); 1 }"#,
        expect![[r#"
            fn f() -> u32 {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || -> u32 {
                            let c = |a: u32| -> Result<u32, E> {
                                let b = ::glassbox::__private::Phase::start(
                                        "a",
                                        |_| {
                                            #[allow(
                                                unused_imports,
                                                reason = "names an attribute that is gone from here"
                                            )]
                                            use phase as _;
                                        },
                                    )
                                    .run_sync(
                                        || -> <Result<
                                            u32,
                                            E,
                                        > as ::glassbox::__private::Fallible>::Of<_> {
                                            <Result<
                                                u32,
                                                E,
                                            > as ::glassbox::__private::Fallible>::from_value({
                                                g(a)? + 1
                                            })
                                        },
                                        |__value| ::glassbox::__private::outcome!(__value),
                                    )?;
                                Ok(b)
                            };
                            let d = async move {
                                ::glassbox::__private::Phase::start(
                                        "b",
                                        |_| {
                                            #[allow(
                                                unused_imports,
                                                reason = "names an attribute that is gone from here"
                                            )]
                                            use phase as _;
                                        },
                                    )
                                    .run(
                                        async { h().await },
                                        |_| ::glassbox::__private::Outcome::value(),
                                    )
                                    .await
                            };
                            let e = |x| {
                                ::glassbox::__private::Phase::start(
                                        "c",
                                        |_| {
                                            #[allow(
                                                unused_imports,
                                                reason = "names an attribute that is gone from here"
                                            )]
                                            use phase as _;
                                        },
                                    )
                                    .run_sync(
                                        || { c(x) },
                                        |_| ::glassbox::__private::Outcome::value(),
                                    )
                            };
                            1
                        },
                        |__value| ::glassbox::__private::outcome!(__value),
                    )
            }
        "#]],
    );
}

#[test]
fn leaves_loops_labels_and_nested_worlds_alone() {
    check(
        r#"#[phase] fn f() { #[phase("a")] for x in y { if x { continue; } break; } #[phase("b")] let b = 'b: { break 'b 1; }; #[phase("c")] let c = || { return g()?; }; fn inner() { #[phase("d")] g(); } }"#,
        expect![[r#"
            fn f() {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || {
                            ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || {
                                        for x in y {
                                            if x {
                                                continue;
                                            }
                                            break;
                                        }
                                    },
                                    |_| ::glassbox::__private::Outcome::value(),
                                );
                            let b = ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(
                                    || {
                                        'b: {
                                            break 'b 1;
                                        }
                                    },
                                    |_| ::glassbox::__private::Outcome::value(),
                                );
                            let c = || {
                                ::glassbox::__private::Phase::start(
                                        "c",
                                        |_| {
                                            #[allow(
                                                unused_imports,
                                                reason = "names an attribute that is gone from here"
                                            )]
                                            use phase as _;
                                        },
                                    )
                                    .run_sync(
                                        || {
                                            return g()?;
                                        },
                                        |__value| ::glassbox::__private::outcome!(__value),
                                    )
                            };
                            fn inner() {
                                #[phase("d")] g();
                            }
                        },
                        |_| ::glassbox::__private::Outcome::value(),
                    )
            }
        "#]],
    );
}

#[test]
fn keeps_other_attributes_on_the_statement() {
    check(
        r#"#[phase] fn f() { #[cfg(unix)] #[phase("a")] let a = g(); #[allow(unused)] #[phase("b")] h(); }"#,
        expect![[r#"
            fn f() {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || {
                            #[cfg(unix)]
                            let a = ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(|| { g() }, |_| ::glassbox::__private::Outcome::value());
                            #[allow(unused)]
                            ::glassbox::__private::Phase::start(
                                    "b",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(|| { h() }, |_| ::glassbox::__private::Outcome::value());
                        },
                        |_| ::glassbox::__private::Outcome::value(),
                    )
            }
        "#]],
    );
}

#[test]
fn finds_the_crate_of_the_function_inside() {
    check(
        r#"#[phase(crate = facade)] fn f() { #[phase("a")] g(); }"#,
        expect![[r#"
            fn f() {
                facade::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || {
                            facade::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use phase as _;
                                    },
                                )
                                .run_sync(|| { g() }, |_| facade::__private::Outcome::value());
                        },
                        |_| facade::__private::Outcome::value(),
                    )
            }
        "#]],
    );
}

#[test]
fn accepts_phase_under_any_path() {
    check(
        r#"#[phase] fn f() { #[glassbox::phase("a")] g(); }"#,
        expect![[r#"
            fn f() {
                ::glassbox::__private::Phase::start("f", |_| {})
                    .run_sync(
                        move || {
                            ::glassbox::__private::Phase::start(
                                    "a",
                                    |_| {
                                        #[allow(
                                            unused_imports,
                                            reason = "names an attribute that is gone from here"
                                        )]
                                        use glassbox::phase as _;
                                    },
                                )
                                .run_sync(|| { g() }, |_| ::glassbox::__private::Outcome::value());
                        },
                        |_| ::glassbox::__private::Outcome::value(),
                    )
            }
        "#]],
    );
}

#[test]
fn keeps_the_function_after_a_mistake() {
    let source = r#"#[phase] fn f() -> u32 { #[phase] let a = g(); if a { #[phase("x")] { return 1; } } #[phase("b")] a }"#;
    expect![[r#"
        fn f() -> u32 {
            #[allow(unused_imports, reason = "names an attribute that is gone from here")]
            use phase as _;
            #[allow(unused_imports, reason = "names an attribute that is gone from here")]
            use phase as _;
            let a = g();
            if a {
                #[allow(unused_imports, reason = "names an attribute that is gone from here")]
                use phase as _;
                {
                    return 1;
                }
            }
            a
        }
    "#]]
    .assert_eq(&fallback(source));
}
