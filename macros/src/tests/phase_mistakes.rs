//! Every message at least once, with the place it points at.

use expect_test::{Expect, expect};

use super::mistakes;

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

#[test]
fn refuses_const_functions() {
    check(
        r#"#[phase] const fn f() {}"#,
        expect![[r#"
        a phase cannot be a `const fn`; remove `const` or `#[phase]`
          at `const`
    "#]],
    );
}

#[test]
fn refuses_functions_without_a_body() {
    check(
        r#"#[phase] async fn f(&self);"#,
        expect![[r#"
        `f` has no body that could be a phase; put `#[phase]` on the functions that implement it
          at `f`
    "#]],
    );
}

#[test]
fn refuses_other_items() {
    check(
        r#"#[phase("x")] pub(crate) struct S;"#,
        expect![[r#"
            a phase stands on a function or a method with a body, or inside it on a `let`, an expression, a block or a `match` arm
              at `struct`
        "#]],
    );
}

#[test]
fn wants_the_function_to_be_marked() {
    check(
        r#"#[phase("x")] let a = 1;"#,
        expect![[r#"
        a phase inside a function is read by the attribute of the function: put `#[phase]` or `#[mcp_tool]` on the function as well
          at ``
    "#]],
    );
}

#[test]
fn refuses_a_second_phase_on_a_function() {
    check(
        r#"#[phase("a")] #[phase("b")] fn f() {}"#,
        expect![[r#"
        a function is one phase; for a phase within a phase, put `#[phase]` on a block inside
          at `#[phase("b")]`
    "#]],
    );
}

#[test]
fn refuses_a_phase_on_a_tool() {
    check(
        r#"#[phase] #[glassbox::mcp_tool(read_only)] fn f() {}"#,
        expect![[r#"
            a tool has a span of its own already; remove `#[phase]`, and put phases on what happens inside
              at `#[glassbox::mcp_tool(read_only)]`
        "#]],
    );
}

#[test]
fn refuses_an_empty_name() {
    check(
        r#"#[phase("")] fn f() {}"#,
        expect![[r#"
        the name of a phase is empty; write what it does, as in `"auth.validate"`
          at `""`
    "#]],
    );
}

#[test]
fn refuses_control_characters_in_names() {
    check(
        r#"#[phase("a\nb")] fn f() {}"#,
        expect![[r#"
        the name of a phase is one line of text; remove the control characters
          at `"a\nb"`
    "#]],
    );
}

#[test]
fn refuses_long_names() {
    check(
        r#"#[phase("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")] fn f() {}"#,
        expect![[r#"
            the name of a phase is at most 128 bytes, and this one has 129; what differs from call to call belongs in an attribute
              at `"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`
        "#]],
    );
}

#[test]
fn wants_the_name_first() {
    check(
        r#"#[phase(a.b = 1, "name")] fn f() {}"#,
        expect![[r#"
        a phase has one name, and it comes first: `#[phase("name", key = value)]`
          at `"name"`
    "#]],
    );
}

#[test]
fn wants_the_name_without_a_key() {
    check(
        r#"#[phase(name = "auth")] fn f() {}"#,
        expect![[r#"
            the name of a phase comes first and without a key: `#[phase("auth.validate")]`; `name = ...` chooses among several; an attribute needs a namespace, as in `user.name = ...`
              at `name`
        "#]],
    );
}

#[test]
fn keeps_words_for_options() {
    check(
        r#"#[phase("x", kind = "client", ok = 1)] fn f() {}"#,
        expect![[r#"
            a kind of span is a word without quotes: write `client`
              at `"client"`
            `ok` takes attributes from the value: write `ok(app.rows = |value| value.len())`
              at `ok`
        "#]],
    );
}

#[test]
fn refuses_an_attribute_given_twice() {
    check(
        r#"#[phase("x", a.b = 1, c = 2, a.b = 3)] fn f() {}"#,
        expect![[r#"
            the attribute `a.b` is given twice; keep one of them
              at `a`
        "#]],
    );
}

#[test]
fn wants_a_value_for_every_attribute() {
    check(
        r#"#[phase("x", gmail.count)] fn f() {}"#,
        expect![[r#"
        an attribute of a phase needs a value: write `gmail.count = ...`; a name stands in quotes, `"gmail.count"`
          at `gmail`
    "#]],
    );
}

#[test]
fn refuses_what_is_no_attribute() {
    check(
        r#"#[phase("x", 5)] fn f() {}"#,
        expect![[r#"
        expected the phase's name in quotes, or an attribute such as `gmail.max_results = max_results`
          at `5`
    "#]],
    );
}

#[test]
fn refuses_a_crate_given_twice() {
    check(
        r#"#[phase(crate = a, crate = b)] fn f() {}"#,
        expect![[r#"
            `crate` is given twice; keep one of them
              at `crate`
        "#]],
    );
}

#[test]
fn refuses_attribute_values_that_wait_or_leave() {
    check(
        r#"#[phase] async fn f() { #[phase("x", a.b = g().await, a.c = h()?)] work(); }"#,
        expect![[r#"
            an attribute's value is evaluated only when somebody looks, so it cannot wait or leave the function: bind it with `let` before the phase
              at `g().await`
            an attribute's value is evaluated only when somebody looks, so it cannot wait or leave the function: bind it with `let` before the phase
              at `h()?`
        "#]],
    );
}

#[test]
fn wants_names_inside_functions() {
    check(
        r#"#[phase] fn f() { #[phase] let a = 1; #[phase(a.b = 1)] g(); }"#,
        expect![[r#"
            a phase inside a function needs a name, which becomes the span's name: `#[phase("auth.validate")]`
              at `phase`
            a phase inside a function needs a name, which becomes the span's name: `#[phase("auth.validate")]`
              at `phase`
        "#]],
    );
}

#[test]
fn refuses_a_name_after_an_equals_sign() {
    check(
        r#"#[phase] fn f() { #[phase = "x"] let a = 1; }"#,
        expect![[r#"
            the name of a phase stands in parentheses: `#[phase("name")]`
              at `#[phase = "x"]`
        "#]],
    );
}

#[test]
fn refuses_crate_inside_functions() {
    check(
        r#"#[phase] fn f() { #[phase("x", crate = other)] let a = 1; }"#,
        expect![[r#"
            `crate` belongs to the attribute of the function, which the phases inside follow; remove it here
              at `crate`
        "#]],
    );
}

#[test]
fn refuses_a_second_phase_on_a_statement() {
    check(
        r#"#[phase] fn f() { #[phase("a")] #[phase("b")] let a = 1; }"#,
        expect![[r#"
            a statement is one phase; for a phase within a phase, put the inner one on a block inside
              at `#[phase("b")]`
        "#]],
    );
}

#[test]
fn refuses_let_without_a_value() {
    check(
        r#"#[phase] fn f() { #[phase("x")] let a; a = 1; }"#,
        expect![[r#"
            this `let` computes nothing; move the phase to the statement that gives it its value
              at `phase`
        "#]],
    );
}

#[test]
fn refuses_return() {
    check(
        r#"#[phase] fn f() -> u32 { #[phase("x")] { if a { return 1; } } 2 }"#,
        expect![[r#"
            a phase cannot be left with `return`; end the phase before it, or give the phase's block the value and return after it
              at `return`
        "#]],
    );
}

#[test]
fn refuses_return_without_a_block() {
    check(
        r#"#[phase] fn f() { #[phase("x")] return; }"#,
        expect![[r#"
            a phase cannot be left with `return`; end the phase before it, or give the phase's block the value and return after it
              at `return`
        "#]],
    );
}

#[test]
fn refuses_break_and_continue_out_of_a_phase() {
    check(
        r#"#[phase] fn f() { loop { #[phase("x")] { if a { break; } continue; } } }"#,
        expect![[r#"
            a phase cannot be left with `break`; end the phase before it, or put the whole loop into the phase
              at `break`
            a phase cannot be left with `continue`; end the phase before it, or put the whole loop into the phase
              at `continue`
        "#]],
    );
}

#[test]
fn refuses_break_to_an_outer_label() {
    check(
        r#"#[phase] fn f() { 'a: loop { #[phase("x")] loop { break 'a; } } }"#,
        expect![[r#"
            a phase cannot be left with `break`; end the phase before it, or put the whole loop into the phase
              at `break`
        "#]],
    );
}

#[test]
fn refuses_return_in_macros() {
    check(
        r#"#[phase] fn f() { #[phase("x")] select! { a => return, } }"#,
        expect![[r#"
            a phase cannot be left with `return`; end the phase before it, or give the phase's block the value and return after it
              at `return`
        "#]],
    );
}

#[test]
fn refuses_break_in_macros_without_loops() {
    check(
        r#"#[phase] fn f() { loop { #[phase("x")] select! { a => break, } } }"#,
        expect![[r#"
            a phase cannot be left with `break`; end the phase before it, or put the whole loop into the phase
              at `break`
        "#]],
    );
}

#[test]
fn reports_what_leaves_two_phases_once() {
    check(
        r#"#[phase] fn f() { #[phase("a")] { #[phase("b")] { return; } } }"#,
        expect![[r#"
            a phase cannot be left with `return`; end the phase before it, or give the phase's block the value and return after it
              at `return`
        "#]],
    );
}

#[test]
fn refuses_question_marks_where_nothing_is_returned() {
    check(
        r#"#[phase] fn f() { #[phase("x")] let a = { g()? + 1 }; }"#,
        expect![[r#"
            `?` needs a function that returns a `Result` or an `Option`, and this one returns nothing
              at `?`
        "#]],
    );
}

#[test]
fn refuses_question_marks_under_impl_trait() {
    check(
        r#"#[phase] fn f() -> impl Try { #[phase("x")] let a = { g()? + 1 }; a }"#,
        expect![[r#"
            `?` inside a phase needs the function's error type, and `impl Trait` hides it: write a `Result` or an `Option` as the return type, or let the phase end with its only `?`
              at `?`
        "#]],
    );
}

#[test]
fn refuses_question_marks_in_closures_without_a_type() {
    check(
        r#"#[phase] fn f() { let c = || { #[phase("x")] let a = { g()? + 1 }; Ok(a) }; }"#,
        expect![[r#"
            `?` inside a phase needs the closure's error type: write its return type, as in `|id| -> Result<Message, Error> { ... }`, or let the phase end with its only `?`
              at `?`
        "#]],
    );
}

#[test]
fn refuses_question_marks_in_async_blocks() {
    check(
        r#"#[phase] fn f() { let c = async { #[phase("x")] let a = { g().await? + 1 }; Ok(a) }; }"#,
        expect![[r#"
            `?` inside a phase needs an error type, and an `async` block has no place to write one: let the phase end with its only `?`, or move the code into an `async fn`; where `#[tokio::main]` or another attribute makes the block of a function, put `#[phase]` or `#[mcp_tool]` above it
              at `?`
        "#]],
    );
}

#[test]
fn refuses_phases_on_fields() {
    check(
        r#"#[phase] fn f() { S { #[phase("x")] a: 1 }; }"#,
        expect![[r#"
            a phase stands on a function, or inside it on a `let`, an expression, a block or a `match` arm
              at `#[phase("x")]`
        "#]],
    );
}

#[test]
fn refuses_phases_inside_macros() {
    check(
        r#"#[phase] async fn f() { join!(async { #[phase("x")] g().await }); }"#,
        expect![[r#"
            a phase cannot stand inside a macro call, whose tokens belong to the macro; move the code out of it, for example into an `async` block bound with `let`
              at `[phase("x")]`
        "#]],
    );
}
