//! What people see: pages and the partials they are made of, over the shapes of the chat.
//!
//! Each partial exists once. The message of a page's history, of an older page and of a live event
//! is the same file, and it is the same for every viewer: what differs between people (mine, the
//! hour where I live, who has read it) is set in the browser from the data attributes.

pub mod account;
mod blank;
pub(crate) mod markup;
mod message;
mod my_rooms;
mod page;
mod part;
mod people;
mod search;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::OnceLock;

use askama::Template;

pub use message::{HistoryPart, PinsPart, member_html, message_html, row_html};
pub use my_rooms::my_room_html;
pub use page::{DoorPage, ErrorPage, GalleryPage, LobbyPage, RoomPage};
pub use people::{ConnectedUser, PeoplePage};
pub use search::{FoundIn, SearchPage};

/// Logical names of the built assets and what they are called with their content's hash.
static ASSETS: OnceLock<HashMap<String, String>> = OnceLock::new();

/// Tells the pages what the assets are called: the parsed `web/dist/manifest.json`. The door that
/// serves them calls this once, at the start; a second call changes nothing.
pub fn name_assets(manifest: HashMap<String, String>) {
    let _ = ASSETS.set(manifest);
}

/// The address of an asset by its logical name, `app.css` say.
pub fn asset(name: &str) -> String {
    let hashed = ASSETS.get().and_then(|names| names.get(name)).map_or(name, String::as_str);
    format!("/assets/{hashed}")
}

/// Our templates only fail when the writer does, and a string does not.
fn render(template: &impl Template) -> String {
    template.render().expect("a template writes to a string")
}
