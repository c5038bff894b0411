use std::sync::Arc;

use super::*;
use crate::chat::fixtures::{House, LIMITS};
use crate::chat::message::{Cursor, SystemEvent, page};
use crate::ids::FileId;

fn keyed(key: &str, text: &str) -> New {
    New { key: Some(key.into()), text: text.into(), ..New::default() }
}

#[tokio::test]
async fn a_message_is_stored_told_and_numbered() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    house.facts();
    let sent = house.send(&minji, &room, keyed("k", "안녕")).await.unwrap();
    assert!(!sent.dup);
    assert_eq!((sent.message.seq, sent.message.rev, sent.message.text.as_str()), (2, 2, "안녕"));
    assert_eq!((sent.message.user.as_ref(), sent.message.key.as_deref()), (Some(&minji), Some("k")));
    assert!(matches!(&house.facts()[..], [Fact::Message(told)] if **told == sent.message));
    let wire = serde_json::to_string(&sent.message).unwrap();
    assert!(!wire.contains("\"key\""), "{wire}");
}

#[tokio::test]
async fn a_repeated_key_is_the_first_message_whatever_else_it_says() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let (room, other) = (house.courtyard(&minji, 5).await, house.courtyard(&minji, 5).await);
    house.enter(2, &jun, &room).await.unwrap();
    let first = house.send(&minji, &room, keyed("k", "one")).await.unwrap().message;
    house.facts();
    for (room, text) in [(&room, "one"), (&room, "two"), (&other, "one")] {
        let again = house.send(&minji, room, keyed("k", text)).await.unwrap();
        assert!(again.dup && again.message == first);
    }
    assert!(house.facts().is_empty());
    // Another sender's keys are their own, and without a key each send is a message.
    assert!(!house.send(&jun, &room, keyed("k", "one")).await.unwrap().dup);
    assert_ne!(house.say(&minji, &room, "x").await.seq, house.say(&minji, &room, "x").await.seq);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_copies_racing_are_one_row() {
    let house = Arc::new(House::open());
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    house.facts();
    let mut racers = Vec::new();
    for n in 0..100 {
        let (house, minji, room) = (house.clone(), minji.clone(), room.clone());
        racers.push(tokio::spawn(async move { house.send(&minji, &room, keyed("k", &format!("copy {n}"))).await }));
    }
    let mut sent = Vec::new();
    for racer in racers {
        sent.push(racer.await.unwrap().unwrap());
    }
    assert!(sent.iter().all(|one| one.message == sent[0].message));
    assert_eq!(sent.iter().filter(|one| !one.dup).count(), 1);
    assert_eq!(house.facts().len(), 1);
    assert_eq!(house.read(move |tx| room::get(tx, None, room.id)).await.unwrap().rev, 2);
}

#[tokio::test]
async fn what_is_not_fit_to_send_is_refused_with_its_field() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    house.facts();
    let text = |text: &str| New { text: text.into(), ..New::default() };
    for (new, code, field) in [
        (text(" \u{200b}"), Code::Invalid, Some("text")),
        (text(&"x".repeat(10_001)), Code::TooLong, Some("text")),
        (keyed("", "x"), Code::Invalid, Some("key")),
        (keyed(&"x".repeat(65), "x"), Code::Invalid, Some("key")),
        (New { reply_to: Some(99), ..text("x") }, Code::Invalid, Some("replyTo")),
        (New { reply_to: Some(-1), ..text("x") }, Code::Invalid, Some("replyTo")),
        (New { to: Some(minji.id), ..text("x") }, Code::Invalid, Some("to")),
        (New { to: Some(sora.id), ..text("x") }, Code::NotFound, Some("to")),
        (New { file_ids: vec![FileId::new(0)], ..text("x") }, Code::Invalid, Some("fileIds")),
        (New { file_ids: vec![FileId::new(0); 11], ..text("x") }, Code::Invalid, Some("fileIds")),
    ] {
        let case = format!("{new:?}");
        let refused = house.send(&minji, &room, new).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (code, field), "{case:.80}");
    }
    assert_eq!(house.send(&sora, &room, text("x")).await.unwrap_err().code, Code::NotAMember);
    let nowhere = house.write(move |tx| send(tx, &LIMITS, 2, minji.id, RoomId::new(0), keyed("k", "x"))).await;
    assert_eq!(nowhere.unwrap_err().code, Code::RoomNotFound);
    // Nothing of all that has taken a rev or told a fact.
    assert!(house.facts().is_empty());
    assert_eq!(house.say(&minji, &room, "x").await.seq, 3);
}

