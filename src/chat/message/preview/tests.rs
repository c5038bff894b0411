use super::*;
use crate::chat::Fact;
use crate::chat::account;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::message::{self, NewMessage};
use crate::chat::user::User;
use crate::error::Code;

const LINK: &str = "https://a.example/";
const OTHER: &str = "https://b.example/";

/// Returns the links of the waiting jobs.
async fn waiting(store: &Store) -> Vec<String> {
    let due = store.read(|tx| outbox::due(tx, 1_000, JobKind::Preview, 100)).await.unwrap();
    due.jobs.into_iter().map(|job| job.payload).collect()
}

async fn edit(store: &Store, user: &User, id: MessageId, text: &'static str) {
    let me = user.id;
    store.write(move |tx| message::edit(tx, &LIMITS, 3, me, id, text.into())).await.unwrap();
}

async fn set(store: &Store, id: MessageId, url: &str) {
    let preview = Preview::new(url.into(), "title", None, None).unwrap();
    store.write(move |tx| set_preview(tx, 4, id, &preview)).await.unwrap();
}

#[tokio::test]
async fn setting_a_preview_twice_changes_nothing() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    let sent = store.say(&minji, &room, LINK).await;
    store.facts();
    set(&store, sent.id, OTHER).await;
    assert!(store.facts().is_empty(), "the link of another text");
    set(&store, sent.id, LINK).await;
    let [Fact::Message { message: published, .. }] = &store.facts()[..] else { panic!("published once") };
    assert_eq!((published.rev, published.preview.as_ref().unwrap().title.as_str()), (sent.rev + 1, "title"));
    set(&store, sent.id, LINK).await;
    assert!(store.facts().is_empty());
    assert_eq!(store.read(move |tx| room::get(tx, None, room.id)).await.unwrap().rev, sent.rev + 1);
}

#[tokio::test]
async fn a_preview_job_is_deleted_with_its_link() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    let id = store.say(&minji, &room, LINK).await.id;
    assert_eq!(waiting(&store).await, [LINK]);
    edit(&store, &minji, id, "look: https://a.example/").await;
    assert_eq!(waiting(&store).await, [LINK]);
    edit(&store, &minji, id, OTHER).await;
    assert_eq!(waiting(&store).await, [OTHER]);
    edit(&store, &minji, id, "never mind").await;
    assert_eq!(waiting(&store).await, [] as [&str; 0]);
    edit(&store, &minji, id, LINK).await;
    set(&store, id, LINK).await;
    // A message with a preview gets no second job.
    let awaited = store.read(move |tx| awaits_preview(tx, id, LINK)).await.unwrap();
    assert_eq!(awaited, None);
    let me = minji.id;
    let deleted = store.say(&minji, &room, OTHER).await.id;
    store.write(move |tx| message::delete(tx, &LIMITS, 5, me, deleted)).await.unwrap();
    assert_eq!(waiting(&store).await, [LINK]);
}

#[tokio::test]
async fn a_refused_send_a_whisper_and_too_many_links_queue_nothing() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    store.whisper(&minji, &room, jun.id, LINK).await;
    let refused =
        store.send(&sora, &room, NewMessage { text: LINK.into(), ..NewMessage::default() }).await.unwrap_err();
    assert_eq!(refused.code, Code::NotAMember);
    assert_eq!(waiting(&store).await, [] as [&str; 0]);
    let (me, room_id) = (minji.id, room.id);
    let off = store.write(move |tx| {
        let limits = Limits { waiting_previews_max: 0, ..LIMITS.clone() };
        message::send(tx, &limits, 2, me, room_id, NewMessage { text: LINK.into(), ..NewMessage::default() })
    });
    off.await.unwrap();
    assert_eq!(waiting(&store).await, [] as [&str; 0]);
    for _ in 0..LIMITS.waiting_previews_max + 3 {
        store.say(&minji, &room, LINK).await;
    }
    store.say(&jun, &room, OTHER).await;
    let waiting = waiting(&store).await;
    assert_eq!(waiting.iter().filter(|url| *url == LINK).count() as u64, LIMITS.waiting_previews_max);
    assert_eq!(waiting.last().unwrap(), OTHER);
}

#[tokio::test]
async fn preview_jobs_are_deleted_with_the_room_and_with_the_user() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let (room, other) = (store.courtyard(&minji, 5).await, store.courtyard(&minji, 5).await);
    store.enter(2, &jun, &other).await.unwrap();
    let id = store.say(&minji, &room, LINK).await.id;
    store.say(&jun, &other, OTHER).await;
    let (me, room_id) = (minji.id, room.id);
    store.write(move |tx| room::remove(tx, 3, me, room_id)).await.unwrap();
    // Also before the room is swept.
    assert_eq!(store.read(move |tx| awaits_preview(tx, id, LINK)).await.unwrap(), None);
    while store.write(|tx| room::sweep(tx, 100)).await.unwrap().has_more {}
    assert_eq!(waiting(&store).await, [OTHER]);
    let his = jun.id;
    store.write(move |tx| account::leave(tx, 4, his, false)).await.unwrap();
    assert_eq!(waiting(&store).await, [] as [&str; 0]);
}
