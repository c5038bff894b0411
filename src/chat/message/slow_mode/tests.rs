use crate::chat::fixtures::{House, LIMITS};
use crate::chat::member::set_moderator;
use crate::chat::message::{self, New, Sent};
use crate::chat::room::{self, Change, Room};
use crate::chat::user::User;
use crate::error::{Code, Error, Result};

async fn say(house: &House, now: i64, user: &User, room: &Room, key: &str) -> Result<Sent> {
    let (me, id) = (user.id, room.id);
    let new = New { key: Some(key.into()), text: "hello".into(), ..New::default() };
    house.write(move |tx| message::send(tx, &LIMITS, now, me, id, new)).await
}

async fn slow(house: &House, owner: &User, room: &Room, seconds: u32) {
    let (me, id) = (owner.id, room.id);
    let change = Change { slow_seconds: Some(seconds), ..Change::default() };
    house.write(move |tx| room::change(tx, &LIMITS, 1, me, id, change)).await.unwrap();
}

#[track_caller]
fn waits(done: Result<Sent>, ms: u64) {
    let Err(Error { code: Code::RateLimited, retry_after: Some(after), .. }) = done else { panic!("{done:?}") };
    assert_eq!(after.as_millis(), u128::from(ms));
}

#[tokio::test]
async fn a_member_waits_between_two_messages_and_keepers_do_not() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 9).await;
    house.enter(2, &jun, &room).await.unwrap();
    house.enter(2, &sora, &room).await.unwrap();
    // Said before slow mode began, which counts for nothing.
    say(&house, 9_999, &jun, &room, "early").await.unwrap();
    slow(&house, &minji, &room, 30).await;
    say(&house, 10_000, &jun, &room, "one").await.unwrap();
    waits(say(&house, 10_001, &jun, &room, "two").await, 29_999);
    // A repeat is the first answer again, however soon; a refusal costs no more waiting.
    assert!(say(&house, 10_002, &jun, &room, "one").await.unwrap().dup);
    waits(say(&house, 39_999, &jun, &room, "two").await, 1);
    say(&house, 40_000, &jun, &room, "two").await.unwrap();
    // Each waits alone, and a clock that was set back keeps nobody longer than one pause.
    say(&house, 40_000, &sora, &room, "hers").await.unwrap();
    waits(say(&house, 5_000, &sora, &room, "hers too").await, 30_000);
    for n in 0..3 {
        say(&house, 41_000, &minji, &room, &format!("owner {n}")).await.unwrap();
    }
    let (me, id, his) = (minji.id, room.id, jun.id);
    house.write(move |tx| set_moderator(tx, 41_000, me, id, his, true)).await.unwrap();
    say(&house, 41_001, &jun, &room, "moderator").await.unwrap();
    slow(&house, &minji, &room, 0).await;
    say(&house, 40_001, &sora, &room, "free").await.unwrap();
}
