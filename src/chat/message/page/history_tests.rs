//! A history that begins with joining, on every way to read it.

use super::*;
use crate::chat::fixtures::{House, LIMITS};
use crate::chat::message::{New, change, reaction};
use crate::chat::room::{Change, History, Room};
use crate::chat::user::User;

async fn set(house: &House, owner: &User, room: &Room, history: History) {
    let (me, id) = (owner.id, room.id);
    let change = Change { history: Some(history), ..Change::default() };
    house.write(move |tx| crate::chat::room::change(tx, &LIMITS, 1, me, id, change)).await.unwrap();
}

fn seqs(changes: &Changes) -> Vec<i64> {
    changes.messages.iter().map(|message| message.seq).collect()
}

/// Abuse: Z10
#[tokio::test]
async fn who_joins_later_reads_nothing_older_by_any_cursor() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let room = house.courtyard(&minji, 9).await;
    set(&house, &minji, &room, History::Joined).await;
    let old = house.say(&minji, &room, "old").await;
    let other = house.say(&minji, &room, "other").await;
    house.enter(2, &jun, &room).await.unwrap();
    let new = house.say(&minji, &room, "new").await;
    // Old things go on changing.
    let (hers, id) = (minji.id, room.id);
    house.write(move |tx| change::edit(tx, &LIMITS, 3, hers, old.id, "old, edited")).await.unwrap();
    house.write(move |tx| change::pin(tx, &LIMITS, 3, hers, other.id, true)).await.unwrap();
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
        let read = house.read(move |tx| page(tx, &LIMITS, Some(his), id, cursor, 50)).await.unwrap();
        assert_eq!((seqs(&read), read.older), (seen, older), "{cursor:?}");
    }
    let changed = house.read(move |tx| since(tx, &LIMITS, Some(his), id, 0, None, 50)).await.unwrap();
    assert_eq!((seqs(&changed), changed.rev), (vec![4, 5], 7));
    let resumed = house.read(move |tx| resume(tx, &LIMITS, Some(his), id, 5, None)).await.unwrap();
    assert_eq!((seqs(&resumed), resumed.rev, resumed.gap), (vec![], 7, false));
    assert_eq!(house.read(move |tx| visible_rev(tx, his, id)).await.unwrap(), 5);
    assert_eq!(house.read(move |tx| visible_rev(tx, hers, id)).await.unwrap(), 7);
    house.write(move |tx| change::edit(tx, &LIMITS, 3, hers, new.id, "new, edited")).await.unwrap();
    assert_eq!(house.read(move |tx| visible_rev(tx, his, id)).await.unwrap(), 8, "what he sees has changed");
    let resumed = house.read(move |tx| resume(tx, &LIMITS, Some(his), id, 5, None)).await.unwrap();
    assert_eq!((seqs(&resumed), resumed.rev, resumed.gap), (vec![5], 8, false));
    let whisper = New { text: "psst".into(), to: Some(his), ..New::default() };
    let whispered = house.send(&minji, &room, whisper).await.unwrap().message.rev;
    assert_eq!(house.read(move |tx| visible_rev(tx, his, id)).await.unwrap(), whispered);
    assert!(house.read(move |tx| change::pins(tx, his, id)).await.unwrap().is_empty());
    // What one may not see one cannot touch or quote, and hears no more than of what is not.
    for message in [old.id, crate::ids::MessageId::new(0)] {
        let touched = house.write(move |tx| reaction::react(tx, &LIMITS, 3, his, message, "👍", true)).await;
        assert_eq!(touched.unwrap_err().code, Code::Forbidden);
    }
    let quote = New { text: "what?".into(), reply_to: Some(2), ..New::default() };
    assert_eq!(house.send(&jun, &room, quote).await.unwrap_err().field.as_deref(), Some("replyTo"));
    // The owner's choice holds for all that is there.
    set(&house, &minji, &room, History::All).await;
    let all = house.read(move |tx| page(tx, &LIMITS, Some(his), id, Cursor::Newest, 50)).await.unwrap();
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5, whispered]);
}

#[tokio::test]
async fn an_answer_to_what_one_may_not_see_quotes_nothing() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let room = house.courtyard(&minji, 9).await;
    set(&house, &minji, &room, History::Joined).await;
    let old = house.say(&minji, &room, "a secret of old").await;
    house.enter(2, &jun, &room).await.unwrap();
    let answer = New { text: "yes".into(), reply_to: Some(old.seq), ..New::default() };
    let answer = house.send(&minji, &room, answer).await.unwrap().message;
    assert!(answer.is_partial && answer.reply_to.as_ref().unwrap().excerpt == "a secret of old");
    let (his, id) = (jun.id, room.id);
    let read = house.read(move |tx| page(tx, &LIMITS, Some(his), id, Cursor::Newest, 50)).await.unwrap();
    let quoted = read.messages.last().unwrap().reply_to.clone().unwrap();
    assert_eq!((quoted.seq, quoted.user, quoted.excerpt.as_str()), (old.seq, None, ""));
    let reacted = house.write(move |tx| reaction::react(tx, &LIMITS, 3, his, answer.id, "👍", true)).await.unwrap();
    assert_eq!(reacted.reply_to.unwrap().excerpt, "");
    // An own message that quotes and comes back for its key is no way round it.
    let plain = house.say(&jun, &room, "mine").await;
    assert!(!plain.is_partial);
}
