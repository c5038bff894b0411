//! What pages and REST answer.

mod caching;
mod file;
mod gallery;
mod guest;
mod json;
mod member;
mod message;
mod origin;
mod page;
mod people;
mod picture;
mod room;
mod search;
mod upload;
