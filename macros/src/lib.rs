//! Attribute macros of Glassbox.
