//! What admins do with the whole server.

mod people;
mod rooms;
mod settings;
mod status;

use super::Calls;
use super::json::{Json, Query};

pub(super) fn calls(calls: Calls) -> Calls {
    [settings::calls, people::calls, rooms::calls, status::calls].into_iter().fold(calls, |calls, add| add(calls))
}
