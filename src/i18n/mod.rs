//! The strings of the pages in every language.
//!
//! [`Strings`] is a struct with one value per language, so a missing translation does not compile.
//! Lines with values in them are functions for the same reason.

mod account;
mod admin;
mod audit;
mod bot;
mod en;
mod hook;
mod josa;
mod ko;
pub mod local;
mod mail;
mod name;
mod pwa;
mod report;
mod room;
mod scheduled;
mod script;
mod settings;
mod voice;

use crate::chat::member::Presence;
use crate::chat::message::Message;
use crate::error::Code;

pub use account::AccountStrings;
pub use admin::AdminStrings;
pub use audit::audit_sentence;
pub use bot::BotStrings;
pub use hook::{HookStrings, delivery_failure};
pub use josa::{Particle, josa};
pub use mail::MailStrings;
pub use name::any_name;
pub use pwa::PwaStrings;
pub use report::ReportStrings;
pub use room::RoomStrings;
pub use scheduled::ScheduledStrings;
pub use script::ScriptStrings;
pub use settings::SettingsStrings;

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Ko,
    En,
}

/// Returns the name of a server as admins have set it, else Madang's own.
pub fn server_name(set: &str, lang: Lang) -> &str {
    if set.is_empty() { lang.strings().mark } else { set }
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::Ko, Lang::En];

    pub fn code(self) -> &'static str {
        match self {
            Lang::Ko => "ko",
            Lang::En => "en",
        }
    }

    /// Returns the language's own name, for the language switch.
    pub fn name(self) -> &'static str {
        match self {
            Lang::Ko => "한국어",
            Lang::En => "English",
        }
    }

    /// Returns the language that the switch offers.
    pub fn other(self) -> Lang {
        match self {
            Lang::Ko => Lang::En,
            Lang::En => Lang::Ko,
        }
    }

    /// Parses a tag such as `ko`, `ko-KR` or `en_US`. Returns `None` for a language without
    /// strings.
    pub fn from_code(code: &str) -> Option<Lang> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }

    /// Returns the best match for an `Accept-Language` header by q-value, the earlier one on a tie,
    /// and Korean when nothing matches.
    pub fn from_accept_language(header: &str) -> Lang {
        let mut best = (Lang::default(), 0.0);
        // Browsers send a few entries; the limit bounds the work for a hostile header.
        for entry in header.split(',').take(32) {
            let mut parts = entry.split(';');
            let Some(lang) = parts.next().and_then(Lang::from_code) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok())
                .map_or(1.0, |weight| weight.clamp(0.0, 1.0));
            if weight > best.1 {
                best = (lang, weight);
            }
        }
        best.0
    }

    pub fn strings(self) -> &'static Strings {
        match self {
            Lang::Ko => &ko::STRINGS,
            Lang::En => &en::STRINGS,
        }
    }
}

/// Returns the text of a system message; empty for any other kind.
pub fn system_line(message: &Message, lang: Lang) -> String {
    (lang.strings().system_line)(message)
}

/// Returns the text of a system message as pages show it. Clients of the API get [`system_line`].
pub fn page_line(message: &Message, lang: Lang) -> String {
    (lang.strings().page_line)(message)
}

/// Returns the sentence for a refused request as pages show it.
pub fn page_refusal(code: Code, lang: Lang) -> &'static str {
    (lang.strings().page_refusal)(code).unwrap_or_else(|| refusal(code, lang))
}

/// Returns the sentence for a refused request: what happened, and what to do.
pub fn refusal(code: Code, lang: Lang) -> &'static str {
    (lang.strings().refusal)(code)
}

/// All strings of the pages in one language.
pub struct Strings {
    // Whole site.
    pub mark: &'static str,
    pub wish: &'static str,
    pub about: &'static str,
    pub close: &'static str,
    pub cancel: &'static str,
    pub back: &'static str,
    pub save: &'static str,
    pub switch_language: &'static str,
    pub enlarge: &'static str,
    pub page_not_found: &'static str,
    pub check_address: &'static str,
    pub way_home: &'static str,
    pub skip_to_content: &'static str,

