//! Access tokens: who gets in, who does not, and what either learns.

mod checked;
mod issuer;
mod keys;
mod metadata;
mod opaque;
mod scoped_items;
mod scopes;
mod secrets;
mod server;
mod sessions;
mod stages;
mod stdio;
mod tokens;
mod verifiers;
