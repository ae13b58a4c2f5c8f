//! S01 again.
