//! What the program behind a webhook answers to a slash command.

/// An answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookAnswer {
    pub text: String,
    /// Whether everybody in the room gets it, and not only the user.
    pub is_for_room: bool,
    /// Whether it notifies nobody.
    pub silent: bool,
}
