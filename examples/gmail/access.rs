//! Who may call the server: the authorization servers whose tokens it takes.

use glassbox::auth::{Auth, AuthorizationServer};
use url::Url;

use crate::identity::{IdentityConfig, IdentityProvider, StartError, consent};
use crate::sign_in::{SignIn, Visit, Visitor};

/// What the server calls itself where a user is asked.
const RESOURCE_NAME: &str = "Gmail server (Glassbox example)";
/// What every caller needs. Sending takes more: see the tools.
const SCOPE: &str = "gmail.readonly";

/// Whose tokens the server takes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Access {
    /// The URL of the server, as tokens name it.
    pub resource: String,
    /// Issuers of tokens. None: the embedded identity provider.
    pub issuers: Vec<String>,
    /// Where the keys of the issuer are, if its metadata do not tell.
    pub jwks_uri: Option<Url>,
    /// Other names of the server in tokens.
    pub audiences: Vec<String>,
    /// Scopes that every request needs, beside `gmail.readonly`.
    pub scopes: Vec<String>,
    /// Whether the issuers know nothing of `gmail.readonly`. Then the server is not to enforce scopes of tools, either.
    pub any_scope: bool,
    /// The claim that says who calls, such as `email`.
    pub identity_claim: Option<String>,
}

impl Access {
    /// Access to the server with this URL, for whom the embedded provider lets in.
    #[must_use]
    pub fn embedded(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            ..Self::default()
        }
    }

    /// How the server is protected, and the provider that has to live as long as it, if it is the embedded one.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the embedded provider does not start.
    pub async fn protection(self) -> Result<(Auth, Option<IdentityProvider>), StartError> {
        let mut auth = Auth::new(self.resource.as_str()).resource_name(RESOURCE_NAME);
        for audience in self.audiences {
            auth = auth.audience(audience);
        }
        if let Some(claim) = self.identity_claim {
            auth = auth.identity_claim(claim);
        }
        let own = (!self.any_scope).then(|| SCOPE.to_owned());
        auth = auth.required_scopes(own.into_iter().chain(self.scopes));
        if self.issuers.is_empty() {
            let config = IdentityConfig::default().with_resource(self.resource);
            let provider = IdentityProvider::start(config).await?;
            let auth = auth.authorization_server(provider.issuer());
            return Ok((auth, Some(provider)));
        }
        for issuer in self.issuers {
            let mut server = AuthorizationServer::new(issuer);
            if let Some(uri) = &self.jwks_uri {
                server = server.with_jwks_uri(uri.as_str());
            }
            auth = auth.authorization_server(server);
        }
        Ok((auth, None))
    }
}

/// Signs in without a person: presses the button on the embedded provider's page. It refuses any other.
#[must_use]
pub fn unattended() -> SignIn {
    SignIn {
        visit: Visit::With(Visitor::new(async |page: Url| {
            let approved = consent::approve(page.as_str()).await;
            approved.map_err(|error| error.to_string())
        })),
        ..SignIn::default()
    }
}
