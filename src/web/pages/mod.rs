//! The pages and the forms in them, one file per noun.

pub(super) mod account;
pub(super) mod file;
pub(super) mod gallery;
pub(super) mod invite;
pub(super) mod lobby;
pub(super) mod me;
pub(super) mod member;
pub(super) mod message;
pub(super) mod one_time_link;
pub(super) mod people;
pub(super) mod picture;
pub(super) mod room;
pub(super) mod search;
pub(super) mod user;
