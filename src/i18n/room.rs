//! Strings of the page of a room: its head, what asks before it acts, and the page to join.

/// The room part of [`Strings`](super::Strings).
pub struct RoomStrings {
    // The head.
    pub members_count: fn(u32) -> String,
    pub online_count: [&'static str; 2],
    pub menu: &'static str,

    // The composer.
    pub too_long: [&'static str; 2],
    pub send_as_file: &'static str,
    pub send_plain: &'static str,
    /// What the commands that every room has do and take, in their order.
    pub command_hints: [&'static str; 7],
    pub command_invite: fn(&str) -> String,
    pub command_muted: &'static str,
    /// The program of the webhook has not answered yet.
    pub command_working: fn(&str) -> String,
    pub command_unmuted: &'static str,

    // Leaving.
    pub leave_asks: &'static str,
    pub leave_says: &'static str,
    pub leave_says_ephemeral: &'static str,
    pub leave_says_owner: &'static str,
    pub hide_says: &'static str,

    // Actions on a member.
    pub hand_over_says: fn(&str) -> String,
    pub kick_says: &'static str,
    pub new_invite: &'static str,
    /// Around the name.
    pub ban_says: [&'static str; 2],
    pub block_says: &'static str,
    pub moderator_says: &'static str,
    pub reason: &'static str,
    pub reason_hint: &'static str,

    // A new room.
    pub kept: &'static str,
    pub kept_hint: &'static str,
    pub ephemeral: &'static str,
    pub ephemeral_hint: &'static str,
    pub new_room_title: &'static str,

    // Joining.
    pub enter_as: fn(&str) -> String,
    pub log_in_instead: &'static str,
    pub session_ended: &'static str,
    pub session_ended_guest: &'static str,
    pub ask_operator: &'static str,

    // Reading.
    pub to_latest: &'static str,
    pub joined_as_guest: fn(&str) -> String,
    pub first_hello: &'static str,

    // Retention.
    pub keep_messages: &'static str,
    pub keep_files: &'static str,
    /// The days for which the server keeps them; 0 for good.
    pub keep_hint: fn(u32) -> String,
    pub original_gone: &'static str,

    // The lobby.
    pub lobby_about: &'static str,
    /// Where only people with an account come in.
    pub lobby_about_accounts: &'static str,
    /// Where visitors join rooms and create none.
    pub lobby_about_rooms: &'static str,
    pub members_of: fn(u32, u32) -> String,
}
