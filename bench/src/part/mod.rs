//! The parts of a run, each measured by itself.

pub(crate) mod fanout;
