//! The consumer's side as a whole: what a server sends, through the client, to what a person sees and a collector gets.

mod cases;
mod frame;
mod hostile;
mod isolation;
mod sinks;
mod valid;
