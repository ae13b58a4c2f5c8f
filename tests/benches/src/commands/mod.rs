//! What can be measured.

pub(crate) mod balance;
pub(crate) mod budgets;
pub(crate) mod criterion;
pub(crate) mod document;
pub(crate) mod http;
pub(crate) mod instructions;
pub(crate) mod run;
pub(crate) mod scaling;
pub(crate) mod serve;
pub(crate) mod wrk;
