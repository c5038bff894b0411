//! What is told of the figures: tables, targets, plots, and the file that keeps them.

pub(crate) mod table;
