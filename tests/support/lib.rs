//! What the tests share: a server that has every kind of tool, raw clients for
//! every transport, and trees as text.

pub mod answerer;
pub mod clients;
pub mod collector;
pub mod hostile;
pub mod http;
pub mod log;
pub mod lost;
pub mod matrix;
pub mod pipe;
pub mod recorder;
pub mod server;
pub mod transports;
pub mod tree;
pub mod upstream;
pub mod wire;
