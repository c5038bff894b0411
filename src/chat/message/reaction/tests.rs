use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::message;

#[tokio::test]
async fn each_reaction_read_those_of_everybody() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 100).await;
    let id = store.say(&minji, &room, "react!").await.id;
    let mut users = Vec::new();
    for number in 0..60 {
        let user = store.guest("g").await;
        store.enter(2, &user, &room).await.unwrap();
        for emoji in ["🎉", "👍"] {
            store.write(move |tx| react(tx, &LIMITS, 10 + number, user.id, id, emoji, true)).await.unwrap();
        }
        users.push(user.id);
    }
    let first = users[0];
    let gone = store.write(move |tx| react(tx, &LIMITS, 99, first, id, "🎉", false)).await.unwrap();
    let shown: Vec<_> =
        gone.reactions.iter().map(|one| (one.emoji.as_str(), one.count, one.user_ids.clone())).collect();
    assert_eq!(shown, [("🎉", 59, users[1..51].to_vec()), ("👍", 60, users[..50].to_vec())]);
    for user in users {
        store.write(move |tx| react(tx, &LIMITS, 100, user, id, "🎉", false)).await.unwrap();
    }
    let left = store.write(move |tx| react(tx, &LIMITS, 101, minji.id, id, "🎉", true)).await.unwrap();
    assert_eq!(
        left.reactions.iter().map(|one| (one.emoji.as_str(), one.count)).collect::<Vec<_>>(),
        [("👍", 60), ("🎉", 1)]
    );
    let deleted = store.write(move |tx| message::delete(tx, &LIMITS, 102, minji.id, id)).await.unwrap();
    assert_eq!(deleted.message.reactions, []);
    let rows = "SELECT (SELECT COUNT(*) FROM reactions) + (SELECT COUNT(*) FROM reaction_kinds)";
    assert_eq!(store.read(move |tx| Ok(tx.query_one(rows, &[], |row| row.get::<i64>(0))?)).await.unwrap(), 0);
}
