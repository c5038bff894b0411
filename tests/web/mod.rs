//! What pages and REST answer.

mod caching;
mod file;
mod gallery;
mod guest;
mod invite;
mod json;
mod member;
mod message;
mod moderator;
mod origin;
mod page;
mod picture;
mod room;
mod slow;
mod tombstone;
mod upload;
