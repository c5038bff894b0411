//! Work after a commit: the worker of the outbox and one file for each kind of job.

mod archive;
mod export;
mod hook;
mod preview;
mod reset_email;
mod worker;

pub use worker::Outbox;
