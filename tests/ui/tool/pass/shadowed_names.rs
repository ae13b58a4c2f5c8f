//! Generated code does not meet the names around it.
#![deny(warnings)]
#![allow(
    dead_code,
    non_camel_case_types,
    reason = "the names are there to be in the way"
)]

struct State;

mod tools {
    use super::State;

    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Result;
    struct Option;
    struct Box;
    struct String;
    struct Vec;
    struct Future;
    struct Default;
    struct Into;
    struct Debug;
    struct Pin;
    struct u32;
    mod std {}
    mod core {}
    mod glassbox {}

    fn outcome() {}
    fn call() {}

    #[::glassbox::mcp_tool]
    pub async fn tool(
        state: &State,
        #[arg(default = "x")] call: ::std::string::String,
        #[arg(default)] arguments: bool,
        argument_0: ::std::option::Option<i64>,
    ) -> ::std::result::Result<::std::string::String, ::glassbox::ToolError> {
        let __value = 1;
        let __fields = 2;
        #[::glassbox::phase("a", app.value = __value, app.fields = __fields)]
        let text = {
            let number: i64 = ready(argument_0).await?.unwrap_or(__value);
            if arguments { call } else { number.to_string() }
        };
        let State = state;
        ::std::result::Result::Ok(text)
    }

    async fn ready<T>(value: T) -> ::std::result::Result<T, ::glassbox::ToolError> {
        ::std::result::Result::Ok(value)
    }

    #[::glassbox::phase]
    pub fn phase(value: ::std::option::Option<i64>) -> ::std::option::Option<i64> {
        #[::glassbox::phase("a")]
        let next = { value? + 1 };
        ::std::option::Option::Some(next)
    }
}

fn main() {
    assert_eq!(tools::phase(Some(1)), Some(2));
    drop(tools::tool(&State, String::new(), true, None));
}
