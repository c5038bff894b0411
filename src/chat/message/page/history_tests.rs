//! Rooms whose history begins with joining, by every way to read it.

use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::message::{NewMessage, change, reaction};
use crate::chat::room::{Change, History, Room};
use crate::chat::user::User;

async fn set(store: &Store, owner: &User, room: &Room, history: History) {
    let (me, id) = (owner.id, room.id);
    let change = Change { history: Some(history), ..Change::default() };
    store.write(move |tx| crate::chat::room::change(tx, &LIMITS, 1, me, id, change.clone())).await.unwrap();
}

fn seqs(changes: &Changes) -> Vec<i64> {
    changes.messages.iter().map(|message| message.seq).collect()
}

/// Abuse: Z10
#[tokio::test]
async fn a_later_member_reads_nothing_older_by_any_cursor() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 9).await;
    set(&store, &minji, &room, History::Joined).await;
    let old = store.say(&minji, &room, "old").await;
    let other = store.say(&minji, &room, "other").await;
    store.enter(2, &jun, &room).await.unwrap();
    let new = store.say(&minji, &room, "new").await;
    // Old messages still change.
    let (hers, id) = (minji.id, room.id);
    store.write(move |tx| change::edit(tx, &LIMITS, 3, hers, old.id, "old, edited".into())).await.unwrap();
    store.write(move |tx| change::pin(tx, &LIMITS, 3, hers, other.id, true)).await.unwrap();
    assert_eq!((old.seq, other.seq, new.seq), (2, 3, 5));
    let his = jun.id;
    for (cursor, seen, older) in [
        (Cursor::Newest, vec![4, 5], false),
        (Cursor::Before(5), vec![4], false),
        (Cursor::Before(4), vec![], false),
        (Cursor::After(0), vec![4, 5], false),
        (Cursor::After(4), vec![5], true),
        (Cursor::Around(2), vec![4, 5], false),
        (Cursor::Since(0), vec![4, 5], false),
    ] {
        let read = store.read(move |tx| page(tx, &LIMITS, Some(his), id, cursor, 50)).await.unwrap();
        assert_eq!((seqs(&read), read.older), (seen, older), "{cursor:?}");
    }
    let changed = store.read(move |tx| since(tx, &LIMITS, Some(his), id, 0, None, 50)).await.unwrap();
    assert_eq!((seqs(&changed), changed.rev), (vec![4, 5], 7));
    let resumed = store.read(move |tx| resume(tx, &LIMITS, Some(his), id, 5, None)).await.unwrap();
    assert_eq!((seqs(&resumed), resumed.rev, resumed.gap), (vec![], 7, false));
    assert_eq!(store.read(move |tx| visible_rev(tx, his, id)).await.unwrap(), 5);
    assert_eq!(store.read(move |tx| visible_rev(tx, hers, id)).await.unwrap(), 7);
    store.write(move |tx| change::edit(tx, &LIMITS, 3, hers, new.id, "new, edited".into())).await.unwrap();
    assert_eq!(store.read(move |tx| visible_rev(tx, his, id)).await.unwrap(), 8, "what he sees has changed");
    let resumed = store.read(move |tx| resume(tx, &LIMITS, Some(his), id, 5, None)).await.unwrap();
    assert_eq!((seqs(&resumed), resumed.rev, resumed.gap), (vec![5], 8, false));
    let whisper = NewMessage { text: "psst".into(), to: Some(his), ..NewMessage::default() };
    let whispered = store.send(&minji, &room, whisper).await.unwrap().message.rev;
    assert_eq!(store.read(move |tx| visible_rev(tx, his, id)).await.unwrap(), whispered);
    assert!(store.read(move |tx| change::pins(tx, his, id)).await.unwrap().is_empty());
    // An invisible message cannot be changed or quoted, and the error is that of an unknown one.
    for message in [old.id, crate::ids::MessageId::new(0)] {
        let touched = store.write(move |tx| reaction::react(tx, &LIMITS, 3, his, message, "👍", true)).await;
        assert_eq!(touched.unwrap_err().code, Code::Forbidden);
    }
    let quote = NewMessage { text: "what?".into(), reply_to: Some(2), ..NewMessage::default() };
    assert_eq!(store.send(&jun, &room, quote).await.unwrap_err().field.as_deref(), Some("replyTo"));
    // The owner's setting holds for all present messages.
    set(&store, &minji, &room, History::All).await;
    let all = store.read(move |tx| page(tx, &LIMITS, Some(his), id, Cursor::Newest, 50)).await.unwrap();
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5, whispered]);
}

#[tokio::test]
async fn an_answer_to_an_invisible_message_quotes_nothing() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 9).await;
    set(&store, &minji, &room, History::Joined).await;
    let old = store.say(&minji, &room, "a secret of old").await;
    store.enter(2, &jun, &room).await.unwrap();
    let answer = NewMessage { text: "yes".into(), reply_to: Some(old.seq), ..NewMessage::default() };
    let answer = store.send(&minji, &room, answer).await.unwrap().message;
    assert!(answer.is_partial && answer.reply_to.as_ref().unwrap().excerpt == "a secret of old");
    let (his, id) = (jun.id, room.id);
    let read = store.read(move |tx| page(tx, &LIMITS, Some(his), id, Cursor::Newest, 50)).await.unwrap();
    let quoted = read.messages.last().unwrap().reply_to.clone().unwrap();
    assert_eq!((quoted.seq, quoted.user, quoted.excerpt.as_str()), (old.seq, None, ""));
    let reacted = store.write(move |tx| reaction::react(tx, &LIMITS, 3, his, answer.id, "👍", true)).await.unwrap();
    assert_eq!(reacted.reply_to.unwrap().excerpt, "");
    // A repeated key returns one's own message without the quote.
    let plain = store.say(&jun, &room, "mine").await;
    assert!(!plain.is_partial);
}
