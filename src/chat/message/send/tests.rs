use std::sync::Arc;

use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::message::{Cursor, SystemEvent, page};
use crate::ids::FileId;

fn keyed(key: &str, text: &str) -> NewMessage {
    NewMessage { key: Some(key.into()), text: text.into(), ..NewMessage::default() }
}

#[tokio::test]
async fn a_message_is_stored_published_and_numbered() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    store.facts();
    let sent = store.send(&minji, &room, keyed("k", "안녕")).await.unwrap();
    assert!(!sent.dup);
    assert_eq!((sent.message.seq, sent.message.rev, sent.message.text.as_str()), (2, 2, "안녕"));
    assert_eq!((sent.message.user.as_ref(), sent.message.key.as_deref()), (Some(&minji), Some("k")));
    assert!(matches!(&store.facts()[..], [Fact::Message { message: published, .. }] if **published == sent.message));
    let wire = serde_json::to_string(&sent.message).unwrap();
    assert!(!wire.contains("\"key\""), "{wire}");
}

#[tokio::test]
async fn a_repeated_key_returns_the_first_message() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let (room, other) = (store.courtyard(&minji, 5).await, store.courtyard(&minji, 5).await);
    store.enter(2, &jun, &room).await.unwrap();
    let first = store.send(&minji, &room, keyed("k", "one")).await.unwrap().message;
    store.facts();
    for (room, text) in [(&room, "one"), (&room, "two"), (&other, "one")] {
        let again = store.send(&minji, room, keyed("k", text)).await.unwrap();
        assert!(again.dup && again.message == first);
    }
    assert!(store.facts().is_empty());
    // Keys are per sender, and without a key each send is a message.
    assert!(!store.send(&jun, &room, keyed("k", "one")).await.unwrap().dup);
    assert_ne!(store.say(&minji, &room, "x").await.seq, store.say(&minji, &room, "x").await.seq);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_concurrent_copies_are_one_message() {
    let store = Arc::new(Store::open());
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    store.facts();
    let mut racers = Vec::new();
    for n in 0..100 {
        let (store, minji, room) = (store.clone(), minji.clone(), room.clone());
        racers.push(tokio::spawn(async move { store.send(&minji, &room, keyed("k", &format!("copy {n}"))).await }));
    }
    let mut sent = Vec::new();
    for racer in racers {
        sent.push(racer.await.unwrap().unwrap());
    }
    assert!(sent.iter().all(|one| one.message == sent[0].message));
    assert_eq!(sent.iter().filter(|one| !one.dup).count(), 1);
    assert_eq!(store.facts().len(), 1);
    assert_eq!(store.read(move |tx| room::get(tx, None, room.id)).await.unwrap().rev, 2);
}

#[tokio::test]
async fn an_invalid_message_is_refused_with_its_field() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    store.facts();
    let text = |text: &str| NewMessage { text: text.into(), ..NewMessage::default() };
    for (new, code, field) in [
        (text(" \u{200b}"), Code::Invalid, Some("text")),
        (text(&"x".repeat(10_001)), Code::TooLong, Some("text")),
        (keyed("", "x"), Code::Invalid, Some("key")),
        (keyed(&"x".repeat(65), "x"), Code::Invalid, Some("key")),
        (NewMessage { reply_to: Some(99), ..text("x") }, Code::Invalid, Some("replyTo")),
        (NewMessage { reply_to: Some(-1), ..text("x") }, Code::Invalid, Some("replyTo")),
        (NewMessage { to: Some(minji.id), ..text("x") }, Code::Invalid, Some("to")),
        (NewMessage { to: Some(sora.id), ..text("x") }, Code::NotFound, Some("to")),
        (NewMessage { file_ids: vec![FileId::new(0)], ..text("x") }, Code::Invalid, Some("fileIds")),
        (NewMessage { file_ids: vec![FileId::new(0); 11], ..text("x") }, Code::Invalid, Some("fileIds")),
    ] {
        let case = format!("{new:?}");
        let refused = store.send(&minji, &room, new).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (code, field), "{case:.80}");
    }
    assert_eq!(store.send(&sora, &room, text("x")).await.unwrap_err().code, Code::NotAMember);
    let nowhere = store.write(move |tx| send(tx, &LIMITS, 2, minji.id, RoomId::new(0), keyed("k", "x"))).await;
    assert_eq!(nowhere.unwrap_err().code, Code::RoomNotFound);
    // No refused send has taken a rev or published a fact.
    assert!(store.facts().is_empty());
    assert_eq!(store.say(&minji, &room, "x").await.seq, 3);
}

