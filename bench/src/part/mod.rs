//! The parts of a run, each measured by itself.

pub(crate) mod connects;
pub(crate) mod fanout;
pub(crate) mod filled;
pub(crate) mod memory;
pub(crate) mod pages;
pub(crate) mod rooms;
pub(crate) mod search;
pub(crate) mod sends;
pub(crate) mod start;
