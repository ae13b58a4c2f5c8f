//! The crates that are compared: the same tools, once with Glassbox and once with rmcp's own macros.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// Which macros a crate is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sdk {
    Glassbox,
    Rmcp,
}

/// One crate: a library with a server of so many tools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) sdk: Sdk,
    pub(crate) tools: usize,
}

impl Subject {
    /// The name of its package.
    pub(crate) fn package(self) -> String {
        let sdk = match self.sdk {
            Sdk::Glassbox => "glassbox",
            Sdk::Rmcp => "rmcp",
        };
        format!("with-{sdk}-{}", self.tools)
    }

    /// Its source. `round` is a number in a body, so that each round has something to compile.
    pub(crate) fn source(self, round: usize) -> String {
        match self.sdk {
            Sdk::Glassbox => glassbox(self.tools, round),
            Sdk::Rmcp => rmcp(self.tools, round),
        }
    }

    /// Writes its source where the package has it.
    pub(crate) fn write(self, workspace: &Path, round: usize) -> io::Result<()> {
        let source = workspace.join(self.package()).join("src");
        fs::create_dir_all(&source)?;
        fs::write(source.join("lib.rs"), self.source(round))
    }

    fn manifest(self, runtime: &Path) -> String {
        let package = self.package();
        let dependencies = match self.sdk {
            Sdk::Glassbox => format!("glassbox = {{ path = {runtime:?} }}"),
            // What the default features of Glassbox ask of rmcp, and its macros.
            Sdk::Rmcp => "rmcp = { version = \"3.11\", default-features = false, features = [\"macros\", \"server\", \
                          \"transport-io\", \"transport-streamable-http-server\"] }"
                .to_owned(),
        };
        format!(
            "[package]\nname = \"{package}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\n{dependencies}\nschemars = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
        )
    }
}

/// Writes a workspace with all subjects and the versions of dependencies that this repository has.
pub(crate) fn workspace(at: &Path, repository: &Path, subjects: &[Subject]) -> io::Result<()> {
    let mut members = String::new();
    for subject in subjects {
        subject.write(at, 0)?;
        let package = subject.package();
        let manifest = subject.manifest(&repository.join("runtime"));
        fs::write(at.join(&package).join("Cargo.toml"), manifest)?;
        let _ = write!(members, "{package:?}, ");
    }
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n");
    fs::write(at.join("Cargo.toml"), manifest)?;
    fs::copy(repository.join("Cargo.lock"), at.join("Cargo.lock"))?;
    Ok(())
}

const ANSWER: &str = "
/// What every tool returns.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Answer {
    /// What was found
    text: String,
    /// How many there are
    count: u32,
}
";

fn glassbox(tools: usize, round: usize) -> String {
    let mut source = String::from("use glassbox::{Server, ToolError, mcp_tool};\n");
    source += ANSWER;
    for tool in 0..tools {
        let _ = write!(
            source,
            "
/// Finds the orders of customer group {tool}.
#[mcp_tool(read_only)]
pub async fn find_{tool}(
    /// The customer's name
    customer: String,
    /// How many at most
    limit: u32,
    /// Only orders that are open
    open: Option<bool>,
) -> Result<Answer, ToolError> {{
    Ok(Answer {{ text: format!(\"{{customer}} {{open:?}}\"), count: limit + {round} }})
}}
"
        );
    }
    let calls: String = (0..tools)
        .map(|tool| format!("        .tool::<find_{tool}>()\n"))
        .collect();
    let _ = write!(
        source,
        "
/// Serves the tools on standard input and output.
pub async fn serve() -> Result<(), Box<dyn std::error::Error>> {{
    Server::builder(\"orders {round}\", \"1.0.0\")
{calls}        .serve_stdio()
        .await?;
    Ok(())
}}
"
    );
    source
}

fn rmcp(tools: usize, round: usize) -> String {
    let mut source = String::from(
        "use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::{ErrorData, ServerHandler, ServiceExt, tool, tool_handler, tool_router};
",
    );
    source += ANSWER;
    let mut methods = String::new();
    for tool in 0..tools {
        let _ = write!(
            source,
            "
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
pub struct Find{tool} {{
    /// The customer's name
    customer: String,
    /// How many at most
    limit: u32,
    /// Only orders that are open
    open: Option<bool>,
}}
"
        );
        let _ = write!(
            methods,
            "
    /// Finds the orders of customer group {tool}.
    #[tool(annotations(read_only_hint = true))]
    pub async fn find_{tool}(
        &self,
        Parameters(Find{tool} {{ customer, limit, open }}): Parameters<Find{tool}>,
    ) -> Result<Json<Answer>, ErrorData> {{
        Ok(Json(Answer {{ text: format!(\"{{customer}} {{open:?}}\"), count: limit + {round} }}))
    }}
"
        );
    }
    let _ = write!(
        source,
        "
/// The server.
#[derive(Debug)]
pub struct Orders;

#[tool_router]
impl Orders {{{methods}}}

#[tool_handler(name = \"orders {round}\", version = \"1.0.0\")]
impl ServerHandler for Orders {{}}

/// Serves the tools on standard input and output.
pub async fn serve() -> Result<(), Box<dyn std::error::Error>> {{
    let server = Orders.serve(rmcp::transport::stdio()).await?;
    server.waiting().await?;
    Ok(())
}}
"
    );
    source
}
