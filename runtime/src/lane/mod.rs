//! How spans join an answer as text, where it is serialized.
//!
//! `_meta` of an answer is a tree of values, and building one of spans costs
//! ten times what writing them does. So a transport of ours puts a [`Lane`]
//! into each request. If the answer is to have spans, the recording puts a
//! [`Placeholder`] into the answer and leaves the spans in the lane; the
//! transport, which sees the answer as bytes at the [`Exit`], puts them where
//! the placeholder stands:
//!
//! ```text
//! Lane, Exit      the two ends of the way, one for a request    slot.rs
//! Placeholder     what stands for the spans until then          placeholder.rs
//! Waiting         spans that wait for their answer as bytes     waiting.rs
//! Splice            where in it they go                         splice.rs
//! ```
//!
//! Nothing that a tool says is taken for a placeholder: it holds 128 random
//! bits that are drawn after the tool has finished, the lane is taken out of
//! the request before the tool runs, and each is looked for in one answer,
//! once. A placeholder that is not replaced, because its answer went another way
//! than was thought, is valid telemetry: it says how many spans there were, and
//! that none of them came.
//!
//! Where there is no lane (a transport of the user's own), the spans join the
//! answer as values.

#![cfg_attr(
    not(any(feature = "http-server", feature = "stdio")),
    allow(dead_code, reason = "without a transport of ours there are no lanes")
)]

mod placeholder;
mod slot;
mod splice;
mod waiting;

pub(crate) use placeholder::Placeholder;
#[cfg(any(feature = "http-server", feature = "stdio"))]
pub(crate) use slot::Exit;
pub(crate) use slot::Lane;
pub(crate) use waiting::Waiting;
