//! What admins see and do of the whole server. Commands of the operator do the same, without a user.

use super::account;

mod jobs;
mod people;
mod rooms;
mod storage;

pub use account::require_admin;
pub use jobs::{Waiting, jobs, note_backup, retry_jobs};
pub use people::{Act, People, Person, Show, act, get, people};
pub use rooms::{AdminRoom, Rooms, close, hand_over, remove, rooms};
pub use storage::{Storage, Stored, storage};
