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
mod people;
mod picture;
mod room;
mod search;
mod slow;
mod tombstone;
mod upload;
