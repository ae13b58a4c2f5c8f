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
    struct Arc;
    struct Self_;
    trait ToolMethods {}
    trait IntoToolSet {}
    struct ToolSet;
    struct ToolMethod;
    struct Set;
    mod rmcp {}
    mod serde_json {}
    mod opentelemetry {}
    mod tokio {}
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

    pub struct Methods<value>(pub value);

    #[::glassbox::mcp_tools]
    impl Methods<i64> {
        const TOOLS: i64 = 3;

        #[::glassbox::mcp_tool]
        pub async fn call(
            &self,
            state: &State,
            #[arg(default = Self::TOOLS)] arguments: i64,
            private: ::std::string::String,
        ) -> ::std::result::Result<::std::string::String, ::glassbox::ToolError> {
            let State = state;
            #[::glassbox::phase("a")]
            let call = ready(private).await?;
            drop(arguments + self.0);
            ::std::result::Result::Ok(call)
        }

        #[::glassbox::mcp_tool(blocking)]
        pub fn receiver(&self, answer: i64) -> i64 {
            answer + self.0
        }

        // As what the server calls, but for the type they are on.
        pub fn into_tool_set(&self) {}
        pub fn new() {}
    }

    #[::glassbox::mcp_tools(set = value)]
    impl Methods<bool> {
        #[::glassbox::mcp_tool]
        pub fn value_of(value: bool) -> bool {
            value
        }
    }

    fn drop(_: i64) {}

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
    let set = glassbox::ToolSet::of(tools::Methods(1)).with(tools::Methods::value(tools::Methods(true)));
    assert_eq!(set.names(), ["call", "receiver", "value_of"]);
}
