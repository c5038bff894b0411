//! The serialised form of a message in a fact: with the fields that clients are not sent.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Message;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole<M> {
    #[serde(flatten)]
    message: M,
    key: Option<String>,
    is_partial: bool,
}

pub(in crate::chat) fn serialize<S: Serializer>(message: &Message, serializer: S) -> Result<S::Ok, S::Error> {
    Whole { message, key: message.key.clone(), is_partial: message.is_partial }.serialize(serializer)
}

pub(in crate::chat) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Message>, D::Error> {
    let Whole { message, key, is_partial } = Whole::<Message>::deserialize(deserializer)?;
    Ok(Box::new(Message { key, is_partial, ..message }))
}
