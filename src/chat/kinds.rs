//! The small enumerations of chat. Each value has one stable name: JSON, the store and the pages use the
//! same. The names in the store are data, so a renamed value needs a migration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::db::{Column, Param, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserKind {
    Guest,
    Account,
    Bot,
}

/// Whether a user is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    Online,
    /// Connected, but looking at none of their screens.
    Away,
    /// Not connected, or invisible.
    #[default]
    Offline,
}

// The order is that of the rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Member,
    Moderator,
    Owner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoomKind {
    Open,
    Direct,
}

/// What a member may see of a room from before they joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum History {
    /// Everything.
    #[default]
    All,
    /// Nothing.
    Joined,
}

impl History {
    pub fn is_all(self) -> bool {
        self == Self::All
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageKind {
    Text,
    System,
    Whisper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SystemEvent {
    Join,
    Exit,
    Kick,
    Ban,
    Owner,
    Title,
    Max,
    Password,
    /// A member became a moderator.
    Moderator,
    /// A moderator became a member again.
    Member,
}

/// Who may open a direct room with a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DirectFrom {
    #[default]
    Everybody,
    /// Users who share an open room with them.
    Known,
    /// Users with an account.
    Accounts,
    Nobody,
}

/// How much a room notifies a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NotifyLevel {
    #[default]
    All,
    /// Of mentions only.
    Mentions,
    None,
}

/// The purpose of a one-time link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes an account an admin. The link belongs to no account until it is used.
    Admin,
    /// Sets a new password of one account.
    Password,
    /// Signs its user in on another device or in another browser.
    Device,
}

/// The kind of a job of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Fetches the page behind a message's link. The target is the message, the payload the link.
    Preview,
    /// Mails a link to choose a new password. The target is the user, the payload the language.
    ResetEmail,
}

/// What somebody did, in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    AdminMade,
    AdminRemoved,
    AdminLink,
    AccountSuspended,
    AccountRestored,
    ResetLink,
    KeyCreated,
    KeyRevoked,
    MemberRemoved,
    MemberBanned,
    MemberUnbanned,
    ModeratorMade,
    ModeratorRemoved,
    RoomHandedOver,
    RoomRemoved,
    MessageDeleted,
}

macro_rules! names {
    ($($kind:ident { $($value:ident $name:literal)+ })+) => {$(
        impl $kind {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $name,)+ }
            }

            /// Returns the value of a name, or `None` for one that a newer version has stored.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$value),)+ _ => None }
            }
        }

        impl Param for $kind {
            fn value(&self) -> Value<'_> { Value::Text(self.as_str()) }
        }

        impl Column for $kind {
            fn from_value(value: Value<'_>) -> Option<Self> {
                if let Value::Text(name) = value { Self::from_name(name) } else { None }
            }
        }
    )+};
}

names! {
    UserKind { Guest "guest" Account "account" Bot "bot" }
    Presence { Online "online" Away "away" Offline "offline" }
    Role { Member "member" Moderator "moderator" Owner "owner" }
    RoomKind { Open "open" Direct "direct" }
    History { All "all" Joined "joined" }
    MessageKind { Text "text" System "system" Whisper "whisper" }
    SystemEvent {
        Join "join" Exit "exit" Kick "kick" Ban "ban" Owner "owner" Title "title" Max "max" Password "password"
        Moderator "moderator" Member "member"
    }
    DirectFrom { Everybody "everybody" Known "known" Accounts "accounts" Nobody "nobody" }
    NotifyLevel { All "all" Mentions "mentions" None "none" }
    LinkKind { Admin "admin" Password "password" Device "device" }
    JobKind { Preview "preview" ResetEmail "resetEmail" }
    AuditAction {
        AdminMade "admin.made"
        AdminRemoved "admin.removed"
        AdminLink "admin.link"
        AccountSuspended "account.suspended"
        AccountRestored "account.restored"
        ResetLink "account.resetLink"
        KeyCreated "key.created"
        KeyRevoked "key.revoked"
        MemberRemoved "member.removed"
        MemberBanned "member.banned"
        MemberUnbanned "member.unbanned"
        ModeratorMade "moderator.made"
        ModeratorRemoved "moderator.removed"
        RoomHandedOver "room.handedOver"
        RoomRemoved "room.removed"
        MessageDeleted "message.deleted"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_json_and_in_the_store() {
        fn same<T: Serialize>(value: T, name: &str) {
            assert_eq!(serde_json::to_value(value).unwrap(), name);
        }
        [UserKind::Guest, UserKind::Account, UserKind::Bot].into_iter().for_each(|kind| same(kind, kind.as_str()));
        [Presence::Online, Presence::Away, Presence::Offline]
            .into_iter()
            .for_each(|presence| same(presence, presence.as_str()));
        [Role::Member, Role::Moderator, Role::Owner].into_iter().for_each(|role| same(role, role.as_str()));
        [RoomKind::Open, RoomKind::Direct].into_iter().for_each(|kind| same(kind, kind.as_str()));
        [History::All, History::Joined].into_iter().for_each(|history| same(history, history.as_str()));
        [DirectFrom::Everybody, DirectFrom::Known, DirectFrom::Accounts, DirectFrom::Nobody]
            .into_iter()
            .for_each(|from| same(from, from.as_str()));
        [NotifyLevel::All, NotifyLevel::Mentions, NotifyLevel::None]
            .into_iter()
            .for_each(|level| same(level, level.as_str()));
        [MessageKind::Text, MessageKind::System, MessageKind::Whisper]
            .into_iter()
            .for_each(|kind| same(kind, kind.as_str()));
        [SystemEvent::Join, SystemEvent::Exit, SystemEvent::Max]
            .into_iter()
            .for_each(|event| same(event, event.as_str()));
    }
}
