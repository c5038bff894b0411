//! English strings.

use super::Strings;
use crate::chat::member::Presence;
use crate::chat::message::{Message, SystemEvent};
use crate::chat::user::User;
use crate::error::Code;

mod account;

pub(super) const STRINGS: Strings = Strings {
    mark: "마당",
    wish: "Come in.",
    about: "A courtyard to drop in and talk",
    close: "Close",
    cancel: "Cancel",
    back: "Back",
    save: "Save",
    switch_language: "한국어로 보기",
    way_home: "Back to the gate",
    skip_to_content: "Skip to content",

    rooms: "Open rooms",
    rooms_empty: "No room is open yet. Open the first one.",
    my_rooms: "My rooms",
    requests: "Requests",
    request_says: "You share no room with this person. Reply or accept to move this conversation to your rooms.",
    request_accept: "Accept",
    request_refuse: "Decline",
    unread: "Unread messages",
    named_you: "Messages that mention you",
    new_room: "New room",
    new_room_hint: "A title is all it takes.",
    find: "Enter",
    find_label: "Enter a room by its link or id",
    find_hint: "A room link or id you were given",
    locked: "Needs a password",
    full: "Full",
    no_owner: "No owner",
    online_of: |online, max| format!("{online} here now, room for {max}"),

    title: "Title",
    title_hint: "What shall we talk about?",
    max: "Seats",
    password: "Password",
    password_hint: "Optional",
    password_keep_hint: "Unchanged if empty",
    password_clear: "Remove the password",
    revoke_invites: "End all invite links",
    ephemeral: "The room goes when everyone has left",
    ephemeral_hint: "Otherwise the room and its talk stay.",
    make_room: "Open the room",
    settings: "Room settings",
    more_settings: "More settings",
    listing: "List of open rooms",
    listed: "Shown in the list",
    unlisted: "Not in the list",
    unlisted_hint: "Only people with the link or an invite find it.",
    history: "Earlier messages",
    history_all: "Newcomers see everything",
    history_joined: "Newcomers see what follows",
    slow: "Slow mode",
    slow_off: "Off",
    slow_wait: "This room talks slowly. You can send in a moment.",
    every: |seconds| match seconds {
        3_600 => "Once an hour".to_owned(),
        60 => "Once a minute".to_owned(),
        3_600.. if seconds.is_multiple_of(3_600) => format!("Every {} hours", seconds / 3_600),
        60.. if seconds.is_multiple_of(60) => format!("Every {} minutes", seconds / 60),
        _ => format!("Every {seconds} seconds"),
    },
    bans: "Kept out",
    lift_ban: "Let in again",
    delete_room: "Delete the room",
    delete_room_hint: "All messages and files go with it, for good.",
    delete_room_sure: "Yes, delete everything",

    name: "Name",
    rename: "Change name",
    guest: "guest",
    bot: "bot",

    account: account::STRINGS,

    enter: "Come in",
    people_inside: |count| match count {
        1 => "1 person is inside now".to_owned(),
        _ => format!("{count} people are inside now"),
    },
    nobody_inside: "Nobody is inside right now. Be the first?",
    door_locked: "This room asks for a password.",
    door_invited: "You were invited: no password needed.",
    door_hint: "No sign-up needed.",

    talk: "Conversation",
    talk_empty: "It is quiet here. Say the first hello.",
    today: "Today",
    just_now: "just now",
    yesterday: "Yesterday",
    older: "Show earlier messages",
    newer: "Newer messages",
    newest: "Go to the newest messages",
    new_messages: "New messages",
    edited: "edited",
    deleted: "This message was deleted.",
    whisper: "Whisper",
    whisper_to: |name| format!("Whisper to {name}"),
    whispering_to: "Whispering to",
    somebody: "Somebody who left",
    unread_by: "have not read this yet",
    full_picture: "Open the full picture",
    refresh: "Check for new messages",
    unread_above: |count| format!("{count} unread"),
    read_up_to_here: "Read up to here",
    not_there: "That message cannot be found.",
    room_menu: "Room menu",
    jump: "Jump to a date",
    go: "Go",
    pinned: "Pinned messages",
    pins: |count| format!("Show {count}"),

    write: "Write a message",
    send: "Send",
    emoji: "Emoji",
    attach: "Attach files",
    attach_remove: "Remove this file",
    attached: "Attached files",
    too_many_files: |most| format!("Up to {most} files go with one message."),
    drop_here: "Drop it here to get it ready",
    sending: "Sending",
    send_failed: "Not sent.",
    retry: "Try again",
    discard: "Discard",
    typing: |name| format!("{name} is typing"),
    typing_many: "Several people are typing",
    acts: "Actions on the message",
    more: "More",
    react: "React",
    reply: "Reply",
    replying_to: |name| format!("Replying to {name}"),
    edit: "Edit",
    editing: "Editing the message",
    delete: "Delete",
    delete_sure: "Gone for everyone. Press once more",
    pin: "Pin",
    unpin: "Unpin",
    copy_text: "Copy text",
    copy_link: "Copy link",
    copied: "Copied.",
    mention_whom: "People to mention",
    everybody: "everyone",
    everybody_hint: "Calls everybody in the room",

    search: "Search",
    search_hint: "What are you looking for?",
    search_in: |title| format!("Looking in “{title}” only."),
    search_everywhere: "Search all rooms",
    search_found: "Messages found",
    search_none: "No message was found. Try other words.",
    search_more: "Show earlier results",
    search_go_on: "Not everything was looked at yet. Go on searching",
    search_tips: "More ways to search",
    search_ways: [
        ("\"lunch tomorrow\"", "these words in a row"),
        ("from:minji", "written by this person"),
        ("in:courtyard", "in this room only"),
        ("after:2026-11-01", "from that day on"),
        ("before:2026-11-20", "before that day"),
        ("has:file", "with a file"),
    ],
    notes: "Notes to yourself",

    directory: "Find people",
    directory_hint: "Name",
    directory_empty: "Nobody has signed up yet.",
    directory_none: "Nobody here has that name. Try another one.",
    directory_more: "Show more",
    start_direct: "Message",
    presence: |presence| match presence {
        Presence::Online => "online",
        Presence::Away => "away",
        Presence::Offline => "offline",
    },
    files_of_room: "Pictures and files",
    pictures: "Pictures",
    files: "Files",
    file: "File",
    no_pictures: "No pictures yet. Those shared in the conversation gather here.",
    no_files: "No files yet. Those shared in the conversation gather here.",
    to_message: "Show the message",
    back_to_room: "Back to the room",
    older_files: "Show older ones",
    newest_files: "Back to the newest",
    download: "Download",
    previous: "Previous picture",
    next: "Next picture",

    people: "People",
    owner: "Owner",
    moderator: "Moderator",
    make_moderator: "Make moderator",
    unmake_moderator: "No longer moderator",
    you: "you",
    kick: "Remove from room",
    ban: "Remove for good",
    ban_revokes_invites: "Also end all invite links",
    hand_over: "Make owner",
    converse: "Message",
    here_now: "Here now",
    away: "Away",
    last_seen: "Last seen",
    share: "Invite people",
    shared: "Link copied.",
    leave: "Leave",
    hide_direct: "Hide from my list",

    copy: "Copy link",
    room_link: "Link to the room",
    room_link_open: "Anyone with this link can come in.",
    room_link_locked: "This link asks for the password.",
    qr: "Show QR code",
    invites: "Invite links",
    invites_hint: "Who comes by an invite is not asked for the password.",
    invite_uses: "For",
    invite_ends: "Works",
    make_invite: "Make invite link",
    revoke_invite: "End invite",
    uses: |uses| match uses {
        None => "any number".to_owned(),
        Some(1) => "1 person".to_owned(),
        Some(uses) => format!("{uses} people"),
    },
    uses_left: |left| match left {
        None => "For any number of people".to_owned(),
        Some(1) => "For 1 more person".to_owned(),
        Some(left) => format!("For {left} more people"),
    },
    hours: |hours| match hours {
        Some(1) => "for an hour",
        Some(24) => "for a day",
        Some(168) => "for a week",
        _ => "until ended",
    },
    until: ["until ", ""],

    reconnecting: "Connection lost. Connecting again…",
    restarting: "The server is about to restart. One moment…",
    kicked: "You were removed from the room.",
    removed: "The room is gone.",
    done: "Saved.",

    page_title: |title| format!("{title} · Madang"),
    refusal,
    system_line,
};

