//! How the small enumerations of chat are written in the store: by a stable word each. The words
//! are data; renaming one is a migration.

use super::member::Role;
use super::message::{MessageKind, SystemEvent};
use super::one_time_link::LinkKind;
use super::outbox::JobKind;
use super::room::{History, RoomKind};
use super::user::UserKind;
use crate::db::{Column, Param, Value};

macro_rules! words {
    ($($name:ident { $($variant:ident $word:literal)+ })+) => {$(
        impl $name {
            pub(super) fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            pub(super) fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl Param for $name {
            fn value(&self) -> Value<'_> { Value::Text(self.word()) }
        }

        impl Column for $name {
            fn from_value(value: Value<'_>) -> Option<Self> {
                if let Value::Text(word) = value { Self::from_word(word) } else { None }
            }
        }
    )+};
}

words! {
    UserKind { Guest "guest" Account "account" Bot "bot" }
    History { All "all" Joined "joined" }
    LinkKind { Admin "admin" Password "password" }
    JobKind { Preview "preview" }
    RoomKind { Open "open" Direct "direct" }
    Role { Member "member" Moderator "moderator" Owner "owner" }
    MessageKind { Text "text" System "system" Whisper "whisper" }
    SystemEvent {
        Join "join" Exit "exit" Kick "kick" Ban "ban" Owner "owner" Title "title" Max "max" Password "password"
        Moderator "moderator" Member "member"
    }
}
