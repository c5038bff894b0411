//! What acts on messages may cost: docs/bounds.md.

use std::collections::BTreeSet;

use super::*;
use crate::chat::Tx;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::user::User;
use crate::db::Param;
use crate::error::Result;

/// Runs an act and returns the statements that it ran.
async fn statements<T: Send + 'static>(
    store: &Store,
    act: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> (T, Vec<String>) {
    let noted = move |tx: &mut Tx<'_>| act(tx).map(|done| (done, std::mem::take(&mut tx.statements)));
    store.write(noted).await.unwrap()
}

/// Fails if a statement reads a table that is not narrowed by an index.
async fn no_scan(store: &Store, sql: String) {
    let plan = plan(store, &sql).await;
    let scans = plan.iter().any(|step| step.starts_with("SCAN") && !step.contains("CONSTANT ROW"));
    assert!(!scans && !plan.iter().any(|step| step.contains("AUTOMATIC")), "{sql}: {plan:#?}");
}

async fn plan(store: &Store, sql: &str) -> Vec<String> {
    let none: Option<i64> = None;
    let count = (1..=40).filter(|number| sql.contains(&format!("?{number}"))).max().unwrap_or_default();
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    store
        .write(move |tx| {
            let params: Vec<&dyn Param> = vec![&none; count];
            Ok(tx.query_all(&explain, &params, |row| row.get::<String>(3))?)
        })
        .await
        .unwrap()
}

/// A room of namesakes, and namesakes outside it.
async fn crowd() -> (Store, User, crate::chat::room::Room, Message) {
    let store = Store::open_sqlite();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 100).await;
    for number in 0..120 {
        let user = store.guest("a").await;
        if number % 4 == 0 {
            store.enter(2, &user, &room).await.unwrap();
        }
    }
    let message = store.say(&minji, &room, "react!").await;
    (store, minji, room, message)
}

#[tokio::test]
async fn no_statement_of_a_send_an_edit_or_a_reaction_reads_a_whole_table() {
    let (store, minji, room, message) = crowd().await;
    let (me, room_id, id) = (minji.id, room.id, message.id);
    for is_analyzed in [false, true] {
        if is_analyzed {
            store.write(|tx| Ok(tx.execute("ANALYZE", &[])?)).await.unwrap();
        }
        let mut seen = BTreeSet::new();
        let new = NewMessage { text: "@a @minji 안녕".into(), reply_to: Some(message.seq), ..NewMessage::default() };
        let (sent, ran) = statements(&store, move |tx| send(tx, &LIMITS, 3, me, room_id, new.clone())).await;
        assert_eq!(sent.message.mentions.len(), 11);
        seen.extend(ran);
        let text = format!("@a again {is_analyzed}");
        seen.extend(
            statements(&store, move |tx| edit(tx, &LIMITS, 4, me, sent.message.id, text.as_str().into())).await.1,
        );
        for on in [true, false] {
            seen.extend(statements(&store, move |tx| react(tx, &LIMITS, 5, me, id, "👍", on)).await.1);
        }
        seen.extend(statements(&store, move |tx| pin(tx, &LIMITS, 6, me, id, !is_analyzed)).await.1);
        assert!(seen.len() > 20, "{seen:#?}");
        for sql in seen {
            no_scan(&store, sql).await;
        }
        let plan = plan(&store, &reaction::rows::REACTIONS).await;
        let by_key = "SEARCH r USING PRIMARY KEY (message_number=? AND emoji=? AND user_id=?)";
        assert!(plan.iter().any(|step| step == by_key), "{plan:#?}");
    }
}

/// Without statistics the count of unread mentions once read all messages of the room.
#[tokio::test]
async fn unread_mentions_are_counted_from_the_mentions_not_from_the_messages() {
    let (store, minji, room, _) = crowd().await;
    let (me, room_id) = (minji.id, room.id);
    for is_analyzed in [false, true] {
        if is_analyzed {
            store.write(|tx| Ok(tx.execute("ANALYZE", &[])?)).await.unwrap();
        }
        let count = move |tx: &mut Tx<'_>| crate::chat::unread::unread(tx, me, &[room_id]);
        let (_, ran) = statements(&store, count).await;
        let counting = ran.into_iter().find(|sql| sql.contains("FROM mentions")).unwrap();
        let plan = plan(&store, &counting).await;
        let by_seq = "SEARCH x USING COVERING INDEX messages_public_seq (room_id=? AND seq=?)";
        assert!(plan.iter().any(|step| step == by_seq), "{plan:#?}");
        // Each message of a room may lie on a page of its own.
        let unread = "SEARCH messages USING COVERING INDEX messages_public_seq (room_id=? AND seq>?)";
        assert!(plan.iter().filter(|step| *step == unread).count() >= 1, "{plan:#?}");
    }
}

#[tokio::test]
async fn a_text_of_mentions_takes_a_limited_number_of_lookups() {
    let (store, minji, room, _) = crowd().await;
    let (me, room_id) = (minji.id, room.id);
    for text in ["@a ".repeat(100), "@a b c d e f g h i j k l m n o p q r s t ".repeat(100), "@없는이름".repeat(1_000)]
    {
        let new = NewMessage { text, ..NewMessage::default() };
        let (_, ran) = statements(&store, move |tx| send(tx, &LIMITS, 3, me, room_id, new.clone())).await;
        let lookups = ran.iter().filter(|sql| sql.contains("name_folded")).count();
        assert!(lookups <= 400 + 100, "{lookups}");
    }
}

#[tokio::test]
async fn a_new_name_is_the_one_that_is_mentioned() {
    let (store, minji, room, _) = crowd().await;
    let me = minji.id;
    store.write(move |tx| crate::chat::user::rename(tx, &LIMITS, me, "민지")).await.unwrap();
    let names = |message: Message| message.mentions.into_iter().map(|mention| mention.name).collect::<Vec<_>>();
    assert_eq!(names(store.say(&minji, &room, "@minji @민지야").await), ["민지"]);
}
