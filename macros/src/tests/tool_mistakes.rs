//! Every message at least once, with the place it points at.

use expect_test::{Expect, expect};

use super::mistakes;

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(source));
}

#[test]
fn reports_every_unknown_argument_with_a_suggestion() {
    check(
        r#"#[mcp_tool(nmae = "x", titel = "y", wholly_unknown)] fn f() {}"#,
        expect![[r#"
            unknown argument `nmae`; did you mean `name`?
              at `nmae`
            unknown argument `titel`; did you mean `title`?
              at `titel`
            unknown argument `wholly_unknown`; accepted are `name`, `title`, `description`, `read_only`, `destructive`, `idempotent`, `open_world`, `allow_unknown_arguments`, `blocking`, `scopes`, `crate`
              at `wholly_unknown`
        "#]],
    );
}

#[test]
fn reports_a_value_that_is_no_expression() {
    check(
        r#"#[mcp_tool(title = struct, titel = fn)] fn f() {}"#,
        expect![[r#"
            a value stands behind `=`: write a literal, or an expression
              at `struct`
            unknown argument `titel`; did you mean `title`?
              at `titel`
        "#]],
    );
}

#[test]
fn reports_each_repetition_at_its_key() {
    check(
        r#"#[mcp_tool(title = "a", x = 1, title = "b", x = 2, title = "c")] fn f() {}"#,
        expect![[r#"
            unknown argument `x`; accepted are `name`, `title`, `description`, `read_only`, `destructive`, `idempotent`, `open_world`, `allow_unknown_arguments`, `blocking`, `scopes`, `crate`
              at `x`
            `title` is given twice; keep one of them
              at `title`
            unknown argument `x`; accepted are `name`, `title`, `description`, `read_only`, `destructive`, `idempotent`, `open_world`, `allow_unknown_arguments`, `blocking`, `scopes`, `crate`
              at `x`
            `title` is given twice; keep one of them
              at `title`
        "#]],
    );
}

#[test]
fn reports_an_argument_given_twice() {
    check(
        r#"#[mcp_tool(title = "a", title = "b")] fn f() {}"#,
        expect![[r#"
            `title` is given twice; keep one of them
              at `title`
        "#]],
    );
}

#[test]
fn wants_a_key_for_every_value() {
    check(
        r#"#[mcp_tool("list_emails", "second")] fn f() {}"#,
        expect![[r#"
            a value needs its key: write `name = "list_emails"`
              at `"list_emails"`
            a value needs its key: write `name = "second"`
              at `"second"`
        "#]],
    );
}

#[test]
fn wants_strings_where_strings_belong() {
    check(
        r#"#[mcp_tool(name = list, title, description = 5)] fn f() {}"#,
        expect![[r#"
            `name` is a string: write `name = "..."`
              at `list`
            `title` is a string: write `title = "..."`
              at `title`
            `description` is a string: write `description = "..."`
              at `5`
        "#]],
    );
}

#[test]
fn wants_switches_to_be_switches() {
    check(
        r#"#[mcp_tool(read_only = "yes", idempotent = maybe, open_world(true))] fn f() {}"#,
        expect![[r#"
            `read_only` is a switch: write `read_only`, or `read_only = false`
              at `"yes"`
            `idempotent` is a switch: write `idempotent`, or `idempotent = false`
              at `maybe`
            `open_world` is a switch: write `open_world`, or `open_world = false`
              at `open_world(true)`
        "#]],
    );
}

#[test]
fn wants_a_path_after_crate() {
    check(
        r#"#[mcp_tool(crate = "glassbox")] fn f() {}"#,
        expect![[r#"
            `crate` is the path of the Glassbox crate: write `crate = my_facade::glassbox`
              at `"glassbox"`
        "#]],
    );
}

#[test]
fn refuses_a_read_only_tool_that_destroys() {
    check(
        r#"#[mcp_tool(read_only, destructive)] fn f() {}"#,
        expect![[r#"
            a tool that only reads destroys nothing: `read_only` and `destructive` contradict each other; keep one
              at `destructive`
        "#]],
    );
}

#[test]
fn refuses_names_that_mcp_does_not_allow() {
    check(
        r#"#[mcp_tool(name = "list emails")] fn f() {}"#,
        expect![[r#"
            the name of a tool cannot contain ' '; MCP allows ASCII letters, digits, `_`, `-` and `.`
              at `"list emails"`
        "#]],
    );
}

#[test]
fn refuses_an_empty_name() {
    check(
        r#"#[mcp_tool(name = "")] fn f() {}"#,
        expect![[r#"
        the name of a tool is empty; MCP wants 1 to 128 characters
          at `""`
    "#]],
    );
}

#[test]
fn refuses_a_name_that_is_too_long() {
    let source = format!("#[mcp_tool(name = {:?})] fn f() {{}}", "n".repeat(129));
    assert!(
        mistakes(&source).starts_with("the name of a tool has 129 characters; MCP allows 128\n")
    );
    let source = format!("#[mcp_tool(name = {:?})] fn f() {{}}", "n".repeat(128));
    assert!(super::expand(&source).contains(&"n".repeat(128)));
}

#[test]
fn refuses_a_derived_name_outside_of_ascii() {
    check(
        r#"#[mcp_tool] fn größe() {}"#,
        expect![[r#"
        the name of a tool cannot contain 'ö'; MCP allows ASCII letters, digits, `_`, `-` and `.`; write another one with `#[mcp_tool(name = "...")]`
          at `größe`
    "#]],
    );
}

#[test]
fn refuses_other_items() {
    check(
        r#"#[mcp_tool] pub struct ListEmails { a: u32 }"#,
        expect![[r#"
            a tool is a function: put `#[mcp_tool]` on a `fn`
              at `struct`
        "#]],
    );
}

#[test]
fn refuses_methods() {
    check(
        r#"#[mcp_tool] fn list(&self) {}"#,
        expect![[r#"
            a tool with `self` is a method of what the server injects: put `#[mcp_tools]` on its `impl` block
              at `self`
        "#]],
    );
}

#[test]
fn refuses_const_unsafe_and_extern() {
    check(
        r#"#[mcp_tool] const unsafe extern "C" fn f() {}"#,
        expect![[r#"
            a tool cannot be a `const fn`; remove `const`
              at `const`
            a tool is called by whoever reaches the server, so it cannot be `unsafe`; remove it, and check in the body what it relies on
              at `unsafe`
            a tool is called by Rust only; remove `extern`
              at `extern "C"`
        "#]],
    );
}

#[test]
fn refuses_variadics() {
    check(
        r#"#[mcp_tool] unsafe extern "C" fn f(n: u32, rest: ...) {}"#,
        expect![[r#"
            a tool is called by whoever reaches the server, so it cannot be `unsafe`; remove it, and check in the body what it relies on
              at `unsafe`
            a tool is called by Rust only; remove `extern`
              at `extern "C"`
            a tool names its arguments; take a list as `values: Vec<T>`
              at `rest: ...`
        "#]],
    );
}

#[test]
fn refuses_type_and_const_parameters() {
    check(
        r#"#[mcp_tool] fn f<'a, T, const N: usize>(a: &'a T) {}"#,
        expect![[r#"
            a tool is called by its name, without type arguments: write a concrete type instead of `T`; or make it a method of a generic `#[mcp_tools] impl`
              at `T`
            a tool is called by its name, without const arguments: write a concrete value instead of `N`; or make it a method of a generic `#[mcp_tools] impl`
              at `N`
        "#]],
    );
}

#[test]
fn refuses_borrowed_arguments() {
    check(
        r#"#[mcp_tool] fn f(query: &str, ids: &[u32], tag: Option<&str>, pair: &&u32) {}"#,
        expect![[r#"
            arguments are owned: write `query: String`; `&T` parameters are injected by the server
              at `&str`
            arguments are owned: write `ids: Vec<u32>`; `&T` parameters are injected by the server
              at `&[u32]`
            arguments are owned: write `tag: Option<String>`; `&T` parameters are injected by the server
              at `Option<&str>`
            arguments are owned: write `pair: u32`; `&T` parameters are injected by the server
              at `&&u32`
        "#]],
    );
}

#[test]
fn refuses_to_inject_what_arguments_are() {
    check(
        r#"#[mcp_tool] fn f(n: &u32, text: &mut String, list: &'static Vec<Item>, some: &Option<Item>, map: &HashMap<String, &str>) {}"#,
        expect![[r#"
            arguments are owned: write `n: u32`; to have it injected by the server, wrap it in a type of its own
              at `&u32`
            arguments are owned: write `text: String`; to have it injected by the server, wrap it in a type of its own
              at `&mut String`
            arguments are owned: write `list: Vec<Item>`; to have it injected by the server, wrap it in a type of its own
              at `&'static Vec<Item>`
            arguments are owned: write `some: Option<Item>`; to have it injected by the server, wrap it in a type of its own
              at `&Option<Item>`
            arguments are owned: write `map: HashMap<String, String>`; to have it injected by the server, wrap it in a type of its own
              at `&HashMap<String, &str>`
        "#]],
    );
    check(
        r#"#[mcp_prompt] fn f(root: &std::path::Path, text: &mut str, list: Vec<&Path>) {}"#,
        expect![[r#"
            a prompt returns its messages: write `-> String`, `-> Vec<PromptMessage>`, or `-> GetPromptResult`
              at `f`
            arguments are owned: write `root: PathBuf`; `&T` parameters are injected by the server
              at `&std::path::Path`
            arguments are owned: write `text: String`; `&T` parameters are injected by the server
              at `&mut str`
            arguments are owned: write `list: Vec<PathBuf>`; `&T` parameters are injected by the server
              at `Vec<&Path>`
        "#]],
    );
    let own = "#[mcp_tool] fn f(path: &graph::Path, list: &Items, lock: &Mutex<Vec<String>>) {}";
    assert!(super::expand(own).contains("Injection::of::<Mutex<Vec<String>>>"));
}

#[test]
fn refuses_types_without_a_size() {
    check(
        r#"#[mcp_tool] fn f(text: str, bytes: [u8], root: Path, path: graph::Path) {}"#,
        expect![[r#"
            arguments are owned: write `text: String`; `&T` parameters are injected by the server
              at `str`
            arguments are owned: write `bytes: Vec<u8>`; `&T` parameters are injected by the server
              at `[u8]`
            arguments are owned: write `root: PathBuf`; `&T` parameters are injected by the server
              at `Path`
        "#]],
    );
}

#[test]
fn refuses_to_borrow_for_longer_and_twice() {
    check(
        r#"#[mcp_tool] fn f(gmail: &'static Gmail, twice: &&Gmail) {}"#,
        expect![[r#"
            what the server injects is borrowed for as long as the call: write `gmail: &Gmail`
              at `'static`
            what the server injects is borrowed once: write `twice: &Gmail`
              at `&&Gmail`
        "#]],
    );
}

#[test]
fn refuses_code_and_handles_as_arguments() {
    check(
        r#"#[mcp_tool] fn f(then: fn(u32) -> u32, maybe: Option<fn()>, each: Vec<Box<dyn Fn(u32) -> u32 + Send>>, gmail: std::sync::Arc<Gmail>) {}"#,
        expect![[r#"
            arguments are data, and this is code: write a type such as an enum of what can be chosen, or `then: &T` to have it injected by the server
              at `fn(u32) -> u32`
            arguments are data, and this is code: write a type such as an enum of what can be chosen, or `maybe: &T` to have it injected by the server
              at `fn()`
            arguments are data, and this is code: write a type such as an enum of what can be chosen, or `each: &T` to have it injected by the server
              at `dyn Fn(u32) -> u32 + Send`
            arguments are owned, and this is shared: write `gmail: &std::sync::Arc<Gmail>` for what was given with `.inject(..)`
              at `std::sync::Arc<Gmail>`
        "#]],
    );
    let data = "#[mcp_tool] fn f(shape: Box<dyn Shape>, id: Id<fn() -> User>) {}";
    assert!(super::expand(data).contains("Argument::new::<Box<dyn Shape>>"));
}

#[test]
fn says_what_extractors_of_other_crates_are_here() {
    check(
        r#"#[mcp_tool] fn f(Parameters(params): Parameters<Params>, State(db): State<Db>, Json(Wide { a }): Json<Wide>, Meters(m): Meters) {}"#,
        expect![[r#"
            nothing has to be taken out of `Parameters` here; write each argument as a parameter, or `#[arg(flatten)] params: Params` where the arguments are the fields of a struct
              at `Parameters(params)`
            nothing has to be taken out of `State` here; what the server injects is borrowed: write `db: &Db`
              at `State(db)`
            nothing has to be taken out of `Json` here; write each argument as a parameter, or `#[arg(flatten)] name: Wide` where the arguments are the fields of a struct
              at `Json(Wide { a })`
            a parameter of a tool needs a name, which is the argument's name: write `name: Type`, and take it apart in the body
              at `Meters(m)`
        "#]],
    );
    check(
        r#"#[mcp_prompt] fn f(Parameters(params): Parameters<Params>, State(db): State<Db>) -> String { text() }"#,
        expect![[r#"
            a parameter of a prompt needs a name, which is the argument's name: write `name: Type`, and take it apart in the body
              at `Parameters(params)`
            nothing has to be taken out of `State` here; what the server injects is borrowed: write `db: &Db`
              at `State(db)`
        "#]],
    );
}

#[test]
fn refuses_defaults_that_depend_on_other_arguments() {
    check(
        r#"#[mcp_tool] fn f(a: u32, #[arg(default = a + 1)] b: u32, #[arg(default = max(limit(), b))] limit: u32) {}"#,
        expect![[r#"
            a default is a part of the schema, before `a` is known: write `b: Option<u32>`, and `b.unwrap_or(..)` in the body
              at `a`
            a default is a part of the schema, before `b` is known: write `limit: Option<u32>`, and `limit.unwrap_or(..)` in the body
              at `b`
        "#]],
    );
    let own = "#[mcp_tool] fn f(a: u32, #[arg(default = a())] b: u32, #[arg(default = { let a = 1; a })] c: u32) {}";
    assert!(super::expand(own).contains("default_value::<u32>(a())"));
}

#[test]
fn refuses_defaults_that_the_type_cannot_hold() {
    check(
        r#"#[mcp_tool] fn f(#[arg(default = -1)] a: u8, #[arg(default = 300, maximum = 5)] b: u8, #[arg(default = 1.5)] c: i64, #[arg(example = 128)] d: Option<i8>) {}"#,
        expect![[r#"
            the default -1 does not fit `u8`, which goes from 0 to 255
              at `-1`
            the default 300 does not fit `u8`, which goes from 0 to 255
              at `300`
            `c` is an `i64`: write the default as an integer
              at `1.5`
            the example 128 does not fit `Option<i8>`, which goes from -128 to 127
              at `128`
        "#]],
    );
}

#[test]
fn finds_functions_of_blocks_by_their_own_type() {
    check(
        r#"#[mcp_tool] fn f(other: Vec<Self>) -> u32 { 1 }"#,
        expect![[r#"
            a tool with `Self` stands in an `impl` block: put `#[mcp_tools]` on the block
              at `Self`
        "#]],
    );
    check(
        r#"#[mcp_tool] fn f(n: u32) -> u32 { Self::double(n) }"#,
        expect![[r#"
            a tool with `Self` stands in an `impl` block: put `#[mcp_tools]` on the block
              at `Self`
        "#]],
    );
    assert!(!super::fallback("#[mcp_tool] fn f(n: u32) -> Self { make(n) }").contains("enum"));
    let own =
        "#[mcp_tool] fn f(n: u32) -> u32 { struct A; impl A { fn new() -> Self { Self } } n }";
    assert!(super::expand(own).contains("enum f"));
    let block = "#[mcp_tools] impl A { #[mcp_tool] fn f(n: u32) -> u32 { Self::double(n) } }";
    assert!(super::expand(block).contains("Self::double"));
}

#[test]
fn refuses_to_never_answer() {
    check(
        r#"#[mcp_tool] fn f() -> ! { loop {} }"#,
        expect![[r#"
        a tool that never returns has no answer: write the type of what it answers with
          at `!`
    "#]],
    );
}

#[test]
fn refuses_arguments_with_lifetimes() {
    check(
        r#"#[mcp_tool] fn f<'a>(query: Cow<'a, str>, other: Cow<'_, str>) {}"#,
        expect![[r#"
            arguments are owned: write `query` with a type that borrows nothing, such as `String`
              at `'a`
            arguments are owned: write `other` with a type that borrows nothing, such as `String`
              at `'_`
        "#]],
    );
}

#[test]
fn refuses_exclusive_injections() {
    check(
        r#"#[mcp_tool] fn f(gmail: &mut Gmail) {}"#,
        expect![[r#"
        what the server injects is shared by all calls: write `gmail: &Gmail`, and put what changes behind a lock inside it
          at `mut`
    "#]],
    );
}

#[test]
fn refuses_injections_that_borrow() {
    check(
        r#"#[mcp_tool] fn f<'a>(gmail: &'a Gmail<'a>) {}"#,
        expect![[r#"
            what the server injects outlives every call: write `gmail: &T` with a type that owns its data, without `'a`
              at `'a`
        "#]],
    );
}

#[test]
fn refuses_injections_without_a_concrete_type() {
    check(
        r#"#[mcp_tool] fn f(clock: &dyn Clock, store: &(impl Store + Send)) {}"#,
        expect![[r#"
            the server finds what to inject by its type: write a concrete one, or `clock: &std::sync::Arc<dyn Clock>`
              at `&dyn Clock`
            the server finds what to inject by its type: write a concrete one, or `store: &std::sync::Arc<dyn Store + Send>`
              at `&(impl Store + Send)`
        "#]],
    );
}

#[test]
fn refuses_impl_trait_arguments() {
    check(
        r#"#[mcp_tool] fn f(query: impl Into<String>, ids: Vec<impl Id>) {}"#,
        expect![[r#"
            an argument's type gives its schema: write a concrete type, `query: Type`, instead of `impl`
              at `impl Into<String>`
            an argument's type gives its schema: write a concrete type, `ids: Type`, instead of `impl`
              at `impl Id`
        "#]],
    );
}

#[test]
fn refuses_patterns() {
    check(
        r#"#[mcp_tool] fn f((a, b): (u32, u32), _: u32) {}"#,
        expect![[r#"
            a parameter of a tool needs a name, which is the argument's name: write `name: Type`, and take it apart in the body
              at `(a, b)`
            a parameter of a tool needs a name, which is the argument's name: write `name: Type`; if the body does not use it, write `let _ = name;` there
              at `_`
        "#]],
    );
}

#[test]
fn refuses_impl_trait_outputs() {
    check(
        r#"#[mcp_tool] fn f() -> Result<impl Serialize, Error> { todo() }"#,
        expect![[r#"
            what a tool returns gives its output schema: write a concrete type instead of `impl`
              at `impl Serialize`
        "#]],
    );
}

#[test]
fn refuses_borrowed_outputs() {
    check(
        r#"#[mcp_tool] fn f(names: &Names) -> Result<Vec<&str>, Error> { names.all() }"#,
        expect![[r#"
            what a tool returns outlives the call, so it is owned: write `Result<Vec<String>, Error>`
              at `Result<Vec<&str>, Error>`
        "#]],
    );
    check(
        r#"#[mcp_tool] fn f<'a>(names: &'a Names) -> Cow<'a, str> { names.first() }"#,
        expect![[r#"
            what a tool returns outlives the call, so it is owned: write a type that borrows nothing, such as `String`
              at `'a`
        "#]],
    );
}

#[test]
fn refuses_cfg_on_parameters() {
    check(
        r#"#[mcp_tool] fn f(#[cfg(unix)] a: u32) {}"#,
        expect![[r#"
            the arguments of a tool are the same in every build; put `#[cfg]` on the function instead
              at `#[cfg(unix)]`
        "#]],
    );
}

#[test]
fn refuses_a_phase_on_the_tool_itself() {
    check(
        r#"#[mcp_tool] #[phase("x")] fn f() {}"#,
        expect![[r#"
            a tool has a span of its own already; remove `#[phase]`, and put phases on what happens inside
              at `#[phase("x")]`
        "#]],
    );
}

#[test]
fn refuses_to_be_a_tool_twice() {
    check(
        r#"#[mcp_tool] #[mcp_tool(name = "b")] fn f() {}"#,
        expect![[r#"
            a function is one tool; remove the second `#[mcp_tool]`
              at `#[mcp_tool(name = "b")]`
        "#]],
    );
}

#[test]
fn reports_unknown_arguments_of_an_argument() {
    check(
        r#"#[mcp_tool] fn f(#[arg(minimun = 1)] a: u32) {}"#,
        expect![[r#"
            unknown argument `minimun`; did you mean `minimum`?
              at `minimun`
        "#]],
    );
}

#[test]
fn refuses_arg_without_parentheses() {
    check(
        r#"#[mcp_tool] fn f(#[arg = 5] a: u32) {}"#,
        expect![[r#"
        what an argument accepts stands in parentheses: `#[arg(default = 5, minimum = 1)]`
          at `#[arg = 5]`
    "#]],
    );
}

#[test]
fn refuses_a_second_arg() {
    check(
        r#"#[mcp_tool] fn f(#[arg(default)] #[arg(minimum = 1)] a: u32) {}"#,
        expect![[r#"
            an argument has one `#[arg(...)]`; write everything into the first
              at `#[arg(minimum = 1)]`
        "#]],
    );
}

#[test]
fn refuses_arg_on_an_injection() {
    check(
        r#"#[mcp_tool] fn f(#[arg(default)] gmail: &Gmail) {}"#,
        expect![[r#"
            `gmail` is injected by the server and not an argument; remove `#[arg]`, or take it by value
              at `#[arg(default)]`
        "#]],
    );
}

#[test]
fn refuses_a_default_in_parentheses() {
    check(
        r#"#[mcp_tool] fn f(#[arg(default(5))] a: u32) {}"#,
        expect![[r#"
            write `default`, or `default = value`
              at `default(5)`
        "#]],
    );
}

#[test]
fn refuses_bounds_that_are_not_literals() {
    check(
        r#"#[mcp_tool] fn f(#[arg(minimum = MIN, maximum = "20")] a: u32) {}"#,
        expect![[r#"
            a bound is part of the schema, so it is a number as it stands: write `minimum = 1`
              at `MIN`
            a bound is part of the schema, so it is a number as it stands: write `maximum = 1`
              at `"20"`
        "#]],
    );
}

#[test]
fn refuses_bounds_that_contradict_each_other() {
    check(
        r#"#[mcp_tool] fn f(#[arg(minimum = 20, maximum = 1)] a: u32) {}"#,
        expect![[r#"
            no value fits: the maximum 1 is below the minimum 20
              at `1`
        "#]],
    );
}

#[test]
fn refuses_bounds_that_do_not_fit_the_type() {
    check(
        r#"#[mcp_tool] fn f(#[arg(minimum = -1, maximum = 300)] a: Option<u8>) {}"#,
        expect![[r#"
            the minimum -1 does not fit `Option<u8>`, which goes from 0 to 255
              at `-1`
            the maximum 300 does not fit `Option<u8>`, which goes from 0 to 255
              at `300`
        "#]],
    );
}

#[test]
fn refuses_fractions_as_bounds_of_integers() {
    check(
        r#"#[mcp_tool] fn f(#[arg(maximum = 1.5)] a: u8) {}"#,
        expect![[r#"
            `a` is a `u8`: write the maximum as an integer
              at `1.5`
        "#]],
    );
}

#[test]
fn refuses_bounds_of_what_is_no_number() {
    check(
        r#"#[mcp_tool] fn f(#[arg(maximum = 10)] query: String) {}"#,
        expect![[r#"
            `maximum` bounds a number (for a text write `min_length` or `max_length`), and `query` is a `String`
              at `10`
        "#]],
    );
}

#[test]
fn refuses_a_default_outside_of_the_bounds() {
    check(
        r#"#[mcp_tool] fn f(#[arg(default = 0, minimum = 1)] a: u32, #[arg(default = 2.5, maximum = 2)] b: f64) {}"#,
        expect![[r#"
            the default 0 is below the minimum 1
              at `0`
            the default 2.5 is above the maximum 2
              at `2.5`
        "#]],
    );
}

#[test]
fn refuses_two_arguments_of_one_name() {
    check(
        r#"#[mcp_tool] fn f(#[arg(rename = "b")] a: u32, b: u32) {}"#,
        expect![[r#"
            two arguments are called `b`; rename one of them
              at `b`
        "#]],
    );
}

#[test]
fn refuses_an_empty_argument_name() {
    check(
        r#"#[mcp_tool] fn f(#[arg(rename = " ")] a: u32) {}"#,
        expect![[r#"
            the name of an argument is empty; leave `rename` out, or write a name
              at `" "`
        "#]],
    );
}

#[test]
fn refuses_descriptions_from_macros() {
    check(
        r#"#[mcp_tool] #[doc = include_str!("x.md")] fn f() {}"#,
        expect![[r#"
            a description is read before macros are expanded: write the text itself, or `description = "..."`
              at `include_str!("x.md")`
        "#]],
    );
}

#[test]
fn reports_all_mistakes_of_a_tool_at_once() {
    check(
        r#"#[mcp_tool(titel = "x")] fn f(a: &str, #[arg(minimum = 5, maximum = 1)] b: u32) { #[phase] work(); #[phase("a")] return; }"#,
        expect![[r#"
            unknown argument `titel`; did you mean `title`?
              at `titel`
            arguments are owned: write `a: String`; `&T` parameters are injected by the server
              at `&str`
            no value fits: the maximum 1 is below the minimum 5
              at `1`
            a phase inside a function needs a name, which becomes the span's name: `#[phase("auth.validate")]`
              at `phase`
            a phase cannot be left with `return`; end the phase before it, or give the phase's block the value and return after it
              at `return`
        "#]],
    );
}

#[test]
fn refuses_keywords_that_do_not_fit_their_type() {
    check(
        r#"#[mcp_tool] fn f(
            #[arg(min_length = 1)] count: u32,
            #[arg(max_length = 3)] names: Vec<String>,
            #[arg(max_items = 3)] title: Option<String>,
            #[arg(unique_items)] flag: bool,
            #[arg(pattern = "a", format = "email")] number: f64,
        ) {}"#,
        expect![[r#"
            `min_length` counts the characters of a text (for a number write `minimum` or `maximum`), and `count` is a `u32`
              at `1`
            `max_length` counts the characters of a text (for a list write `min_items` or `max_items`), and `names` is a `Vec<String>`
              at `3`
            `max_items` counts the items of a list (for a text write `min_length` or `max_length`), and `title` is an `Option<String>`
              at `3`
            `unique_items` is for lists, and `flag` is a `bool`
              at `unique_items`
            `pattern` is for texts, and `number` is an `f64`
              at `"a"`
            `format` is for texts, and `number` is an `f64`
              at `"email"`
        "#]],
    );
}

#[test]
fn refuses_keywords_that_contradict_each_other() {
    check(
        r#"#[mcp_tool] fn f(
            #[arg(min_length = 5, max_length = 2)] query: String,
            #[arg(min_items = 5, max_items = 2)] tags: Vec<String>,
            #[arg(max_length = 3, default = "long", example = "longer")] word: String,
            #[arg(pattern = "^[a-z]$", example = "A")] letter: Option<String>,
            #[arg(minimum = 1, example = 0)] from: Option<u8>,
        ) {}"#,
        expect![[r#"
            no value fits: the max_length 2 is below the min_length 5
              at `2`
            no value fits: the max_items 2 is below the min_items 5
              at `2`
            the default has 4 characters, more than the max_length 3
              at `"long"`
            the example has 6 characters, more than the max_length 3
              at `"longer"`
            the example does not match the pattern `^[a-z]$`
              at `"A"`
            the example 0 is below the minimum 1
              at `0`
        "#]],
    );
}

#[test]
fn refuses_keywords_without_a_value_that_can_be_used() {
    check(
        r#"#[mcp_tool] fn f(
            #[arg(pattern = "(?=a)")] code: String,
            #[arg(format = "phone")] phone: String,
            #[arg(min_length = -1)] least: String,
            #[arg(min_length)] none: String,
            #[arg(example)] shown: u8,
            #[arg(deprecated = 1)] old: u8,
        ) {}"#,
        expect![[r#"
            this is no regular expression that can be used: look-around is not supported; patterns are matched in linear time, without look-around, back-references and `\p`
              at `"(?=a)"`
            clients refuse formats they do not know; accepted are `date`, `date-time`, `email`, `hostname`, `ipv4`, `ipv6`, `time`, `uri`, `uuid`; for others write a `pattern`
              at `"phone"`
            `min_length` counts, so it is a whole number as it stands: write `min_length = 1`
              at `-1`
            `min_length` counts, so it is a whole number as it stands: write `min_length = 1`
              at `min_length`
            an example is a value that shows what is meant: write `example = ...`
              at `example`
            write `deprecated`, or say why: `deprecated = "..."`
              at `1`
        "#]],
    );
}

#[test]
fn refuses_what_cannot_be_flattened() {
    check(
        r#"#[mcp_tool] fn f(
            #[arg(flatten, default, minimum = 1)] page: Page,
            #[arg(flatten)] sort: Option<Page>,
            #[arg(flatten)] count: u32,
        ) {}"#,
        expect![[r#"
            with `flatten` the fields of `Page` are the arguments, and `page` is none: write `default` for a field, or remove `flatten`
              at `default`
            with `flatten` the fields of `Page` are the arguments, and `page` is none: write `minimum` for a field, or remove `flatten`
              at `minimum`
            the fields of an `Option` cannot be arguments: write `Page`, and make its fields optional
              at `Option<Page>`
            `u32` has no fields to flatten: write a struct, or remove `flatten`
              at `u32`
        "#]],
    );
}

#[test]
fn refuses_blocking_in_an_async_function() {
    check(
        r#"#[mcp_tool(blocking)] async fn f() {}"#,
        expect![[r#"
        `blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or `blocking`
          at `blocking`
    "#]],
    );
    assert!(
        super::run(r#"#[mcp_tool(blocking = false)] async fn f() {}"#)
            .2
            .is_ok()
    );
}

#[test]
fn reports_scopes_that_are_none() {
    check(
        r#"#[mcp_tool(scopes("a b", "", "a", 7, READ, "x\"y", "a", "\n"))] fn f() {}"#,
        expect![[r#"
            a scope has no spaces; write each as a string of its own: `scopes("a", "b")`
              at `"a b"`
            a scope is printable ASCII without quotes and backslashes, such as `files.read` (RFC 6749, section 3.3)
              at `""`
            `scopes` is a list of strings: write `scopes("files.read", "files.write")`
              at `7`
            `scopes` is a list of strings: write `scopes("files.read", "files.write")`
              at `READ`
            a scope is printable ASCII without quotes and backslashes, such as `files.read` (RFC 6749, section 3.3)
              at `"x\"y"`
            the scope `a` is there twice; keep one
              at `"a"`
            a scope is printable ASCII without quotes and backslashes, such as `files.read` (RFC 6749, section 3.3)
              at `"\n"`
        "#]],
    );
    for written in ["scopes", "scopes = \"a\"", "scopes()", "scopes(struct)"] {
        let mistakes = mistakes(&format!("#[mcp_tool({written})] fn f() {{}}"));
        let advice =
            "`scopes` is a list of strings: write `scopes(\"files.read\", \"files.write\")`";
        assert!(mistakes.starts_with(advice), "{written}: {mistakes}");
    }
}