    // Lobby.
    pub rooms: &'static str,
    pub rooms_empty: &'static str,
    /// The same for somebody who has rooms of their own.
    pub rooms_empty_beside: &'static str,
    /// For visitors who create none.
    pub rooms_none: &'static str,
    pub my_rooms: &'static str,
    pub requests: &'static str,
    pub request_says: &'static str,
    pub request_accept: &'static str,
    pub request_refuse: &'static str,
    pub unread: &'static str,
    pub named_you: &'static str,
    pub new_room: &'static str,
    pub new_room_hint: &'static str,
    pub find: &'static str,
    pub find_label: &'static str,
    pub find_hint: &'static str,
    pub locked: &'static str,
    pub full: &'static str,
    pub no_owner: &'static str,

    // Room settings, for a new room and later.
    pub title: &'static str,
    pub title_hint: &'static str,
    pub max: &'static str,
    pub password: &'static str,
    pub password_hint: &'static str,
    pub password_keep_hint: &'static str,
    pub password_clear: &'static str,
    pub revoke_invites: &'static str,
    pub make_room: &'static str,
    pub settings: &'static str,
    pub more_settings: &'static str,
    pub listing: &'static str,
    pub listed: &'static str,
    pub unlisted: &'static str,
    pub unlisted_hint: &'static str,
    pub history: &'static str,
    pub history_all: &'static str,
    pub history_joined: &'static str,
    pub slow: &'static str,
    pub slow_off: &'static str,
    pub slow_wait: &'static str,
    pub every: fn(u32) -> String,
    pub bans: &'static str,
    pub bans_none: &'static str,
    pub lift_ban: &'static str,
    pub delete_room: &'static str,
    pub delete_room_hint: &'static str,
    pub delete_room_sure: &'static str,

    // Own name and picture.
    pub name: &'static str,
    pub rename: &'static str,
    pub guest: &'static str,
    /// A guest's name in a line of text.
    pub guest_named: fn(&str) -> String,
    pub bot: &'static str,

    pub account: AccountStrings,
    pub admin: AdminStrings,
    pub report: ReportStrings,
    pub room: RoomStrings,
    pub scheduled: ScheduledStrings,
    /// Strings of the page of one's bots.
    pub bot_page: BotStrings,
    /// Strings of the page of a room's incoming webhooks.
    pub hook: HookStrings,
    pub settings_page: SettingsStrings,
    pub pwa: PwaStrings,
    pub mail: MailStrings,
    pub script: ScriptStrings,

    // Joining a room.
    pub enter: &'static str,
    pub people_inside: fn(u32) -> String,
    pub nobody_inside: &'static str,
    pub door_locked: &'static str,
    pub door_invited: &'static str,
    pub door_hint: &'static str,

    // Messages.
    pub talk: &'static str,
    pub talk_empty: &'static str,
    pub today: &'static str,
    pub just_now: &'static str,
    pub yesterday: &'static str,
    pub older: &'static str,
    pub newer: &'static str,
    pub newest: &'static str,
    pub new_messages: &'static str,
    pub edited: &'static str,
    pub deleted: &'static str,
    pub whisper: &'static str,
    pub whisper_to: fn(&str) -> String,
    pub whisper_to_you: &'static str,
    pub whispering_to: &'static str,
    pub somebody: &'static str,
    pub unread_by: &'static str,
    pub full_picture: &'static str,
    pub refresh: &'static str,
    pub unread_above: fn(&str) -> String,
    pub read_up_to_here: &'static str,
    pub not_there: &'static str,
    pub room_menu: &'static str,
    pub jump: &'static str,
    pub go: &'static str,
    pub pinned: &'static str,
    pub pins: fn(usize) -> String,

