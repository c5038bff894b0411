//! What is particular to PostgreSQL. These tests run for either engine; the others run here by MADANG_TEST_ENGINE.

use testkit::postgres::{Cluster, Database};

use super::*;
use crate::db::postgres::Options as Server;
use crate::ids::KeyId;

mod copy;
mod deadlock;
mod outage;
mod refusal;
mod tls;

fn options(url: String) -> Options {
    Options { postgres: Some(Server::test(url)), ..Options::new("/nowhere/madang.db") }
}

fn open(database: &Database) -> Db<String> {
    Db::open(options(database.url()), |_| {}).unwrap()
}

/// Behind a pooler each transaction may have another connection.
fn open_pooled(database: &Database) -> Db<String> {
    let postgres = Some(Server { prepares: false, ..Server::test(database.url()) });
    Db::open(Options { postgres, ..options(database.url()) }, |_| {}).unwrap()
}

#[tokio::test]
async fn values_arrive_as_they_were_sent_prepared_or_not() {
    let database = Database::new();
    for open in [open, open_pooled] {
        let db = open(&database);
        for _ in 0..2 {
            let id = KeyId::new(7);
            db.write(Subject::Server, move |tx| {
                let none: Option<&str> = None;
                let sql = "SELECT ?1, ?2, ?3, ?4, ?2 = 'x', CAST(?5 AS TEXT), '?1' || ?2, COUNT(*) FROM meta";
                tx.query_one(sql, &[&i64::MIN, &"마당\\'\"", &[255u8; 32], &id, &none], |row| {
                    let mut c = row.columns();
                    assert_eq!((c.next::<i64>()?, c.next::<String>()?.as_str()), (i64::MIN, "마당\\'\""));
                    assert_eq!((c.next::<[u8; 32]>()?, c.next::<KeyId>()?), ([255; 32], id));
                    assert_eq!((c.next::<bool>()?, c.next::<Option<String>>()?), (false, None));
                    assert_eq!((c.next::<String>()?.as_str(), c.next::<u32>()?), ("?1마당\\'\"", 0));
                    assert!(row.get::<i64>(1).is_err() && row.get::<i64>(9).is_err());
                    Ok(())
                })?;
                // No stored text has this character, so none is found by it.
                let found = tx.query_opt("SELECT key FROM meta WHERE key = ?1", &[&"a\0"], |_| Ok(()))?;
                assert!(found.is_none());
                Ok(())
            })
            .await
            .unwrap();
        }
        let wrong = db.write(Subject::Server, |tx: &mut Tx<'_, String>| {
            Ok(tx.execute("DELETE FROM meta WHERE key = ?1", &[&7i64])?)
        });
        assert_eq!(wrong.await.unwrap_err().code, Code::Internal);
        db.close().await;
    }
}

#[tokio::test]
async fn texts_are_ordered_by_their_bytes_whatever_the_database_prefers() {
    let database = Database::new();
    let db = open(&database);
    let words = ["b", "B", "a", "_", "가", "ä", "z", "10", "9"];
    for word in words {
        db.write(Subject::Server, move |tx| put(tx, word)).await.unwrap();
    }
    let mut sorted = words.to_vec();
    sorted.sort_unstable();
    assert_eq!(keys(&db).await, sorted);
    assert_eq!(database.count("SELECT COUNT(*) FROM (VALUES ('b'), ('B')) x (w) WHERE w < 'B'"), 1, "the test is void");
}

#[tokio::test]
async fn a_statement_that_fails_costs_only_its_act() {
    let database = Database::new();
    for open in [open, open_pooled] {
        let db = open(&database);
        let let_go = hold(&db).await;
        let (first, read, unique, last) = tokio::join!(
            db.write(Subject::Server, |tx| put(tx, "first")),
            // Fails before it has written anything.
            db.write(Subject::Server, |tx| Ok(tx.query_opt("SELECT 1 / 0", &[], |_| Ok(()))?)),
            db.write(Subject::Server, |tx| put(tx, "again").and_then(|()| put(tx, "first"))),
            async {
                let_go.send(()).unwrap();
                db.write(Subject::Server, |tx| put(tx, "last")).await
            },
        );
        assert!(first.is_ok() && read.is_err() && unique.is_err() && last.is_ok());
        assert_eq!(keys(&db).await, ["first", "last"]);
        let wiped = db.write(Subject::Server, |tx| Ok(tx.execute("DELETE FROM meta", &[])?)).await;
        assert_eq!(wiped.unwrap(), 2);
        db.close().await;
    }
}

