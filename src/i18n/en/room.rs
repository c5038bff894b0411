//! English strings of the page of a room.

use crate::i18n::room::RoomStrings;

pub(in crate::i18n) const STRINGS: RoomStrings = RoomStrings {
    members_count: |count| match count {
        1 => "1 member".to_owned(),
        _ => format!("{count} members"),
    },
    online_count: ["", " online"],
    menu: "Room menu",

    too_long: ["The text is too long: ", " characters."],
    send_as_file: "Send as a text file",
    send_plain: "Send as text",
    command_hints: [
        "action — send it in italics",
        "[message] — shrug",
        "message — send it without notifying anyone",
        "name — rename the room",
        "make an invite link",
        "[off] — mute this room, or off to unmute it",
        "time, what — be reminded (20m, tomorrow 9:00)",
    ],
    command_invite: |link| format!("Here is an invite link: {link}"),
    command_working: |name| format!("{name} is still working on it. The answer will come here."),
    command_muted: "Notifications for this room are off. /mute off turns them on again.",
    command_unmuted: "Notifications for this room are on again.",

    leave_asks: "Leave this room?",
    leave_says: "The room stays, and you can come back any time.",
    leave_says_ephemeral: "This room is temporary: when the last person leaves, all its messages and files are deleted.",
    leave_says_owner: "When the owner leaves, the member who joined first becomes the owner.",
    hide_says: "Nothing is deleted. The conversation is back in your list with the next message.",

    hand_over_says: |name| {
        if name.is_empty() {
            "This cannot be undone. You become a regular member.".to_owned()
        } else {
            format!("{name} becomes the owner and you a regular member. This cannot be undone.")
        }
    },
    kick_says: "They leave the room. With the link they can come back.",
    new_invite: "New invite link",
    ban_says: ["", " will be removed and can't rejoin while banned."],
    block_says: "They can't whisper to you or message you, and their messages are folded. They won't know.",
    moderator_says: "Moderators can delete messages and remove people.",
    reason: "Reason (optional)",
    reason_hint: "Everyone in the room sees it",

    kept: "Permanent room",
    kept_hint: "The room and its messages stay when everyone leaves.",
    ephemeral: "Temporary room",
    ephemeral_hint: "Deleted with all messages when the last person leaves.",
    new_room_title: "What kind of room?",

    enter_as: |name| format!("You join as {name}"),
    log_in_instead: "Have an account? Log in",
    session_ended: "Your session ended. Log in to go back to where you were; what you were writing is still there.",
    session_ended_guest: "Your guest session in this browser ended. Please join again.",
    ask_operator: "Forgot your password? Ask the person who runs this server for a new one.",

    to_latest: "Latest messages",
    joined_as_guest: |name| format!("{name} joined as a guest."),
    first_hello: "Be the first to say hello. Share this link so others can join.",

    keep_messages: "Keep messages for (days)",
    keep_files: "Keep files for (days)",
    keep_hint: |days| match days {
        0 => "0 keeps them forever.".to_owned(),
        days => format!("0 follows the server: {days} days. It cannot be longer."),
    },
    original_gone: "The original is gone.",

    lobby_about: "A place to chat: open a room or join one. No sign-up needed.",
    lobby_about_accounts: "A place to chat. To join a room, you need an account.",
    lobby_about_rooms: "A place to chat: join a room. No sign-up needed.",
    members_of: |members, max| match members {
        1 => format!("1 member, up to {max}"),
        _ => format!("{members} members, up to {max}"),
    },
};
