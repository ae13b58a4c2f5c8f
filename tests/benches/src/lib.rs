//! What Glassbox costs, beside other ways to serve the same tools. `docs/benchmarks.md` says what is measured and how.

pub mod answers;
pub mod cases;
pub mod chart;
pub mod load;
pub mod peers;
pub mod pipe;
pub mod process;
pub mod request;
pub mod stats;
pub mod subject;