/// COMMIT of a failed transaction is a rollback that PostgreSQL does not call an error.
#[tokio::test]
async fn an_act_that_ignores_a_failed_statement_is_not_confirmed() {
    let database = Database::new();
    let db = open(&database);
    let ignoring = |tx: &mut Tx<'_, String>| {
        put(tx, "lost")?;
        assert!(put(tx, "lost").is_err());
        Ok(())
    };
    assert_eq!(db.write(Subject::Server, ignoring).await.unwrap_err().code, Code::Unavailable);
    let let_go = hold(&db).await;
    let (_, ignored) = tokio::join!(db.write(Subject::Server, |tx| put(tx, "beside")), async {
        let ignored = db.write(Subject::Server, ignoring);
        let_go.send(()).unwrap();
        ignored.await
    });
    assert_eq!(ignored.unwrap_err().code, Code::Unavailable);
    db.write(Subject::Server, |tx| put(tx, "kept")).await.unwrap();
    assert!(!keys(&db).await.contains(&"lost".to_owned()));
}

#[tokio::test]
async fn one_server_has_the_database_and_learns_of_commands_beside_it() {
    let database = Database::new();
    let server = open(&database);
    let second = Db::open(options(database.url()), |_: Vec<String>| {}).err().unwrap();
    assert!(second.to_string().starts_with("another Madang server uses this database"), "{second}");
    server.have_others_written().await;
    server.write(Subject::Server, |tx| put(tx, "own")).await.unwrap();
    assert!(!server.have_others_written().await);
    let postgres = Some(Server { is_command: true, ..Server::test(database.url()) });
    let command: Db<String> = Db::open(Options { postgres, ..options(database.url()) }, |_| {}).unwrap();
    assert!(server.have_others_written().await, "opening migrates, if there is something to do");
    command.write(Subject::Server, |tx| put(tx, "other")).await.unwrap();
    assert!(server.have_others_written().await);
    assert!(!server.have_others_written().await);
    command.close().await;
    server.close().await;
    open(&database).close().await;
}

#[tokio::test]
async fn a_search_finds_words_whole_or_by_their_beginning() {
    let database = Database::new();
    let db = open(&database);
    db.write(Subject::Server, |tx| {
        for (number, words) in [(1, "한 마당 o'neil"), (2, "마당쇠 the"), (3, "back\\slash 한"), (4, "a:b|c &")]
        {
            tx.index_new(number, Some(words.into()));
        }
        tx.index_new(5, Some("long ".repeat(200_000) + &"w".repeat(2_000)));
        Ok(())
    })
    .await
    .unwrap();
    let found = async |groups: Vec<Vec<Term>>, from: i64, below: i64, limit: u32| {
        let wanted = Match(groups);
        db.read(move |tx| Ok(tx.matching(&wanted, from, below, limit)?)).await.unwrap()
    };
    assert_eq!(found(vec![vec![Term::whole("마당")]], 0, 100, 10).await, [1]);
    assert_eq!(found(vec![vec![Term::prefix("마당")]], 0, 100, 10).await, [2, 1]);
    assert_eq!(found(vec![vec![Term::prefix("마당")], vec![Term::whole("한")]], 0, 100, 10).await, [1]);
    assert_eq!(found(vec![vec![Term::whole("한"), Term::whole("the")]], 0, 100, 2).await, [3, 2]);
    assert_eq!(found(vec![vec![Term::whole("한"), Term::whole("the")]], 2, 3, 10).await, [2]);
    // Old messages are looked up in another way than the newest.
    db.write(Subject::Server, |tx| {
        tx.index_new(70_000, Some("한 마당".into()));
        Ok(())
    })
    .await
    .unwrap();
    let both = vec![vec![Term::prefix("마당")]];
    assert_eq!(found(both.clone(), 0, i64::MAX, 10).await, [70_000, 2, 1]);
    assert_eq!(found(both.clone(), 0, i64::MAX, 2).await, [70_000, 2]);
    assert_eq!(found(both.clone(), 2, 70_000, 10).await, [2]);
    assert_eq!(found(both, 3, i64::MAX, 10).await, [70_000]);
    for (word, number) in [("o'neil", 1), ("back\\slash", 3), ("a:b|c", 4), ("&", 4), ("long", 5)] {
        assert_eq!(found(vec![vec![Term::whole(word)]], 0, 100, 10).await, [number], "{word}");
    }
}