#[tokio::test]
async fn an_answer_quotes_what_its_readers_may_see() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    store.enter(2, &sora, &room).await.unwrap();
    let first = store.say(&minji, &room, "lunch\nat noon?").await;
    let secret = store.whisper(&minji, &room, jun.id, "psst").await;
    let answer = |seq: i64, to: Option<UserId>| NewMessage {
        text: "yes".into(),
        reply_to: Some(seq),
        to,
        ..NewMessage::default()
    };
    let answered = store.send(&jun, &room, answer(first.seq, None)).await.unwrap().message;
    let reply = answered.reply_to.unwrap();
    assert_eq!((reply.seq, reply.user.as_ref(), reply.excerpt.as_str()), (first.seq, Some(&minji), "lunch at noon?"));
    assert!(store.send(&jun, &room, answer(first.seq, Some(sora.id))).await.is_ok());
    assert!(store.send(&jun, &room, answer(secret.seq, Some(minji.id))).await.is_ok());
    for (me, to) in [(&jun, None), (&jun, Some(sora.id)), (&sora, None), (&sora, Some(jun.id))] {
        let refused = store.send(me, &room, answer(secret.seq, to)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("replyTo"));
    }
}

#[tokio::test]
async fn a_repeat_by_a_former_member_quotes_nothing() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    let first = store.say(&minji, &room, "lunch?").await;
    let answer = NewMessage { reply_to: Some(first.seq), ..keyed("k", "yes") };
    let first = store.send(&jun, &room, answer.clone()).await.unwrap().message;
    let victim = member::Kick { user_id: jun.id, ban: false, hours: None, reason: None, revoke_invites: false };
    let (me, id) = (minji.id, room.id);
    store.write(move |tx| member::kick(tx, &LIMITS, 3, me, id, victim.clone())).await.unwrap();
    let again = store.send(&jun, &room, answer).await.unwrap();
    assert!(again.dup && first.reply_to.is_some() && again.message.reply_to.is_none());
    assert_eq!((again.message.id, again.message.seq), (first.id, first.seq));
    assert_eq!(store.send(&jun, &room, keyed("k2", "x")).await.unwrap_err().code, Code::NotAMember);
}

#[tokio::test]
async fn users_in_history_have_their_present_names() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    let (me, to, id) = (minji.id, jun.id, room.id);
    store.write(move |tx| room::hand_over(tx, 3, me, id, to)).await.unwrap();
    store.write(move |tx| crate::chat::user::rename(tx, &LIMITS, to, "June")).await.unwrap();
    let read = store.read(move |tx| page(tx, &LIMITS, Some(me), id, Cursor::Newest, 1)).await.unwrap();
    let system = read.messages[0].system.as_ref().unwrap();
    assert_eq!((system.event, system.user.as_ref().unwrap().name.as_str()), (SystemEvent::Owner, "June"));
}

/// Abuse: M5
#[tokio::test]
async fn a_text_of_many_names_causes_few_lookups() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    for bomb in ["@".repeat(10_000), "@가".repeat(5_000), "@ju ".repeat(2_500), "@\n".repeat(5_000)] {
        assert!(store.say(&minji, &room, &bomb).await.mentions.is_empty());
    }
    let named = |message: Message| message.mentions.iter().filter_map(|one| one.user_id).collect::<Vec<_>>();
    let far = |places: usize| format!("{}@jun", "@nobody ".repeat(places));
    assert_eq!(named(store.say(&minji, &room, &far(99)).await), [jun.id]);
    assert_eq!(named(store.say(&minji, &room, &far(100)).await), []);
}
