//! The kinds of jobs of the outbox.

/// The kind of a job, with its target and payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Fetches the page behind a message's link. The target is the message, the payload the link.
    Preview,
    /// Mails a link to choose a new password. The target is the user, the payload the language.
    ResetEmail,
    /// Posts to an outgoing webhook. The target is the hook, the payload the delivery.
    Hook,
    /// Finds the members to notify of what is new in a room. The target is the room, the payload what to begin with.
    Notify,
    /// Pushes what is new in a room to a browser. The target is the push subscription with the room, the payload names both.
    Push,
    /// Mails what a user has missed. The target is the user.
    Digest,
    /// Mails a link to confirm an address. The target is the user, the payload the language.
    ConfirmEmail,
    /// Mails a link to sign up to an address. The target is nothing, the payload names the address.
    SignUpEmail,
    /// Mails a link that changes the address of an account. The target is the user, the payload names the address.
    NewEmail,
    /// Makes the archive of a user's own data. The target is the user, the payload the language.
    Export,
    /// Sends a scheduled message, or reminds. The target is the message or the reminder.
    Scheduled,
}

impl JobKind {
    pub const ALL: [Self; 11] = [
        Self::Preview,
        Self::ResetEmail,
        Self::Hook,
        Self::Notify,
        Self::Push,
        Self::Digest,
        Self::ConfirmEmail,
        Self::SignUpEmail,
        Self::NewEmail,
        Self::Export,
        Self::Scheduled,
    ];
}