fn refusal(code: Code) -> &'static str {
    match code {
        Code::RoomNotFound => "There is no such room.",
        Code::WrongPassword => "The password is wrong.",
        Code::RoomFull => "The room is full.",
        Code::Banned => "You cannot enter this room.",
        Code::Invalid => "A field is empty or not in the right form. Mend it and try again.",
        Code::TooLong => "The text is too long. Shorten it a little.",
        Code::BadImage => "The picture cannot be read or is too large. Choose another one.",
        Code::BadJson | Code::BadRequest | Code::UnknownEvent => {
            "The server did not understand the request. Reload the page."
        }
        Code::Unauthenticated => "You have not come in yet, or your visit has ended. Come in again.",
        Code::BadCredentials => "E-mail and password do not match.",
        Code::Forbidden => "You are not allowed to do this.",
        Code::NotAMember => "Only people in the room can do this. Come in first.",
        Code::NotFound => "There is nothing here. Check the address.",
        Code::MethodNotAllowed => "This address cannot do that.",
        Code::EmailTaken => "This e-mail address is already in use.",
        Code::TooMany => "There is no room for more. Remove some first.",
        Code::Gone => "It is gone, or can no longer be used.",
        Code::TooLarge => "The file is too large. Choose a smaller one.",
        Code::UnsupportedType => {
            "This kind of file is not taken here. For a picture, choose a PNG, JPEG, GIF or WebP file."
        }
        Code::Misdirected => "This server has another address. Check the link.",
        Code::RateLimited => "That was a little fast. Try again in a moment.",
        Code::Busy => "It is crowded right now. Try again in a moment.",
        Code::Unavailable => "The store does not answer. Nothing was changed; try again in a moment.",
        Code::SearchUnavailable => "Search is not available here right now. Tell the administrator of this server.",
        Code::Draining => "The server is about to restart. Try again in a moment.",
        Code::Internal => "The server had a fault and noted it. Try again in a moment.",
    }
}

