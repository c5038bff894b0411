//! What clients send. A request of REST names its room in the path, a request of a socket in its
//! payload, so some acts have one type for each.

mod account;
mod admin;
mod event;
mod report;
mod room;

pub use account::*;
pub use admin::*;
pub use event::*;
pub use report::*;
pub use room::*;
