use std::time::{Duration, Instant};

use super::{Found, Query, Rebuild, Request, begin, find, is_whole};
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::message::{self, NewMessage};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::chat::{member, room};
use crate::error::{Code, Error};
use crate::ids::{MessageId, UserId};
use crate::text::fold_words as fold;

// The bench searches in the same prose.
#[path = "../../../bench/src/prose.rs"]
#[allow(dead_code)]
mod prose;

use prose::Chance;

fn request(q: &str) -> Request {
    let until = Instant::now() + Duration::from_secs(60);
    let query = Query::parse(q, 0).unwrap();
    Request { query, room_id: None, from: None, older_than: None, limit: 100, until }
}

impl Store {
    async fn asks(&self, me: UserId, request: Request) -> Result<Found, Error> {
        self.read(move |tx| find(tx, &LIMITS, me, &request)).await
    }

    /// Returns the texts that are found, of all pages.
    async fn finds(&self, me: &User, q: &str) -> Vec<String> {
        let mut request = request(q);
        let mut texts = Vec::new();
        loop {
            let found = self.asks(me.id, request.clone()).await.unwrap();
            texts.extend(found.hits.into_iter().map(|hit| hit.message.text));
            request.older_than = found.next;
            if found.next.is_none() {
                return texts;
            }
        }
    }

    async fn set(&self, sql: &'static str) {
        self.write(move |tx| Ok(tx.execute(sql, &[])?)).await.unwrap();
    }
}

/// Returns a store with an index, a user and their room.
async fn store() -> (Store, User, Room) {
    let store = Store::open();
    assert!(store.write(begin).await.unwrap());
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 50).await;
    (store, minji, room)
}

/// Finds by reading every text. A word of letters begins where no letter is before it.
fn plain(texts: &[(String, String)], q: &str) -> Vec<String> {
    let words: Vec<String> = fold(q).split_whitespace().map(str::to_owned).collect();
    let is_letter =
        |c: char| c.is_alphanumeric() && !('가'..='힣').contains(&c) && !('\u{1100}'..='\u{11ff}').contains(&c);
    let has = |text: &str, word: &str| {
        let starts_a_word = |at: usize| !text[..at].chars().next_back().is_some_and(is_letter);
        let is_whole =
            |at: usize| word.chars().count() > 1 || !text[at + word.len()..].chars().next().is_some_and(is_letter);
        let mut places = text.match_indices(word);
        places.any(|(at, _)| !word.starts_with(is_letter) || (starts_a_word(at) && is_whole(at)))
    };
    let found = texts.iter().rev().filter(|(_, folded)| words.iter().all(|word| has(folded, word)));
    found.map(|(text, _)| text.clone()).collect()
}

/// The index finds exactly what reading every text finds, in the same order.
#[tokio::test]
async fn twenty_thousand_messages_are_found_as_by_reading_them_all() {
    let (store, minji, room) = store().await;
    let mut chance = Chance::new(20_261_122);
    let mut texts = Vec::new();
    for _ in 0..40 {
        let batch: Vec<String> = (0..500).map(|_| prose::message(&mut chance)).collect();
        let (me, room_id) = (minji.id, room.id);
        let stored = store.write(move |tx| {
            let send = |text: String| {
                let new = NewMessage { text, ..NewMessage::default() };
                message::send(tx, &LIMITS, 2, me, room_id, new).map(|sent| sent.message.text)
            };
            batch.clone().into_iter().map(send).collect::<Result<Vec<_>, _>>()
        });
        texts.extend(stored.await.unwrap().into_iter().map(|text| (text.clone(), fold(&text))));
    }
    let mut hits = 0;
    let all: Vec<String> =
        prose::NOUNS.iter().chain(prose::WORDS).skip(3).step_by(5).map(|&word| word.to_owned()).collect();
    let queries = all.into_iter().chain((0..30).map(|_| prose::query(&mut chance)));
    for q in queries {
        let found = store.finds(&minji, &q).await;
        assert_eq!(found, plain(&texts, &q), "{q}");
        hits += found.len();
    }
    assert!(hits > 20_000, "{hits}");
}

/// Abuse: Q5
#[tokio::test]
async fn an_edited_or_deleted_message_is_found_by_its_present_text() {
    let (store, minji, room) = store().await;
    let first = store.say(&minji, &room, "김밥 먹을까요").await;
    let second = store.say(&minji, &room, "김밥은 별로예요").await;
    let me = minji.id;
    store.write(move |tx| message::edit(tx, &LIMITS, 3, me, first.id, "국수 먹을까요".into())).await.unwrap();
    store.write(move |tx| message::delete(tx, &LIMITS, 3, me, second.id)).await.unwrap();
    assert_eq!(store.finds(&minji, "국수").await, ["국수 먹을까요"]);
    for gone in ["김밥", "별로", "from:minji 김밥"] {
        assert!(store.finds(&minji, gone).await.is_empty(), "{gone}");
    }
    let count = |q: &'static str| {
        store.read(move |tx| {
            Ok(tx.matching(&crate::db::Match(vec![vec![crate::db::Term::whole(q)]]), 0, i64::MAX, 9)?)
        })
    };
    assert!(count("김밥").await.unwrap().is_empty(), "the words stay behind");
    assert_eq!(count("국수").await.unwrap().len(), 1);
    store.write(move |tx| room::remove(tx, 4, me, room.id)).await.unwrap();
    store.write(|tx| room::sweep(tx, 300)).await.unwrap();
    assert!(count("국수").await.unwrap().is_empty(), "the words outlive their room");
}

