//! The Gmail example.
