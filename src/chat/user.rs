//! People: guests who walked in, accounts who stay.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::UserId;

/// A person as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub kind: UserKind,
    pub name: String,
    /// `#rrggbb`, a pure function of the id: see [`hue`].
    pub color: String,
    pub picture: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserKind {
    Guest,
    Account,
    Bot,
}

/// Which of the 64 hues is a person's, for ever: in our pages the class `hue-N`.
pub fn hue(id: UserId) -> u8 {
    // Fibonacci hashing spreads neighbouring ids over the circle; the top six bits choose.
    ((id.as_u128() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as u8
}
