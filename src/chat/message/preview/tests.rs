use super::*;
use crate::chat::account;
use crate::chat::fixtures::{House, LIMITS};
use crate::chat::message::{self, New};
use crate::chat::user::User;
use crate::error::Code;

const LINK: &str = "https://a.example/";
const OTHER: &str = "https://b.example/";

/// The links that wait to be looked at.
async fn waiting(house: &House) -> Vec<String> {
    let due = house.read(|tx| outbox::due(tx, 1_000, 100)).await.unwrap();
    due.jobs.into_iter().map(|job| job.payload).collect()
}

async fn edit(house: &House, user: &User, id: MessageId, text: &'static str) {
    let me = user.id;
    house.write(move |tx| message::edit(tx, &LIMITS, 3, me, id, text)).await.unwrap();
}

async fn set(house: &House, id: MessageId, url: &str) {
    let preview = Preview::new(url.into(), "title", None, None).unwrap();
    house.write(move |tx| set_preview(tx, 4, id, &preview)).await.unwrap();
}

#[tokio::test]
async fn a_preview_that_comes_twice_changes_nothing_the_second_time() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    let said = house.say(&minji, &room, LINK).await;
    house.facts();
    set(&house, said.id, OTHER).await;
    assert!(house.facts().is_empty(), "the link of another text");
    set(&house, said.id, LINK).await;
    let [Fact::Message(told)] = &house.facts()[..] else { panic!("told once") };
    assert_eq!((told.rev, told.preview.as_ref().unwrap().title.as_str()), (said.rev + 1, "title"));
    set(&house, said.id, LINK).await;
    assert!(house.facts().is_empty());
    assert_eq!(house.read(move |tx| room::get(tx, None, room.id)).await.unwrap().rev, said.rev + 1);
}

#[tokio::test]
async fn what_waits_goes_with_the_link() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    let id = house.say(&minji, &room, LINK).await.id;
    assert_eq!(waiting(&house).await, [LINK]);
    edit(&house, &minji, id, "look: https://a.example/").await;
    assert_eq!(waiting(&house).await, [LINK]);
    edit(&house, &minji, id, OTHER).await;
    assert_eq!(waiting(&house).await, [OTHER]);
    edit(&house, &minji, id, "never mind").await;
    assert_eq!(waiting(&house).await, [] as [&str; 0]);
    edit(&house, &minji, id, LINK).await;
    set(&house, id, LINK).await;
    // What has its preview is not looked at again.
    let awaited = house.read(move |tx| awaits_preview(tx, id, LINK)).await.unwrap();
    assert_eq!(awaited, None);
    let me = minji.id;
    let deleted = house.say(&minji, &room, OTHER).await.id;
    house.write(move |tx| message::delete(tx, &LIMITS, 5, me, deleted)).await.unwrap();
    assert_eq!(waiting(&house).await, [LINK]);
}

#[tokio::test]
async fn a_refused_send_a_whisper_and_too_many_links_queue_nothing() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    house.whisper(&minji, &room, jun.id, LINK).await;
    let refused = house.send(&sora, &room, New { text: LINK.into(), ..New::default() }).await.unwrap_err();
    assert_eq!(refused.code, Code::NotAMember);
    assert_eq!(waiting(&house).await, [] as [&str; 0]);
    let (me, room_id) = (minji.id, room.id);
    let off = house.write(move |tx| {
        let limits = Limits { waiting_previews_max: 0, ..LIMITS.clone() };
        message::send(tx, &limits, 2, me, room_id, New { text: LINK.into(), ..New::default() })
    });
    off.await.unwrap();
    assert_eq!(waiting(&house).await, [] as [&str; 0]);
    for _ in 0..LIMITS.waiting_previews_max + 3 {
        house.say(&minji, &room, LINK).await;
    }
    house.say(&jun, &room, OTHER).await;
    let waiting = waiting(&house).await;
    assert_eq!(waiting.iter().filter(|url| *url == LINK).count() as u64, LIMITS.waiting_previews_max);
    assert_eq!(waiting.last().unwrap(), OTHER);
}

#[tokio::test]
async fn what_waits_goes_with_the_room_and_with_the_person() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let (room, other) = (house.courtyard(&minji, 5).await, house.courtyard(&minji, 5).await);
    house.enter(2, &jun, &other).await.unwrap();
    let id = house.say(&minji, &room, LINK).await.id;
    house.say(&jun, &other, OTHER).await;
    let (me, room_id) = (minji.id, room.id);
    house.write(move |tx| room::remove(tx, 3, me, room_id)).await.unwrap();
    // Before the room's things are taken away nobody looks for it any more either.
    assert_eq!(house.read(move |tx| awaits_preview(tx, id, LINK)).await.unwrap(), None);
    while house.write(|tx| room::sweep(tx, 100)).await.unwrap().has_more {}
    assert_eq!(waiting(&house).await, [OTHER]);
    let his = jun.id;
    house.write(move |tx| account::leave(tx, 4, his, false)).await.unwrap();
    assert_eq!(waiting(&house).await, [] as [&str; 0]);
}
