//! Who may ask for what.

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::builder::ServerBuilder;
use crate::auth::{Auth, Identity, authorize, has_all, note_refusal};

type Request = RequestContext<RoleServer>;

/// What a server knows of callers, beside their tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    /// Who calls where there is no HTTP request.
    pub(super) stdio_identity: Option<Identity>,
    pub(super) lists_permitted_only: bool,
}

impl Access {
    /// Says with the request who calls, where its transport does not.
    pub(super) fn identify(&self, request: &mut Request) {
        if !is_http(request)
            && let Some(identity) = &self.stdio_identity
        {
            request.extensions.insert(identity.clone());
        }
    }

    /// The refusal of a caller, who has been identified, that may not have what
    /// needs `scopes`: a tool, resource or prompt.
    pub(super) fn refusal(
        request: &Request,
        item: &'static str,
        scopes: &[&str],
    ) -> Option<Refusal> {
        if scopes.is_empty() {
            return None;
        }
        let error = authorize(request, scopes).err()?;
        let identity = Identity::of(request);
        if is_http(request) && identity.is_some() {
            return Some(Refusal { error, text: None });
        }
        let scopes = scopes.join("`, `");
        let text = match identity {
            Some(_) => format!(
                "this {item} needs the scopes `{scopes}`, and this server runs without all of them"
            ),
            None => format!(
                "this {item} needs the scopes `{scopes}`, and this server does not know who calls; whoever runs it has \
                 to name the caller with `.stdio_identity(..)` over stdio, or to check tokens with `.auth(..)` over HTTP"
            ),
        };
        Some(Refusal {
            error,
            text: Some(text),
        })
    }

    /// Whether the caller, who has been identified, is told of what needs
    /// `scopes`.
    pub(super) fn shows(&self, request: &Request, scopes: &[&str]) -> bool {
        !self.lists_permitted_only || has_all(Identity::of(request), scopes)
    }
}

/// A request that is refused for its scopes.
pub(super) struct Refusal {
    /// What becomes the challenge.
    error: ErrorData,
    /// What a person has to read, where there is no challenge.
    text: Option<String>,
}

impl Refusal {
    /// As the answer of a tool, which has a place for texts.
    pub(super) fn into_tool_answer(self) -> Result<CallToolResponse, ErrorData> {
        let text = self.text.ok_or(self.error)?;
        note_refusal();
        let content = vec![ContentBlock::text(text)];
        Ok(CallToolResponse::Complete(CallToolResult::error(content)))
    }

    /// As an error.
    pub(super) fn into_error(self) -> ErrorData {
        let Self { mut error, text } = self;
        if let Some(text) = text {
            error.message = text.into();
        }
        error
    }
}

fn is_http(request: &Request) -> bool {
    request.extensions.get::<http::request::Parts>().is_some()
}

impl ServerBuilder {
    /// Protects the server over HTTP: requests without a valid access token get
    /// no further. Default: everybody may call. A second call replaces the
    /// first.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Says who calls where requests do not come over HTTP. On stdio the caller
    /// is whoever started the server, so the server knows from its environment
    /// (MCP, Authorization). Default: nobody, who may ask only for what needs no
    /// scopes.
    pub fn stdio_identity(mut self, identity: Identity) -> Self {
        self.access.stdio_identity = Some(identity);
        self
    }

    /// Whether lists leave out tools, resources and prompts that the caller may
    /// not ask for. Default: `false`, so that clients can ask for more scopes
    /// when they need them. It is a courtesy and no protection: whoever asks for
    /// one by its name is told what it needs.
    pub fn list_permitted_only(mut self, lists_permitted_only: bool) -> Self {
        self.access.lists_permitted_only = lists_permitted_only;
        self
    }
}
