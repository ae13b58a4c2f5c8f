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
}

fn main() {
    let server = glassbox::Server::builder("n", "1")
        .inject(resources::State)
        .resource::<resources::resource>()
        .prompt::<resources::prompt>();
    assert!(server.build().is_ok());
}
