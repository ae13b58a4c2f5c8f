//! Who calls.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use serde_json::{Map, Value};

/// Who calls, as a valid access token says.
///
/// Cheap to clone; clones are the same identity.
///
/// # Privacy
///
/// An identity never becomes part of a span. `Debug` shows how many scopes
/// there are and nothing else.
///
/// # Examples
///
/// ```
/// use glassbox::{ToolContext, ToolError, mcp_tool};
///
/// /// Tells the caller who they are.
/// #[mcp_tool]
/// fn whoami(context: &ToolContext) -> Result<String, ToolError> {
///     let caller = context.identity().ok_or_else(|| ToolError::new("nobody is signed in"))?;
///     Ok(caller.name().to_owned())
/// }
/// ```
#[derive(Clone)]
pub struct Identity(Arc<Claims>);

#[derive(Clone, Default)]
struct Claims {
    subject: String,
    issuer: Option<String>,
    name: Option<String>,
    scopes: Vec<String>,
    all: Map<String, Value>,
}

impl Identity {
    /// An identity without scopes, for a [`TokenVerifier`](super::TokenVerifier)
    /// of your own, and for servers on stdio. `subject` is unique with its
    /// issuer (JWT, `sub`).
    pub fn new(subject: impl Into<String>) -> Self {
        Self(Arc::new(Claims {
            subject: subject.into(),
            ..Claims::default()
        }))
    }

    /// Sets who vouches for the subject (JWT, `iss`).
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
        self.with(|claims| claims.issuer = Some(issuer.into()))
    }

    /// Sets what the caller may do.
    #[must_use]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(|claims| claims.scopes = scopes.into_iter().map(Into::into).collect())
    }

    /// Sets the name by which the server knows the caller. Default: the
    /// subject.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        self.with(|claims| claims.name = Some(name.into()))
    }

    /// Sets all that the token says.
    #[must_use]
    pub fn with_claims(self, all: Map<String, Value>) -> Self {
        self.with(|claims| claims.all = all)
    }

    fn with(mut self, change: impl FnOnce(&mut Claims)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The caller of `request`, if its token was checked.
    #[must_use]
    pub fn of(request: &RequestContext<RoleServer>) -> Option<&Self> {
        match request.extensions.get::<Parts>() {
            Some(parts) => parts.extensions.get(),
            None => request.extensions.get(),
        }
    }

    /// Who it is (`sub`): unique with the issuer, and never given to somebody
    /// else. Use it, with the issuer, as a key.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who vouches for it (`iss`).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// The claim named by [`Auth::identity_claim`](super::Auth::identity_claim),
    /// or the subject.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name.as_deref().unwrap_or(&self.0.subject)
    }

    /// What the caller may do.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// Whether the caller may do what `scope` stands for.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.iter().any(|granted| granted == scope)
    }

    /// What the token says under `name`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.all.get(name)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("scopes", &self.0.scopes.len())
            .finish_non_exhaustive()
    }
}
