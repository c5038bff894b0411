use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::member::set_moderator;
use crate::chat::message::{self, NewMessage, Sent};
use crate::chat::room::{self, Change, Room};
use crate::chat::user::User;
use crate::error::{Code, Error, Result};

async fn say(store: &Store, now: i64, user: &User, room: &Room, key: &str) -> Result<Sent> {
    let (me, id) = (user.id, room.id);
    let new = NewMessage { key: Some(key.into()), text: "hello".into(), ..NewMessage::default() };
    store.write(move |tx| message::send(tx, &LIMITS, now, me, id, new.clone())).await
}

async fn slow(store: &Store, owner: &User, room: &Room, seconds: u32) {
    let (me, id) = (owner.id, room.id);
    let change = Change { slow_seconds: Some(seconds), ..Change::default() };
    store.write(move |tx| room::change(tx, &LIMITS, 1, me, id, change.clone())).await.unwrap();
}

#[track_caller]
fn waits(done: Result<Sent>, ms: u64) {
    let Err(Error { code: Code::RateLimited, retry_after: Some(after), .. }) = done else { panic!("{done:?}") };
    assert_eq!(after.as_millis(), u128::from(ms));
}

#[tokio::test]
async fn a_member_waits_between_two_messages_and_moderators_do_not() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 9).await;
    store.enter(2, &jun, &room).await.unwrap();
    store.enter(2, &sora, &room).await.unwrap();
    // Messages from before slow mode do not count.
    say(&store, 9_999, &jun, &room, "early").await.unwrap();
    slow(&store, &minji, &room, 30).await;
    say(&store, 10_000, &jun, &room, "one").await.unwrap();
    waits(say(&store, 10_001, &jun, &room, "two").await, 29_999);
    // A repeated key is not limited, and a refusal does not extend the wait.
    assert!(say(&store, 10_002, &jun, &room, "one").await.unwrap().dup);
    waits(say(&store, 39_999, &jun, &room, "two").await, 1);
    say(&store, 40_000, &jun, &room, "two").await.unwrap();
    // Each member waits alone, and a clock that was set back adds at most one pause.
    say(&store, 40_000, &sora, &room, "hers").await.unwrap();
    waits(say(&store, 5_000, &sora, &room, "hers too").await, 30_000);
    for n in 0..3 {
        say(&store, 41_000, &minji, &room, &format!("owner {n}")).await.unwrap();
    }
    let (me, id, his) = (minji.id, room.id, jun.id);
    store.write(move |tx| set_moderator(tx, 41_000, me, id, his, true)).await.unwrap();
    say(&store, 41_001, &jun, &room, "moderator").await.unwrap();
    slow(&store, &minji, &room, 0).await;
    say(&store, 40_001, &sora, &room, "free").await.unwrap();
}
