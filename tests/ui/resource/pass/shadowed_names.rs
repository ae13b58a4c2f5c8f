//! Generated code does not meet the names around it.
#![deny(warnings)]
#![allow(
    dead_code,
    non_camel_case_types,
    reason = "the names are there to be in the way"
)]

mod resources {
    pub struct State;

    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Result;
    struct Option;
    struct Box;
    struct String;
    struct Vec;
    struct Resource;
    struct Prompt;
    struct Arc;
    struct Method;
    struct ResourceMethod;
    struct PromptMethod;
    trait ToolMethods {}
    struct Role;
    mod rmcp {}
    mod std {}
    mod core {}
    mod glassbox {}
    fn call() {}
    fn contents() {}
    fn messages() {}

    #[::glassbox::mcp_resource("note://{call}/{variables}/{argument_0}", audience(user), priority = 0.1)]
    pub async fn resource(
        state: &State,
        argument_0: u8,
        variables: ::std::string::String,
        call: i64,
    ) -> ::std::result::Result<::std::string::String, ::glassbox::ResourceError> {
        let State = state;
        ::std::result::Result::Ok(::std::format!("{argument_0}{variables}{call}"))
    }

    #[::glassbox::mcp_prompt]
    pub async fn prompt(
        state: &State,
        #[arg(default = "x")] call: ::std::string::String,
        arguments: ::std::option::Option<i64>,
        #[arg(default)] argument_0: u8,
        kind: u8,
    ) -> ::std::result::Result<::std::string::String, ::glassbox::ToolError> {
        let State = state;
        ::std::result::Result::Ok(::std::format!("{argument_0}{arguments:?}{call}{kind}"))
    }

    pub struct Methods(pub i64);

    #[::glassbox::mcp_tools]
    impl Methods {
        const RESOURCES: i64 = 3;
        const PROMPTS: i64 = 4;

        #[::glassbox::mcp_resource("note://methods/{call}/{variables}/{argument_0}")]
        pub async fn read(&self, state: &State, argument_0: u8, variables: i64, call: i64) -> i64 {
            let State = state;
            self.0 + variables + call + i64::from(argument_0)
        }

        #[::glassbox::mcp_prompt(blocking)]
        pub fn get(
            &self,
            #[arg(default = Self::RESOURCES + Self::PROMPTS)] arguments: i64,
            argument_0: ::std::option::Option<i64>,
            call: u8,
        ) -> ::std::string::String {
            ::std::format!("{arguments}{argument_0:?}{call}{}", self.0)
        }

        // As what the server calls, but for the type they are on.
        pub fn receiver(&self) {}
        pub fn variables() {}
    }
}

fn main() {
    let server = glassbox::Server::builder("n", "1")
        .inject(resources::State)
        .resource::<resources::resource>()
        .prompt::<resources::prompt>()
        .tools(resources::Methods(1));
    assert!(server.build().is_ok());
}
