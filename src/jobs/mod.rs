//! Work after a commit: the worker of the outbox and one file for each kind of job.

mod archive;
mod confirm_email;
mod digest;
mod email;
mod export;
mod given_up;
mod hook;
mod new_email;
mod notify;
mod preview;
mod push;
mod reset_email;
mod scheduled;
mod sign_up_email;
mod worker;

pub use worker::Outbox;
