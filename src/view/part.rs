//! Helper functions of the templates.

pub(super) use super::icons;
use super::markup::bare;
pub(super) use super::markup::bare_whole;
use crate::chat::file::File;
use crate::chat::invite::Invite;
use crate::chat::member::{Member, Role};
use crate::chat::message::Message;
use crate::chat::room::Room;
use crate::chat::user::{self, User, UserKind};
use crate::clock::rfc3339;
use crate::error::Code;
use crate::i18n::{Lang, Strings, page_refusal};
use crate::ids::UserId;
use crate::text::emoji;

pub(super) fn hue(user: &User) -> u8 {
    user::hue(user.id)
}

/// Returns the hue of a room, found from its id as that of a user is.
pub(super) fn room_hue(room: &Room) -> u8 {
    user::hue(UserId::from_u128(room.id.as_u128()))
}

/// Returns a profile picture that is stored here. Others are for API clients only: pages load
/// nothing from other sites.
pub(super) fn own_picture(user: &User) -> Option<&str> {
    user.picture.as_deref().filter(|picture| picture.starts_with('/'))
}

/// Returns the colour class of a message; a system message has none.
pub(super) fn hue_of(message: &Message) -> u8 {
    message.user.as_ref().map_or(0, hue)
}

/// Returns the first letter of a name, with its combining marks, or its first emoji.
pub(super) fn monogram(name: &str) -> String {
    let name = name.trim();
    if let Some(length) = emoji::length(name) {
        return name[..length].to_owned();
    }
    let mut letters = name.chars();
    let Some(first) = letters.next() else { return "?".to_owned() };
    let marks = letters.take(8).take_while(|letter| matches!(letter, '\u{fe0f}' | '\u{300}'..='\u{36f}'));
    first.to_uppercase().chain(marks).collect()
}

/// Returns `08:30` of an RFC 3339 time, in UTC; the browser replaces it by local time.
pub(super) fn clock(at: &str) -> &str {
    at.get(11..16).unwrap_or(at)
}

/// Formats a number of bytes.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// An image scaled to fit where it is shown, so that the layout does not shift while it loads.
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    /// The URL of what is shown: an animation itself, or the thumbnail of a still image.
    pub(super) shown: String,
    /// The URL for users who prefer reduced motion, if it differs.
    pub(super) still: Option<String>,
}

/// Returns `None` for a file that is not an image.
pub(super) fn picture(file: &File) -> Option<Picture> {
    const SIDE: f64 = 320.0;
    if !file.media_type.starts_with("image/") {
        return None;
    }
    let (width, height) = (f64::from(file.width?.max(1)), f64::from(file.height?.max(1)));
    let scale = (SIDE / width).min(SIDE / height).min(1.0);
    let animated = file.animated.unwrap_or_default();
    let thumbnail = file.thumbnail_url.clone();
    Some(Picture {
        width: (width * scale).round().max(1.0) as u32,
        height: (height * scale).round().max(1.0) as u32,
        shown: thumbnail.clone().filter(|_| !animated).unwrap_or_else(|| file.url.clone()),
        still: thumbnail.filter(|_| animated),
    })
}

/// Returns whether a file is shown as a picture.
pub(super) fn is_picture(file: &File) -> bool {
    picture(file).is_some()
}

/// Returns the number of pictures of a message; two and more are shown as an album.
pub(super) fn album(message: &Message) -> usize {
    message.files.iter().filter(|file| is_picture(file)).count()
}

/// The player for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Player {
    Audio,
    Video,
    /// No player: the file can only be saved.
    None,
}

/// Returns a player only for types that browsers commonly play.
pub(super) fn player(file: &File) -> Player {
    match file.media_type.as_str() {
        "video/mp4" | "video/webm" | "video/ogg" => Player::Video,
        kind if kind.starts_with("audio/") => Player::Audio,
        _ => Player::None,
    }
}

/// Returns the icon of a file's kind.
pub(super) fn icon(file: &File) -> &'static str {
    match file.media_type.split_once('/') {
        Some(("audio", _)) => "audio",
        Some(("video", _)) => "video",
        Some(("text", _) | (_, "pdf")) => "text",
        _ => "file",
    }
}

/// Returns the label of a file's kind, usually its file extension, for example `PDF`.
pub(super) fn kind_name(file: &File, words: &Strings) -> String {
    let extension = file.name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    let is_known = (1..=5).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_known { extension.to_ascii_uppercase() } else { words.file.to_owned() }
}

/// Returns the host of a link without `www.`.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.strip_prefix("www.").unwrap_or(host)
}

/// Returns what a reply quotes, without its markup.
pub(super) fn quoted(excerpt: &str) -> String {
    bare(excerpt, &[])
}

/// Returns whether a text consists of a few emoji only, which are shown large.
pub(super) fn is_emoji_alone(text: &str) -> bool {
    emoji::is_alone(text, 6)
}

/// The quick reactions.
pub(super) const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

/// Returns `2026-11-13` of an RFC 3339 time.
pub(super) fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}

/// Formats a database time for clients.
pub(super) fn time(at: &i64) -> String {
    rfc3339(*at)
}

/// Returns the day of a database time.
pub(super) fn date(at: &i64) -> String {
    day(&rfc3339(*at)).to_owned()
}

pub(super) fn room_path(room: &Room) -> String {
    format!("/room/{}", room.id)
}

/// Returns the path that is shared: a page that asks for a name and joins the room.
pub(super) fn invite_path(invite: &Invite) -> String {
    format!("/invite/{}", invite.code)
}

/// Returns the path under which moderators manage an invite.
pub(super) fn invite_place(room: &Room, invite: &Invite) -> String {
    format!("/room/{}/invites/{}", room.id, invite.code)
}

/// The choices for how many people may use an invite; the last is unlimited.
pub(super) const INVITE_USES: [Option<u32>; 5] = [Some(1), Some(5), Some(25), Some(100), None];

/// The choices for how many hours an invite is valid; the last is until it is revoked.
pub(super) const INVITE_HOURS: [Option<u32>; 4] = [Some(1), Some(24), Some(168), None];

/// Returns the choices for slow mode, including the current value.
pub(super) fn paces(set: u32) -> Vec<u32> {
    let mut paces = vec![0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];
    paces.push(set);
    paces.sort_unstable();
    paces.dedup();
    paces
}

pub(super) fn role(member: &Member) -> &'static str {
    match member.role {
        Role::Owner => "owner",
        Role::Moderator => "moderator",
        Role::Member => "member",
    }
}

pub(super) fn is_by(message: &Message, member: &Member) -> bool {
    message.user.as_ref().is_some_and(|user| user.id == member.user.id)
}

/// Returns whether the viewer is a guest, which includes visitors without an identity.
pub(super) fn is_guest(me: &Option<&User>) -> bool {
    me.is_none_or(|me| me.kind == UserKind::Guest)
}

/// Returns the sentence for an error code. Templates pass references of any depth.
pub(super) fn sentence(code: &Code, lang: &Lang) -> &'static str {
    page_refusal(*code, *lang)
}

/// Returns the sentence for an error, a special one where it concerns a field. `field` may be empty.
pub(super) fn sentence_at(code: &Code, field: &str, lang: &Lang) -> &'static str {
    let special = (lang.strings().account.problem)(*code, field);
    special.filter(|_| !field.is_empty()).unwrap_or_else(|| sentence(code, lang))
}
