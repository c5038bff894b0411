//! Pages and their partials, rendered from the types of `chat`.
//!
//! Each partial exists once. The message on a room page, on an older page and in an event is the
//! same template, and it is the same for every viewer: the browser sets what differs between
//! viewers (own messages, local time, read marks) from data attributes.

pub mod account;
pub mod admin;
mod blank;
mod bot;
mod chart;
mod digest;
pub mod export;
mod hook;
mod look;
pub(crate) mod markup;
mod message;
mod my_rooms;
mod page;
mod part;
mod people;
pub mod problem;
mod push;
mod pwa;
pub mod report;
mod room_settings;
mod scheduled;
mod search;
pub mod sign_up;
mod strings;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::OnceLock;

use askama::Template;

pub use bot::BotsPage;
pub use digest::DigestMail;
pub use hook::{DeliveriesPage, Fresh, HooksPage};
pub use message::{HistoryPart, PinsPart, member_html, message_html, row_html};
pub use my_rooms::my_room_html;
pub use page::{ErrorPage, GalleryPage, JoinPage, LobbyPage, RoomPage};
pub use people::{DirectoryEntry, PeoplePage};
pub use push::PushMessage;
pub use pwa::{OfflinePage, manifest};
pub use room_settings::RoomSettingsPage;
pub use scheduled::ScheduledPage;
pub use search::{FoundIn, SearchPage};
pub use strings::strings_script;
use strings::strings_url;

/// The built assets: logical names and the names with their content hash.
static ASSETS: OnceLock<HashMap<String, String>> = OnceLock::new();
/// The address of the sprite, which a page names many times.
static ICONS: OnceLock<String> = OnceLock::new();

/// Sets the names of the assets: the parsed `web/dist/manifest.json`. Called once at start; a
/// second call changes nothing.
pub fn name_assets(manifest: HashMap<String, String>) {
    let _ = ASSETS.set(manifest);
    let _ = ICONS.set(asset("icons.svg"));
}

/// The address of the sprite of icons.
fn icons() -> &'static str {
    ICONS.get().map_or("/assets/icons.svg", String::as_str)
}

/// Returns the URL of an asset by its logical name, for example `app.css`.
pub fn asset(name: &str) -> String {
    let hashed = ASSETS.get().and_then(|names| names.get(name)).map_or(name, String::as_str);
    format!("/assets/{hashed}")
}

/// Rendering fails only when the writer does, and a string does not.
fn render(template: &impl Template) -> String {
    template.render().expect("a template writes to a string")
}