#[tokio::test]
async fn an_answer_quotes_what_its_readers_may_see() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    house.enter(2, &sora, &room).await.unwrap();
    let said = house.say(&minji, &room, "lunch\nat noon?").await;
    let secret = house.whisper(&minji, &room, jun.id, "psst").await;
    let answer = |seq: i64, to: Option<UserId>| New { text: "yes".into(), reply_to: Some(seq), to, ..New::default() };
    let answered = house.send(&jun, &room, answer(said.seq, None)).await.unwrap().message;
    let reply = answered.reply_to.unwrap();
    assert_eq!((reply.seq, reply.user.as_ref(), reply.excerpt.as_str()), (said.seq, Some(&minji), "lunch at noon?"));
    assert!(house.send(&jun, &room, answer(said.seq, Some(sora.id))).await.is_ok());
    assert!(house.send(&jun, &room, answer(secret.seq, Some(minji.id))).await.is_ok());
    for (me, to) in [(&jun, None), (&jun, Some(sora.id)), (&sora, None), (&sora, Some(jun.id))] {
        let refused = house.send(me, &room, answer(secret.seq, to)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("replyTo"));
    }
}

#[tokio::test]
async fn a_repeat_by_who_has_left_quotes_nobody() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    let said = house.say(&minji, &room, "lunch?").await;
    let answer = New { reply_to: Some(said.seq), ..keyed("k", "yes") };
    let first = house.send(&jun, &room, answer.clone()).await.unwrap().message;
    let victim = member::Kick { user_id: jun.id, ban: false, reason: None };
    let (me, id) = (minji.id, room.id);
    house.write(move |tx| member::kick(tx, &LIMITS, 3, me, id, victim)).await.unwrap();
    let again = house.send(&jun, &room, answer).await.unwrap();
    assert!(again.dup && first.reply_to.is_some() && again.message.reply_to.is_none());
    assert_eq!((again.message.id, again.message.seq), (first.id, first.seq));
    assert_eq!(house.send(&jun, &room, keyed("k2", "x")).await.unwrap_err().code, Code::NotAMember);
}

#[tokio::test]
async fn people_in_history_have_their_present_names() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    let (me, to, id) = (minji.id, jun.id, room.id);
    house.write(move |tx| room::hand_over(tx, 3, me, id, to)).await.unwrap();
    house.write(move |tx| crate::chat::user::rename(tx, &LIMITS, to, "June")).await.unwrap();
    let read = house.read(move |tx| page(tx, &LIMITS, Some(me), id, Cursor::Newest, 1)).await.unwrap();
    let system = read.messages[0].system.as_ref().unwrap();
    assert_eq!((system.event, system.user.as_ref().unwrap().name.as_str()), (SystemEvent::Owner, "June"));
}

/// Abuse: M5
#[tokio::test]
async fn a_text_of_nothing_but_names_looks_for_few() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    for bomb in ["@".repeat(10_000), "@가".repeat(5_000), "@ju ".repeat(2_500), "@\n".repeat(5_000)] {
        assert!(house.say(&minji, &room, &bomb).await.mentions.is_empty());
    }
    let named = |message: Message| message.mentions.iter().filter_map(|one| one.user_id).collect::<Vec<_>>();
    let far = |places: usize| format!("{}@jun", "@nobody ".repeat(places));
    assert_eq!(named(house.say(&minji, &room, &far(99)).await), [jun.id]);
    assert_eq!(named(house.say(&minji, &room, &far(100)).await), []);
}
