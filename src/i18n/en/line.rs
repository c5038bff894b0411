//! The lines of system messages in English, for the API and for pages.

use super::STRINGS;
use crate::chat::message::{Message, SystemEvent};
use crate::chat::user::{User, UserKind};
use crate::error::Code;
use crate::i18n::voice::Voice;

pub(super) fn system_line(message: &Message) -> String {
    line(message, Voice::Api)
}

pub(super) fn page_line(message: &Message) -> String {
    line(message, Voice::Page)
}

pub(super) fn page_refusal(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::RoomNotFound => "There is no such room. Check the link.",
        Code::WrongPassword => "Wrong password.",
        Code::RoomFull => "The room is full. You can join when someone leaves.",
        Code::Banned => "You cannot join this room.",
        _ => return None,
    })
}

fn line(message: &Message, voice: Voice) -> String {
    let Some(system) = &message.system else { return String::new() };
    let target = called(system.user.as_ref().or(message.user.as_ref()));
    let actor = called(message.user.as_ref().or(system.by.as_ref()));
    // When an owner leaves, nobody else made the hand-over, so only the new owner is named.
    let by =
        system.by.as_ref().or(message.user.as_ref()).filter(|by| Some(by.id) != system.user.as_ref().map(|u| u.id));
    let by = by.map(|by| called(Some(by)));
    match system.event {
        SystemEvent::Join => joined(message, actor, system.others, voice),
        SystemEvent::Exit => with_others(actor, system.others, "left"),
        SystemEvent::Kick => removed(target, by, "was removed", system.reason.as_deref()),
        SystemEvent::Ban => {
            removed(target, by, voice.says("was removed and kept out", "was banned"), system.reason.as_deref())
        }
        SystemEvent::Owner => match by {
            Some(by) => format!("{by} made {target} the owner."),
            None => format!("{target} is the owner now."),
        },
        SystemEvent::Title => {
            format!("{actor} renamed the room to “{}”.", system.title.as_deref().unwrap_or_default())
        }
        SystemEvent::Max => {
            let did = voice.says("changed the number of seats to", "changed the maximum number of people to");
            format!("{actor} {did} {}.", system.max.unwrap_or_default())
        }
        SystemEvent::Password => format!("{actor} changed the room's password."),
        SystemEvent::Moderator => match by {
            Some(by) => format!("{by} made {target} a moderator."),
            None => format!("{target} is a moderator now."),
        },
        SystemEvent::Member => match by {
            Some(by) => format!("{by} made {target} a member again."),
            None => format!("{target} is no longer a moderator."),
        },
    }
}

fn joined(message: &Message, actor: String, others: Option<u32>, voice: Voice) -> String {
    let guest = message.user.as_ref().filter(|user| user.kind == UserKind::Guest);
    match guest.filter(|_| voice == Voice::Page && others.unwrap_or_default() == 0) {
        Some(guest) => (STRINGS.room.joined_as_guest)(&guest.name),
        None => with_others(actor, others, "joined"),
    }
}

fn called(user: Option<&User>) -> String {
    user.map_or(STRINGS.somebody, |user| &user.name).to_owned()
}

fn with_others(actor: String, others: Option<u32>, did: &str) -> String {
    match others.unwrap_or_default() {
        0 => format!("{actor} {did}."),
        1 => format!("{actor} and 1 other {did}."),
        others => format!("{actor} and {others} others {did}."),
    }
}

fn removed(target: String, by: Option<String>, did: &str, reason: Option<&str>) -> String {
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{target} {did}{by} ({reason})."),
        None => format!("{target} {did}{by}."),
    }
}
