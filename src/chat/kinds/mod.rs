//! The small enumerations of chat. Each value has one stable name: JSON, the store and the pages use the
//! same. The names in the store are data, so a renamed value needs a migration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::db::{Column, Param, Value};

mod audit_action;
mod hook_event;
mod job;
mod scheduled;

pub use audit_action::AuditAction;
pub use hook_event::HookEvent;
pub use job::JobKind;
pub use scheduled::ScheduledKind;

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

/// Who may sign up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SignUpPolicy {
    #[default]
    Open,
    /// With an invite of an admin.
    Invite,
    /// With an e-mail address at one of some hosts.
    EmailDomain,
    Closed,
}

/// Who may write in an open room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Writers {
    #[default]
    All,
    /// The moderators and the owner.
    Moderators,
    Owner,
}

/// What is done about a word that the server does not want. The order is that of the strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WordAction {
    /// The message is sent, and reported to the moderators.
    Warn,
    /// The message is hidden until a moderator shows it.
    Hold,
    /// The message is not sent.
    Refuse,
}

/// Why somebody reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReportReason {
    Spam,
    Abuse,
    Sexual,
    Violence,
    Privacy,
    Other,
    /// The word filter reports, and not a user.
    Words,
}

/// What is done about a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    Dismiss,
    /// The message is as deleted for everybody, until it is shown again.
    Hide,
    Show,
    Delete,
    /// The user is told what was wrong, by a whisper or in a direct room.
    Warn,
    /// The user cannot write in the room for some time.
    Mute,
    /// The user is removed from the room and cannot come back, for some time or for good.
    Ban,
    /// The user is logged out of the server and refused, for some time or for good. For admins.
    Suspend,
}

impl ReportReason {
    /// Those that a user gives.
    pub const OF_USERS: [Self; 6] = [Self::Spam, Self::Abuse, Self::Sexual, Self::Violence, Self::Privacy, Self::Other];
}

impl Decision {
    pub const ALL: [Self; 8] =
        [Self::Dismiss, Self::Hide, Self::Show, Self::Delete, Self::Warn, Self::Mute, Self::Ban, Self::Suspend];
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

/// What a bot may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BotRight {
    /// Connect, and read rooms of which it is a member.
    Read,
    /// Become a member of rooms in which its owner is, and leave them.
    Join,
    /// Send messages and files, and change its own.
    Send,
    /// React to messages.
    React,
    /// Open direct rooms.
    Direct,
}

impl BotRight {
    pub const ALL: [Self; 5] = [Self::Read, Self::Join, Self::Send, Self::React, Self::Direct];
}

/// The purpose of a one-time link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes an account an admin. The link belongs to no account until it is used.
    Admin,
    /// Sets a new password of one account.
    Password,
    /// Lets the owner of an account that somebody else has created choose the password.
    FirstPassword,
    /// Signs its user in on another device or in another browser.
    Device,
    /// Confirms that its user gets what is sent to their address.
    Email,
    /// Changes its user's address to the one that it was mailed to.
    NewEmail,
    /// Lets somebody sign up with the address that it was mailed to.
    SignUp,
}

macro_rules! names {
    ($($kind:ident { $($value:ident $name:literal)+ })+) => {$(
        impl $kind {
            #[cfg(test)]
            pub const NAMES: &'static [&'static str] = &[$($name),+];

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
    Writers { All "all" Moderators "moderators" Owner "owner" }
    WordAction { Warn "warn" Hold "hold" Refuse "refuse" }
    ReportReason {
        Spam "spam" Abuse "abuse" Sexual "sexual" Violence "violence" Privacy "privacy" Other "other" Words "words"
    }
    Decision {
        Dismiss "dismiss" Hide "hide" Show "show" Delete "delete" Warn "warn" Mute "mute" Ban "ban" Suspend "suspend"
    }
    SignUpPolicy { Open "open" Invite "invite" EmailDomain "emailDomain" Closed "closed" }
    NotifyLevel { All "all" Mentions "mentions" None "none" }
    BotRight { Read "read" Join "join" Send "send" React "react" Direct "direct" }
    HookEvent {
        Message "message" Edit "edit" Delete "delete" Reaction "reaction" Join "join" Exit "exit" Room "room"
        Report "report" RoomCreated "roomCreated" RoomRemoved "roomRemoved"
    }
    LinkKind {
        Admin "admin" Password "password" FirstPassword "firstPassword" Device "device" Email "email" NewEmail "newEmail"
        SignUp "signUp"
    }
    JobKind {
        Preview "preview" ResetEmail "resetEmail" Hook "hook" Notify "notify" Push "push" Digest "digest"
        ConfirmEmail "confirmEmail" SignUpEmail "signUpEmail" NewEmail "newEmail" Export "export"
        Scheduled "scheduled"
    }
    ScheduledKind { Message "message" Reminder "reminder" }
    AuditAction {
        Unknown "unknown"
        AdminMade "admin.made"
        AdminRemoved "admin.removed"
        AdminLink "admin.link"
        AccountCreated "account.created"
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
        JobRetried "job.retried"
        JobDropped "job.dropped"
        MessageHidden "message.hidden"
        MessageShown "message.shown"
        MemberMuted "member.muted"
        MemberUnmuted "member.unmuted"
        UserWarned "user.warned"
        ReportDecided "report.decided"
        JoinsLocked "room.joinsLocked"
        JoinsUnlocked "room.joinsUnlocked"
        SettingsChanged "settings.changed"
        InviteCreated "invite.created"
        InviteRevoked "invite.revoked"
        SessionsEnded "account.sessionsEnded"
        AccountDeleted "account.deleted"
        RoomClosed "room.closed"
        RoomOpened "room.opened"
        JobsRetried "jobs.retried"
        BackupWanted "backup.wanted"
        HookCreated "hook.created"
        HookRotated "hook.rotated"
        HookRevoked "hook.revoked"
        RoomInviteCreated "roomInvite.created"
        RoomInviteRevoked "roomInvite.revoked"
        IncomingHookCreated "incomingHook.created"
        IncomingHookRotated "incomingHook.rotated"
        IncomingHookRevoked "incomingHook.revoked"
        MessagePinned "message.pinned"
        MessageUnpinned "message.unpinned"
    }
}

#[cfg(test)]
mod tests;