fn system_line(message: &Message) -> String {
    let Some(system) = &message.system else { return String::new() };
    let befell = called(system.user.as_ref().or(message.user.as_ref()));
    let actor = called(message.user.as_ref().or(system.by.as_ref()));
    // When an owner leaves, nobody else made the hand-over, so only the new owner is named.
    let by =
        system.by.as_ref().or(message.user.as_ref()).filter(|by| Some(by.id) != system.user.as_ref().map(|u| u.id));
    let by = by.map(|by| called(Some(by)));
    match system.event {
        SystemEvent::Join => with_others(actor, system.others, "joined"),
        SystemEvent::Exit => with_others(actor, system.others, "left"),
        SystemEvent::Kick => removed(befell, by, "was removed", system.reason.as_deref()),
        SystemEvent::Ban => removed(befell, by, "was removed and kept out", system.reason.as_deref()),
        SystemEvent::Owner => match by {
            Some(by) => format!("{by} made {befell} the owner."),
            None => format!("{befell} is the owner now."),
        },
        SystemEvent::Title => {
            format!("{actor} renamed the room to “{}”.", system.title.as_deref().unwrap_or_default())
        }
        SystemEvent::Max => format!("{actor} changed the number of seats to {}.", system.max.unwrap_or_default()),
        SystemEvent::Password => format!("{actor} changed the room's password."),
        SystemEvent::Moderator => match by {
            Some(by) => format!("{by} made {befell} a moderator."),
            None => format!("{befell} is a moderator now."),
        },
        SystemEvent::Member => match by {
            Some(by) => format!("{by} made {befell} a member again."),
            None => format!("{befell} is no longer a moderator."),
        },
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

fn removed(befell: String, by: Option<String>, did: &str, reason: Option<&str>) -> String {
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{befell} {did}{by} ({reason})."),
        None => format!("{befell} {did}{by}."),
    }
}
