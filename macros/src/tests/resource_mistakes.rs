//! Every message at least once, with the place it points at.

use expect_test::{Expect, expect};

use super::{expand, fallback, mistakes};

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

/// The mistakes of a template whose parameters are right.
#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check_uri(uri: &str, parameters: &str, expected: Expect) {
    let source = format!("#[mcp_resource({uri:?})] fn f({parameters}) -> String {{}}");
    expected.assert_eq(&mistakes(&source));
}

#[test]
fn reports_a_uri_that_is_not_there() {
    check(
        r#"#[mcp_resource] fn f() -> u8 { 1 }"#,
        expect![[r#"
        a resource has a URI, or a template of URIs: write it first, as in `#[mcp_resource("notes://{id}")]`
          at ``
    "#]],
    );
    check(
        r#"#[mcp_resource(name = "f")] fn f() -> u8 { 1 }"#,
        expect![[r#"
            a resource has a URI, or a template of URIs: write it first, as in `#[mcp_resource("notes://{id}")]`
              at `name`
        "#]],
    );
    check(
        r#"#[mcp_resource(7)] fn f() -> u8 { 1 }"#,
        expect![[r#"
        the URI is a string: write it first, as in `#[mcp_resource("notes://{id}")]`
          at `7`
    "#]],
    );
    check(
        r#"#[mcp_resource("a:b" name = "c")] fn f() -> u8 { 1 }"#,
        expect![[r#"
            expected `,`
              at `name`
        "#]],
    );
    check(
        r#"#[mcp_resource("a:b", "c:d")] fn f() -> u8 { 1 }"#,
        expect![[r#"
            a value needs its key: write `name = "c:d"`
              at `"c:d"`
        "#]],
    );
}

#[test]
fn reports_what_is_no_uri() {
    check_uri(
        "notes",
        "",
        expect![[r#"
            a URI begins with a scheme: write one, as in `notes://{id}`
              at `"notes"`
        "#]],
    );
    check_uri(
        "{scheme}://x",
        "scheme: String",
        expect![[r#"
            a URI begins with a scheme: write one, as in `notes://{id}`
              at `"{scheme}://x"`
        "#]],
    );
    check_uri(
        "7a:x",
        "",
        expect![[r#"
            a URI begins with a scheme: write one, as in `notes://{id}`
              at `"7a:x"`
        "#]],
    );
    check_uri(
        "notes://two words",
        "",
        expect![[r#"
        a URI cannot contain ' '; write it percent-encoded
          at `"notes://two words"`
    "#]],
    );
    check_uri(
        "notes://ä",
        "",
        expect![[r#"
        a URI cannot contain 'ä'; write it percent-encoded
          at `"notes://ä"`
    "#]],
    );
}

#[test]
fn reports_what_is_no_template() {
    check_uri(
        "n:{id",
        "id: String",
        expect![[r#"
        a `{` is not closed; write `{name}`
          at `"n:{id"`
    "#]],
    );
    check_uri(
        "n:id}",
        "id: String",
        expect![[r#"
        a `}` has no `{` before it; write `{name}`
          at `"n:id}"`
    "#]],
    );
    check_uri(
        "n:{}",
        "",
        expect![[r#"
        `{}` names no variable; accepted are `{name}`, for one segment of the path, and `{+name}`, for all the rest
          at `"n:{}"`
    "#]],
    );
    check_uri(
        "n:{?q}{a,b}",
        "",
        expect![[r#"
        `{?q}` cannot be read back from a URI, or is no name of a parameter; accepted are `{name}`, for one segment of the path, and `{+name}`, for all the rest
          at `"n:{?q}{a,b}"`
        `{a,b}` cannot be read back from a URI, or is no name of a parameter; accepted are `{name}`, for one segment of the path, and `{+name}`, for all the rest
          at `"n:{?q}{a,b}"`
    "#]],
    );
    check_uri(
        "n:{id:3}",
        "id: String",
        expect![[r#"
        `{id:3}` cannot be read back from a URI, or is no name of a parameter; accepted are `{name}`, for one segment of the path, and `{+name}`, for all the rest
          at `"n:{id:3}"`
    "#]],
    );
    check_uri(
        "n:{id}/{id}",
        "id: String",
        expect![[r#"
        `{id}` stands in the template twice; a variable has one value, so keep one of them
          at `"n:{id}/{id}"`
    "#]],
    );
    check_uri(
        "n:{a}{b}",
        "a: String, b: String",
        expect![[r#"
        nothing tells where `{a}` ends: put a `/` or another text behind it
          at `"n:{a}{b}"`
    "#]],
    );
    check_uri(
        "n:{+a}/b",
        "a: String",
        expect![[r#"
        `{+a}` takes all the rest: put it at the end, or write `{a}`
          at `"n:{+a}/b"`
    "#]],
    );
}

#[test]
fn reports_variables_and_parameters_that_do_not_meet() {
    check_uri(
        "n:{id}/{part}",
        "ident: String",
        expect![[r#"
        `ident` is no variable of the URI: write `{ident}` where it stands in the URI, or borrow it, `ident: &T`, to have it injected by the server
          at `ident`
        no parameter takes `{id}`: add `id: String`, or remove it from the URI
          at `"n:{id}/{part}"`
        no parameter takes `{part}`: add `part: String`, or remove it from the URI
          at `"n:{id}/{part}"`
    "#]],
    );
    check_uri(
        "n:all",
        "id: String",
        expect![[r#"
        `id` is no variable of the URI: write `{id}` where it stands in the URI, or borrow it, `id: &T`, to have it injected by the server
          at `id`
    "#]],
    );
}

#[test]
fn reports_parameters_as_those_of_tools() {
    check_uri(
        "n:{id}",
        "id: &str",
        expect![[r#"
        variables are owned: write `id: String`; `&T` parameters are injected by the server
          at `&str`
    "#]],
    );
    check_uri(
        "n:{id}",
        "id: impl Display",
        expect![[r#"
        a variable is read as its type: write a concrete type, `id: Type`, instead of `impl`
          at `impl Display`
    "#]],
    );
    check_uri(
        "n:{id}",
        "(id): String",
        expect![[r#"
        a parameter of a resource needs a name, which is the variable's name: write `name: Type`, and take it apart in the body
          at `(id)`
        no parameter takes `{id}`: add `id: String`, or remove it from the URI
          at `"n:{id}"`
    "#]],
    );
    check_uri(
        "n:{id}",
        "#[arg(default)] id: String",
        expect![[r#"
        a variable is described by the template alone; remove `#[arg]`
          at `#[arg(default)]`
    "#]],
    );
    check_uri(
        "n:{id}",
        "#[cfg(unix)] id: String",
        expect![[r#"
        the variables of a resource are the same in every build; put `#[cfg]` on the function instead
          at `#[cfg(unix)]`
    "#]],
    );
    check_uri(
        "n:all",
        "&self",
        expect![[r#"
            a resource with `self` is a method of what the server injects: put `#[mcp_tools]` on its `impl` block
              at `self`
        "#]],
    );
}

#[test]
fn reports_arguments_that_do_not_fit() {
    check(
        r#"#[mcp_resource("n:{id}", size = 3, mime_type = "text", name = "", priority = 1.5, audience(robot), wholly_unknown)]
        fn f(id: String) -> String {}"#,
        expect![[r#"
            the audience are roles: write `audience(user)`, `audience(assistant)`, or both
              at `robot`
            unknown argument `wholly_unknown`; accepted are `name`, `title`, `description`, `mime_type`, `size`, `audience`, `priority`, `blocking`, `scopes`, `crate`
              at `wholly_unknown`
        "#]],
    );
    check(
        r#"#[mcp_resource("n:a", size = "big", audience = user, priority, mime_type = 3)] fn f() -> String {}"#,
        expect![[r#"
            the audience are roles: write `audience(user)`, `audience(assistant)`, or both
              at `audience = user`
            `mime_type` is a string: write `mime_type = "..."`
              at `3`
        "#]],
    );
}

#[test]
fn reports_values_that_cannot_be() {
    check(
        r#"#[mcp_resource("n:{id}", size = 3, mime_type = "text", name = "", priority = 1.5)]
        fn f(id: String) -> String {}"#,
        expect![[r#"
            the name of a resource is empty; leave `name` out, or write a name
              at `""`
            "text" is no MIME type; write a type and a subtype, as in "text/markdown"
              at `"text"`
            a template stands for many resources, each of its own size; remove `size`
              at `size`
            the priority is from 0, which is optional, to 1, which is required: write `priority = 0.5`
              at `1.5`
        "#]],
    );
    check(
        r#"#[mcp_resource("n:a", size = "big", priority, mime_type = "a b/c")] fn f() -> String {}"#,
        expect![[r#"
            "a b/c" is no MIME type; write a type and a subtype, as in "text/markdown"
              at `"a b/c"`
            the size is a number of bytes: write `size = 1024`
              at `"big"`
            the priority is from 0, which is optional, to 1, which is required: write `priority = 0.5`
              at `priority`
        "#]],
    );
}

#[test]
fn reports_functions_that_cannot_be_read() {
    check(
        r#"#[mcp_resource("n:a")] fn f() {}"#,
        expect![[r#"
        a resource returns its contents: write `-> String`, `-> Vec<u8>`, or a type with `Serialize`
          at `f`
    "#]],
    );
    check(
        r#"#[mcp_resource("n:a")] const unsafe extern "C" fn f<T>() -> impl Display {}"#,
        expect![[r#"
            a resource cannot be a `const fn`; remove `const`
              at `const`
            a resource is called by whoever reaches the server, so it cannot be `unsafe`; remove it, and check in the body what it relies on
              at `unsafe`
            a resource is called by Rust only; remove `extern`
              at `extern "C"`
            a resource is called by its name, without type arguments: write a concrete type instead of `T`; or make it a method of a generic `#[mcp_tools] impl`
              at `T`
            what a resource returns becomes its contents: write a concrete type instead of `impl`
              at `impl Display`
        "#]],
    );
    check(
        r#"#[mcp_resource("n:a", blocking)] async fn f() -> &str {}"#,
        expect![[r#"
            what a resource returns outlives the call, so it is owned: write `String`
              at `&str`
            `blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or `blocking`
              at `blocking`
        "#]],
    );
    check(
        r#"#[mcp_resource("n:a")] #[phase] #[mcp_tool] #[mcp_resource("n:b")] fn f() -> String {}"#,
        expect![[r#"
            a resource has a span of its own already; remove `#[phase]`, and put phases on what happens inside
              at `#[phase]`
            a function is a resource or a tool: remove one attribute, or write a second function that calls this one
              at `#[mcp_tool]`
            a function is one resource; remove the second `#[mcp_resource]`
              at `#[mcp_resource("n:b")]`
        "#]],
    );
    check(
        r#"#[mcp_resource("n:a")] struct S;"#,
        expect![[r#"
        a resource is a function: put `#[mcp_resource("...")]` on a `fn`
          at `struct`
    "#]],
    );
}

#[test]
fn a_tool_and_a_phase_are_no_resource_as_well() {
    check(
        r#"#[mcp_tool] #[mcp_resource("n:a")] fn f() -> String {}"#,
        expect![[r#"
            a function is a tool or a resource: remove one attribute, or write a second function that calls this one
              at `#[mcp_resource("n:a")]`
        "#]],
    );
    check(
        r#"#[phase] #[mcp_resource("n:a")] fn f() -> String {}"#,
        expect![[r#"
            a resource has a span of its own already; remove `#[phase]`, and put phases on what happens inside
              at `#[mcp_resource("n:a")]`
        "#]],
    );
}

#[test]
fn leaves_the_function_and_a_resource_of_its_name() {
    expect![[r#"
        pub fn f(id: String) -> String {
            #[allow(unused_imports, reason = "names an attribute that is gone from here")]
            use phase as _;
            let a = 1;
            id
        }
        ///The resource `f`: a server offers it with `.resource::<f>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        pub enum f {}
        impl ::glassbox::Resource for f {
            const DEFINITION: ::glassbox::__private::ResourceDefinition = ::glassbox::__private::ResourceDefinition::new(
                "f",
                "f",
                &[],
            );
            fn read(
                call: ::glassbox::__private::ResourceCall,
            ) -> ::glassbox::__private::ResourceFuture {
                let _ = call;
                ::glassbox::__private::unreached()
            }
        }
    "#]].assert_eq(&fallback(
        r#"#[mcp_resource("oops {")] pub fn f(/** what */ id: String) -> String { #[phase("a")] let a = 1; id }"#,
    ));
}

#[test]
fn expands_all_that_can_be_said() {
    expect![[r##"
        #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
        pub(crate) fn f(notes: &Notes, context: &ToolContext) -> Vec<u8> {
            notes.bytes()
        }
        ///The resource `f`: a server offers it with `.resource::<f>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        pub(crate) enum f {}
        impl my::glassbox::Resource for f {
            const DEFINITION: my::glassbox::__private::ResourceDefinition = my::glassbox::__private::ResourceDefinition::new(
                    "all",
                    "n:all",
                    &[my::glassbox::__private::UriPart::Literal("n:all")],
                )
                .title("All")
                .description("d")
                .mime_type("text/markdown; charset=utf-8")
                .content_type(|| {
                    #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                    use my::glassbox::__private::ViaValue as _;
                    my::glassbox::__private::content_type(
                        my::glassbox::__private::OutputProbe::<Vec<u8>>::new().value(),
                    )
                })
                .size(3)
                .audience(
                    &[
                        my::glassbox::__private::Role::User,
                        my::glassbox::__private::Role::Assistant,
                    ],
                )
                .priority(1.0)
                .injections(
                    &[
                        my::glassbox::__private::Injection::of::<Notes>("notes"),
                        my::glassbox::__private::Injection::of::<ToolContext>("context"),
                    ],
                );
            fn read(
                call: my::glassbox::__private::ResourceCall,
            ) -> my::glassbox::__private::ResourceFuture {
                my::glassbox::__private::run_blocking(move || {
                    let variables = call.variables();
                    variables.finish()?;
                    #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                    use my::glassbox::__private::SplitValue as _;
                    my::glassbox::__private::contents(
                        &call,
                        my::glassbox::__private::ReturnProbe::new(
                                f(call.injected::<Notes>()?, call.injected::<ToolContext>()?),
                            )
                            .split(),
                    )
                })
            }
        }
    "##]].assert_eq(&expand(
        r#"#[mcp_resource("n:all", name = "all", title = "All", description = "d", mime_type = "text/markdown; charset=utf-8", size = 3, audience(user, assistant), priority = 1, blocking, crate = my::glassbox)]
        pub(crate) fn f(notes: &Notes, context: &ToolContext) -> Vec<u8> { notes.bytes() }"#,
    ));
    expect![[r##"
        #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
        async fn f(path: String, kind: Kind) -> Result<String, ResourceError> {
            let text = ::glassbox::__private::Phase::start(
                    "n.read",
                    |_| {
                        #[allow(
                            unused_imports,
                            reason = "names an attribute that is gone from here"
                        )]
                        use phase as _;
                    },
                )
                .run(
                    async { read(kind, path).await },
                    |__value| ::glassbox::__private::outcome!(__value),
                )
                .await?;
            Ok(text)
        }
        ///The resource `f`: a server offers it with `.resource::<f>()`.
        #[allow(
            non_camel_case_types,
            clippy::exhaustive_enums,
            reason = "the type is named after its function"
        )]
        #[derive(::core::fmt::Debug)]
        enum f {}
        impl ::glassbox::Resource for f {
            const DEFINITION: ::glassbox::__private::ResourceDefinition = ::glassbox::__private::ResourceDefinition::new(
                    "f",
                    "n:{kind}/{+path}",
                    &[
                        ::glassbox::__private::UriPart::Literal("n:"),
                        ::glassbox::__private::UriPart::Segment("kind"),
                        ::glassbox::__private::UriPart::Literal("/"),
                        ::glassbox::__private::UriPart::Rest("path"),
                    ],
                )
                .content_type(|| {
                    #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                    use ::glassbox::__private::ViaValue as _;
                    ::glassbox::__private::content_type(
                        ::glassbox::__private::OutputProbe::<
                            Result<String, ResourceError>,
                        >::new()
                            .value(),
                    )
                });
            fn read(
                call: ::glassbox::__private::ResourceCall,
            ) -> ::glassbox::__private::ResourceFuture {
                ::std::boxed::Box::pin(async move {
                    let mut variables = call.variables();
                    let argument_0 = variables.take::<String>(1);
                    let argument_1 = variables.take::<Kind>(0);
                    variables.finish()?;
                    #[allow(unused_imports, reason = "used unless the type is a `Result`")]
                    use ::glassbox::__private::SplitValue as _;
                    ::glassbox::__private::contents(
                        &call,
                        ::glassbox::__private::ReturnProbe::new(
                                f(argument_0.value()?, argument_1.value()?).await,
                            )
                            .split(),
                    )
                })
            }
        }
    "##]].assert_eq(&expand(
        r#"#[mcp_resource("n:{kind}/{+path}")]
        async fn f(path: String, /** Which */ kind: Kind) -> Result<String, ResourceError> {
            #[phase("n.read")]
            let text = read(kind, path).await?;
            Ok(text)
        }"#,
    ));
}

#[test]
fn reports_scopes_that_are_none() {
    check(
        r#"#[mcp_resource("a:b", scopes("a b", "a", "a", 7))] fn f() -> u8 { 1 }"#,
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
        r#"#[mcp_resource("a:b", scopes = "a")] fn f() -> u8 { 1 }"#,
        expect![[r#"
            `scopes` is a list of strings: write `scopes("files.read", "files.write")`
              at `scopes = "a"`
        "#]],
    );
}
