//! A house with a long history, for the parts that read: made once in a run.

use serde_json::json;

use crate::Outcome;
use crate::context::Context;
use crate::house::House;
use crate::part::sends::texts;
use crate::rest::Rest;
use crate::talkers::Talkers;

/// Connections that send while the house is filled.
const SENDERS: usize = 256;
/// Messages of a new room: one page.
const FEW: usize = 50;

pub(crate) struct Filled {
    pub(crate) house: House,
    pub(crate) token: String,
    /// A room with one page of history.
    pub(crate) new_room: String,
    /// A room of `messages`.
    pub(crate) long_room: String,
    pub(crate) messages: usize,
}

pub(crate) fn fill(context: &Context) -> Outcome<Filled> {
    let house = House::open_free(&context.madang, context.server_core, &[])?;
    let token = house.guests(1)?.pop().ok_or("no guest")?;
    let (long_room, new_room) = (house.room(&token, 50)?, house.room(&token, 50)?);
    let mut rest = Rest::connect(house.server.port)?;
    let texts = texts();
    for text in texts.iter().take(FEW) {
        // They are ready to stand in JSON, so this is what they say.
        let text: String = serde_json::from_str(&format!("\"{text}\""))?;
        rest.post(&format!("/api/rooms/{new_room}/messages"), Some(&token), &json!({ "text": text }))?;
    }
    let messages = context.many(1_000_000, 20_000);
    context.doing(format!("a room is filled with {messages} messages"));
    let script = |place: usize, number: u64| {
        let text = &texts[(place * 7 + number as usize) % texts.len()];
        format!(r#"42/chat,{number}["message",{{"room":"{long_room}","key":"{place}-{number}","text":"{text}"}}]"#)
    };
    let mut talkers = Talkers::new(house.server.port, &script)?;
    for _ in 0..SENDERS {
        talkers.add(format!(r#"40/chat,{{"token":"{token}"}}"#), false)?;
    }
    talkers.all_come()?;
    talkers.begin(0..SENDERS)?;
    talkers.talk_until(messages as u64)?;
    talkers.end()?;
    Ok(Filled { house, token, new_room, long_room, messages })
}
