//! The page in the archive of a user's own data. It stands alone in a folder, without scripts, and is written in pieces.

use askama::Template;

use super::part::*;
use super::render;
use crate::chat::account::Account;
use crate::chat::export::OwnMessage;
use crate::chat::file::File;
use crate::i18n::Lang;

pub const STYLE: &str = include_str!("../../web/css/export.css");
/// The end of the page.
pub const TAIL: &str = "</main>\n</body>\n</html>\n";
/// Most bytes of a file's own name in the archive: file systems take 255 with the id before it.
const NAME_MAX: usize = 200;
/// Most bytes of its ending.
const ENDING_MAX: usize = 20;

/// The beginning of the page.
#[derive(Template)]
#[template(path = "export/_head.html")]
pub struct ExportHead<'a> {
    pub lang: Lang,
    pub account: &'a Account,
    /// RFC 3339.
    pub made_at: &'a str,
}

impl ExportHead<'_> {
    pub fn html(&self) -> String {
        render(self)
    }
}

/// One message of the page.
#[derive(Template)]
#[template(path = "export/_message.html")]
pub struct ExportMessage<'a> {
    pub one: &'a OwnMessage,
    /// Whether the message before was in another room.
    pub shows_room: bool,
}

impl ExportMessage<'_> {
    pub fn html(&self) -> String {
        render(self)
    }
}

/// Returns where a file is in the archive. No name leads out of its folder.
pub fn path_of(file: &File) -> String {
    let is_plain = |c: char| !c.is_control() && !r#"/\:*?"<>|"#.contains(c);
    let name: String = file.name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let dot = name.rfind('.').filter(|&dot| name.len() - dot <= ENDING_MAX).unwrap_or(name.len());
    let (stem, ending) = name.split_at(dot);
    let stem = &stem[..stem.floor_char_boundary(NAME_MAX.min(stem.len()))];
    format!("files/{}-{stem}{ending}", file.id)
}