    // Composer.
    pub write: &'static str,
    pub send: &'static str,
    pub emoji: &'static str,
    pub attach: &'static str,
    pub attach_remove: &'static str,
    pub attached: &'static str,
    pub too_many_files: fn(usize) -> String,
    pub drop_here: &'static str,
    pub sending: &'static str,
    pub send_failed: &'static str,
    pub retry: &'static str,
    pub discard: &'static str,
    pub typing: fn(&str) -> String,
    pub typing_many: &'static str,
    pub acts: &'static str,
    pub more: &'static str,
    pub react: &'static str,
    pub reply: &'static str,
    pub replying_to: fn(&str) -> String,
    pub edit: &'static str,
    pub editing: &'static str,
    pub delete: &'static str,
    pub pin: &'static str,
    pub unpin: &'static str,
    pub copy_text: &'static str,
    pub copy_link: &'static str,
    pub copied: &'static str,
    pub mention_whom: &'static str,
    pub everybody: &'static str,
    pub everybody_hint: &'static str,

    // Search.
    pub search: &'static str,
    pub search_hint: &'static str,
    pub search_in: fn(&str) -> String,
    pub search_everywhere: &'static str,
    pub search_found: &'static str,
    pub search_none: &'static str,
    pub search_more: &'static str,
    pub search_go_on: &'static str,
    pub search_tips: &'static str,
    /// The search syntax, each with its explanation.
    pub search_ways: [(&'static str, &'static str); 6],
    pub notes: &'static str,

    // User directory.
    pub directory: &'static str,
    pub directory_hint: &'static str,
    pub directory_empty: &'static str,
    pub directory_none: &'static str,
    pub directory_more: &'static str,
    pub start_direct: &'static str,
    pub presence: fn(Presence) -> &'static str,
    // Files.
    pub files_of_room: &'static str,
    pub pictures: &'static str,
    pub files: &'static str,
    pub file: &'static str,
    pub no_pictures: &'static str,
    pub no_files: &'static str,
    pub to_message: &'static str,
    pub back_to_room: &'static str,
    pub older_files: &'static str,
    pub newest_files: &'static str,
    pub download: &'static str,
    pub previous: &'static str,
    pub next: &'static str,

    // Members.
    pub people: &'static str,
    pub owner: &'static str,
    pub moderator: &'static str,
    pub make_moderator: &'static str,
    pub unmake_moderator: &'static str,
    pub you: &'static str,
    pub kick: &'static str,
    pub ban: &'static str,
    pub ban_revokes_invites: &'static str,
    pub hand_over: &'static str,
    pub converse: &'static str,
    pub here_now: &'static str,
    pub away: &'static str,
    pub last_seen: &'static str,
    pub share: &'static str,
    pub shared: &'static str,
    pub leave: &'static str,
    pub hide_direct: &'static str,

    // Invites.
    pub copy: &'static str,
    pub room_link: &'static str,
    pub room_link_open: &'static str,
    pub room_link_locked: &'static str,
    pub qr: &'static str,
    pub invites: &'static str,
    pub invites_hint: &'static str,
    pub invite_uses: &'static str,
    pub invite_ends: &'static str,
    pub make_invite: &'static str,
    pub revoke_invite: &'static str,
    pub uses: fn(Option<u32>) -> String,
    pub uses_left: fn(Option<u32>) -> String,
    pub hours: fn(Option<u32>) -> &'static str,
    /// Before and after the time at which an invite ends.
    pub invite_until: [&'static str; 2],
    /// Before and after the time at which a ban or a time-out ends.
    pub until: [&'static str; 2],
    /// Around the time at which something ends, as a sentence.
    pub ends: [&'static str; 2],

    // Connection.
    pub reconnecting: &'static str,
    pub restarting: &'static str,
    pub kicked: &'static str,
    pub removed: &'static str,
    pub done: &'static str,

    // Sentences with values.
    pub page_title: fn(&str) -> String,
    pub refusal: fn(Code) -> &'static str,
    pub system_line: fn(&Message) -> String,
    /// What pages say instead of `system_line`.
    pub page_line: fn(&Message) -> String,
    /// What pages say instead of `refusal`, where they say something else.
    pub page_refusal: fn(Code) -> Option<&'static str>,
}

#[cfg(test)]
mod tests;