#[tokio::test]
async fn a_failed_act_leaves_nothing_in_the_index() {
    let (store, minji, room) = store().await;
    let (me, room_id) = (minji.id, room.id);
    let failed = store
        .write(move |tx| {
            message::send(
                tx,
                &LIMITS,
                2,
                me,
                room_id,
                NewMessage { text: "들키면 안 돼".into(), ..NewMessage::default() },
            )?;
            Err::<(), _>(Code::Busy.into())
        })
        .await;
    assert_eq!(failed.unwrap_err().code, Code::Busy);
    store.say(&minji, &room, "괜찮아요").await;
    assert!(store.finds(&minji, "들키면").await.is_empty());
    assert_eq!(store.finds(&minji, "괜찮").await, ["괜찮아요"]);
}

/// Abuse: Q5
#[tokio::test]
async fn only_visible_messages_are_found() {
    let (store, minji, room) = store().await;
    let [jun, sora] = [store.guest("jun").await, store.guest("sora").await];
    store.say(&minji, &room, "비밀 하나").await;
    store.enter(10, &jun, &room).await.unwrap();
    store.enter(11, &sora, &room).await.unwrap();
    store.whisper(&minji, &room, jun.id, "비밀 둘").await;
    store.say(&jun, &room, "비밀 셋").await;
    assert_eq!(store.finds(&minji, "비밀").await, ["비밀 셋", "비밀 둘", "비밀 하나"]);
    assert_eq!(store.finds(&jun, "비밀").await, ["비밀 셋", "비밀 둘", "비밀 하나"]);
    assert_eq!(store.finds(&sora, "비밀").await, ["비밀 셋", "비밀 하나"]);
    store.set("UPDATE rooms SET history = 'joined'").await;
    assert_eq!(store.finds(&sora, "비밀").await, ["비밀 셋"]);
    assert_eq!(store.finds(&jun, "비밀").await, ["비밀 셋", "비밀 둘"]);
    let (me, room_id) = (jun.id, room.id);
    store.write(move |tx| member::leave(tx, 12, me, room_id, true)).await.unwrap();
    assert!(store.finds(&jun, "비밀").await.is_empty(), "also one's own, once one has left");
    let elsewhere = Request { room_id: Some(room.id), ..request("비밀") };
    assert_eq!(store.asks(jun.id, elsewhere).await.unwrap_err().code, Code::NotAMember);
}

/// Abuse: Q4
#[tokio::test]
async fn a_search_that_runs_out_of_time_returns_where_to_go_on() {
    let (store, minji, room) = store().await;
    for number in 0..100 {
        store.say(&minji, &room, if number % 10 == 0 { "가나다 여기" } else { "가나 나다 여기" }).await;
    }
    let mut request = Request { until: Instant::now(), limit: 3, ..request("가나다") };
    let (mut found, mut pages) = (0, 0);
    loop {
        let page = store.asks(minji.id, request.clone()).await.unwrap();
        found += page.hits.len();
        pages += 1;
        request.older_than = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(found, 10);
    assert!(pages >= 4, "{pages}");
    let other = store.courtyard(&minji, 5).await;
    assert!(store.asks(minji.id, Request { room_id: Some(other.id), ..request }).await.unwrap().hits.is_empty());
}

#[tokio::test]
async fn pages_go_on_between_messages_of_the_same_time() {
    let (store, minji, room) = store().await;
    for number in 0..25 {
        store.say(&minji, &room, &format!("같은 순간 {number}")).await;
    }
    let mut request = Request { limit: 10, ..request("순간") };
    let mut texts = Vec::new();
    for more in [true, true, false] {
        let page = store.asks(minji.id, request.clone()).await.unwrap();
        assert_eq!(page.next.is_some(), more);
        texts.extend(page.hits.into_iter().map(|hit| hit.message.text));
        request.older_than = page.next;
    }
    let all: Vec<String> = (0..25).rev().map(|number| format!("같은 순간 {number}")).collect();
    assert_eq!(texts, all);
    let gone = Request { older_than: Some(MessageId::from_u128(1)), ..request.clone() };
    assert!(store.asks(minji.id, gone).await.unwrap().hits.is_empty());
}

#[tokio::test]
async fn an_index_is_rebuilt_while_messages_arrive() {
    let (store, minji, room) = store().await;
    for number in 0..25 {
        store.say(&minji, &room, &format!("옛말 {number}")).await;
    }
    store.set("DELETE FROM meta WHERE key = 'search'").await;
    assert!(!store.write(begin).await.unwrap(), "an index that may be short passes for whole");
    assert_eq!(store.asks(minji.id, request("옛말")).await.unwrap_err().code, Code::SearchUnavailable);
    let mut rebuild = store.write(|tx| Rebuild::begin(tx, 1)).await.unwrap();
    while !rebuild.is_finished {
        assert_eq!(store.asks(minji.id, request("옛말")).await.unwrap_err().code, Code::SearchUnavailable);
        rebuild = store.write(move |tx| rebuild.clone().step(tx, 10)).await.unwrap();
        if rebuild.done < 40 {
            store.say(&minji, &room, "옛말에 끼어들기").await;
        }
    }
    assert!(store.read(is_whole).await.unwrap());
    let found = store.finds(&minji, "옛말").await;
    assert!(found.len() > 25 && found.iter().filter(|text| text.starts_with("옛말 ")).count() == 25, "{found:?}");
    let stale = store.write(|tx| Rebuild::begin(tx, 1)).await.unwrap();
    store.write(|tx| Rebuild::begin(tx, 2)).await.unwrap();
    assert_eq!(store.write(move |tx| stale.clone().step(tx, 10)).await.unwrap_err().code, Code::Busy);
}
