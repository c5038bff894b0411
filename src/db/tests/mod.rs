use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};

use parking_lot::Mutex;
use testkit::postgres::Database;

use super::*;
use crate::error::Error;
use crate::ids::RoomId;

mod migrations;
mod postgres;
mod purge;
mod release_memory;
mod savepoint;

/// The place of a database: a file in the folder, or a database server.
struct Folder(PathBuf, Option<Database>);

impl Folder {
    /// The engine that the tests are run for.
    fn new() -> Self {
        Self::with(testkit::postgres::is_wanted().then(Database::new))
    }

    fn sqlite() -> Self {
        Self::with(None)
    }

    fn with(database: Option<Database>) -> Self {
        let folder = Self(std::env::temp_dir().join(format!("madang-db-{}", RoomId::new(0))), database);
        std::fs::create_dir(&folder.0).unwrap();
        folder
    }

    fn options(&self) -> Options {
        let short = Duration::from_millis(50);
        Options {
            queue_timeout: Duration::from_secs(20),
            busy_timeout: short,
            postgres: self.1.as_ref().map(|database| super::postgres::Options::test(database.url())),
            ..Options::new(self.0.join("madang.db"))
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes one row and publishes its key.
fn put(tx: &mut Tx<'_, String>, key: &str) -> Result<()> {
    tx.execute("INSERT INTO meta (key, value) VALUES (?1, '')", &[&key])?;
    tx.publish(key.to_owned());
    Ok(())
}

async fn keys(db: &Db<String>) -> Vec<String> {
    db.read(|tx| Ok(tx.query_all("SELECT key FROM meta ORDER BY key", &[], |row| row.get(0))?)).await.unwrap()
}

/// Holds the writer until the sender is used, so that the writes queued meanwhile share one batch.
async fn hold(db: &Db<String>) -> std_mpsc::Sender<()> {
    let (let_go, held) = std_mpsc::channel();
    let (begun, mut running) = mpsc::channel(1);
    let db = db.clone();
    tokio::spawn(async move {
        db.write(Subject::Server, move |_| {
            let _ = begun.try_send(());
            let _ = held.recv();
            Ok(())
        })
        .await
    });
    running.recv().await.unwrap();
    let_go
}

#[tokio::test]
async fn facts_come_in_commit_order_before_any_answer_and_all_waiting_share_a_batch() {
    let folder = Folder::new();
    let batches = Arc::new(Mutex::new(Vec::new()));
    let heard = batches.clone();
    let db = Db::open(folder.options(), move |facts: Vec<String>| heard.lock().push(facts)).unwrap();
    let let_go = hold(&db).await;
    let mut askers = Vec::new();
    for n in 0..20 {
        let (db, batches) = (db.clone(), batches.clone());
        askers.push(tokio::spawn(async move {
            db.write(Subject::Server, move |tx| put(tx, &format!("{n:02}"))).await.unwrap();
            assert!(batches.lock().concat().contains(&format!("{n:02}")), "answered before the facts were told");
        }));
        tokio::task::yield_now().await;
    }
    let_go.send(()).unwrap();
    for asker in askers {
        asker.await.unwrap();
    }
    let batches = batches.lock().clone();
    assert_eq!(batches.len(), 1, "{batches:?}");
    assert_eq!(batches[0], (0..20).map(|n| format!("{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_read_sees_one_snapshot_and_cannot_write() {
    let folder = Folder::new();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let (looked, looking) = oneshot::channel();
    let (go_on, waiting) = std_mpsc::channel::<()>();
    let reading = tokio::spawn({
        let db = db.clone();
        async move {
            db.read(move |tx| {
                let count =
                    |tx: &mut Tx<'_, String>| tx.query_one("SELECT COUNT(*) FROM meta", &[], |row| row.get::<i64>(0));
                let before = count(tx)?;
                looked.send(()).unwrap();
                waiting.recv().unwrap();
                Ok((before, count(tx)?))
            })
            .await
        }
    });
    looking.await.unwrap();
    db.write(Subject::Server, |tx| put(tx, "meanwhile")).await.unwrap();
    go_on.send(()).unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), (0, 0));
    assert_eq!(keys(&db).await, ["meanwhile"]);
    assert!(db.read(|tx| put(tx, "x")).await.is_err());
    assert_eq!(db.read(|_| -> Result<()> { panic!("planned") }).await.unwrap_err().code, Code::Internal);
    assert_eq!(keys(&db).await, ["meanwhile"]);
}

#[tokio::test]
async fn who_finds_the_queue_full_waits_and_is_then_told_busy() {
    let folder = Folder::new();
    let options = Options { queue: 1, queue_timeout: Duration::from_millis(20), ..folder.options() };
    let db = Db::open(options, |_: Vec<String>| {}).unwrap();
    let let_go = hold(&db).await;
    let queued = tokio::spawn({
        let db = db.clone();
        async move { db.write(Subject::Server, |tx| put(tx, "queued")).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(db.write(Subject::Server, |tx| put(tx, "refused")).await.unwrap_err().code, Code::Busy);
    let_go.send(()).unwrap();
    queued.await.unwrap().unwrap();
    assert_eq!(keys(&db).await, ["queued"]);
}

#[tokio::test]
async fn a_closed_store_has_done_what_was_queued_and_answers_unavailable() {
    let folder = Folder::new();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let let_go = hold(&db).await;
    let queued = tokio::spawn({
        let db = db.clone();
        async move { db.write(Subject::Server, |tx| put(tx, "queued")).await }
    });
    tokio::task::yield_now().await;
    let closing = tokio::spawn({
        let db = db.clone();
        async move { db.close().await }
    });
    tokio::task::yield_now().await;
    let_go.send(()).unwrap();
    closing.await.unwrap();
    queued.await.unwrap().unwrap();
    assert_eq!(db.write(Subject::Server, |tx| put(tx, "late")).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(db.read(|_| Ok(())).await.unwrap_err().code, Code::Unavailable);
    db.close().await;
    let wal = std::fs::metadata(folder.0.join("madang.db-wal")).map_or(0, |file| file.len());
    assert_eq!(wal, 0, "the log was not tidied away");
    let again = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    assert_eq!(keys(&again).await, ["queued"]);
}

#[tokio::test]
async fn the_log_restarts_while_writes_go_on() {
    const PAGE: u64 = 4_120;
    let folder = Folder::sqlite();
    let db = Db::open(Options { log_pages: 40, ..folder.options() }, |_: Vec<String>| {}).unwrap();
    let log = || std::fs::metadata(folder.0.join("madang.db-wal")).unwrap().len() / PAGE;
    let put_many = async |from: usize, to: usize| {
        for number in from..to {
            // Each row takes a page of its own.
            db.write(Subject::Server, move |tx| put(tx, &format!("{number:05} {}", "x".repeat(3_000)))).await.unwrap();
        }
    };
    put_many(0, 300).await;
    let most = log();
    assert!(most < 500, "{most} pages of some 1,500 that were written");
    // What is being read stays in the log until the reader is done; then the log restarts.
    let (reading, is_reading) = oneshot::channel();
    let (let_go, held) = std_mpsc::channel();
    let reader = tokio::spawn({
        let db = db.clone();
        async move {
            db.read(move |tx| {
                let count: i64 = tx.query_one("SELECT COUNT(*) FROM meta", &[], |row| row.get(0))?;
                reading.send(()).unwrap();
                held.recv().unwrap();
                Ok(count)
            })
            .await
        }
    });
    is_reading.await.unwrap();
    put_many(300, 400).await;
    let_go.send(()).unwrap();
    assert_eq!(reader.await.unwrap().unwrap(), 300);
    put_many(400, 450).await;
    let meanwhile = log();
    put_many(450, 900).await;
    assert!(log() <= meanwhile + most, "{} pages, {meanwhile} of them while it was read from", log());
    // A checkpoint may be running right now.
    db.close().await;
    let again = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    assert_eq!(keys(&again).await.len(), 900);
}

#[tokio::test]
async fn a_number_that_is_given_to_another_message_has_that_ones_words() {
    let folder = Folder::new();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let found = async |word: &'static str| {
        let wanted = Match(vec![vec![Term::whole(word)]]);
        db.read(move |tx| Ok(tx.matching(&wanted, 0, 100, 10)?)).await.unwrap()
    };
    db.write(Subject::Server, |tx| {
        tx.index_new(1, Some("first".into()));
        Ok(())
    })
    .await
    .unwrap();
    db.write(Subject::Server, |tx| {
        tx.index(1, None);
        tx.index_new(1, Some("second".into()));
        tx.index_new(2, Some("third".into()));
        tx.index(2, Some("fourth".into()));
        tx.index_new(3, Some("fifth".into()));
        tx.index(3, None);
        Ok(())
    })
    .await
    .unwrap();
    for (word, numbers) in
        [("first", vec![]), ("second", vec![1]), ("third", vec![]), ("fourth", vec![2]), ("fifth", vec![])]
    {
        assert_eq!(found(word).await, numbers, "{word}");
    }
}

#[tokio::test]
async fn while_another_process_holds_the_database_writes_are_unavailable_and_reads_go_on() {
    let folder = Folder::sqlite();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let other = rusqlite::Connection::open(folder.0.join("madang.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(db.write(Subject::Server, |tx| put(tx, "held")).await.unwrap_err().code, Code::Unavailable);
    assert!(keys(&db).await.is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    db.write(Subject::Server, |tx| put(tx, "free")).await.unwrap();
    assert_eq!(keys(&db).await, ["free"]);
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_room_again() {
    let folder = Folder::sqlite();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let pages = |max: u32| {
        db.write(Subject::Server, move |tx: &mut Tx<'_, String>| {
            Ok(tx.query_one(&format!("PRAGMA max_page_count = {max}"), &[], |row| row.get::<i64>(0))?)
        })
    };
    let small = "x".repeat(100);
    let large = "x".repeat(1_000_000);
    pages(1).await.unwrap();
    assert_eq!(db.write(Subject::Server, move |tx| put(tx, &large)).await.unwrap_err().code, Code::Unavailable);
    assert!(keys(&db).await.is_empty());
    pages(1_000_000).await.unwrap();
    db.write(Subject::Server, move |tx| put(tx, &small)).await.unwrap();
    assert_eq!(keys(&db).await.len(), 1);
}

#[tokio::test]
async fn after_an_io_error_the_store_is_reopened_and_checked_before_any_commit_is_confirmed() {
    let folder = Folder::sqlite();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    db.write(Subject::Server, |tx| put(tx, "before")).await.unwrap();
    db.write(Subject::Server, |tx| Ok(tx.query_one("PRAGMA wal_checkpoint(TRUNCATE)", &[], |row| row.get::<i64>(0))?))
        .await
        .ok();
    // A write that the engine refuses as read-only counts as broken, like one that fails with EIO.
    let refused = db
        .write(Subject::Server, |tx: &mut Tx<'_, String>| {
            tx.query_opt("PRAGMA query_only = 1", &[], |_| Ok(()))?;
            put(tx, "refused")
        })
        .await;
    assert_eq!(refused.unwrap_err().code, Code::Unavailable);
    // The setting ended with its connection, so this shows that the next write has a new one.
    db.write(Subject::Server, |tx| put(tx, "after")).await.unwrap();
    assert_eq!(keys(&db).await, ["after", "before"]);
}

/// Abuse: N7
#[tokio::test]
async fn a_panicking_commit_hook_does_not_stop_the_store() {
    let folder = Folder::new();
    let (calls, first) = (Arc::new(AtomicUsize::new(0)), AtomicBool::new(true));
    let counted = calls.clone();
    let db = Db::open(folder.options(), move |_: Vec<String>| {
        counted.fetch_add(1, Ordering::Relaxed);
        assert!(!first.swap(false, Ordering::Relaxed), "planned");
    })
    .unwrap();
    db.write(Subject::Server, |tx| put(tx, "one")).await.unwrap();
    db.write(Subject::Server, |tx| put(tx, "two")).await.unwrap();
    db.write(Subject::Server, |_| Ok(())).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2, "called without facts");
}

#[tokio::test]
async fn a_unique_violation_is_told_apart() {
    let folder = Folder::new();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let (sender, faults) = std_mpsc::channel();
    let refused = db.write(Subject::Server, move |tx: &mut Tx<'_, String>| -> Result<()> {
        put(tx, "x")?;
        let insert = "INSERT INTO meta (key, value) VALUES (?1, '')";
        let wrong = tx.execute(insert, &[]).unwrap_err();
        sender.send((tx.execute(insert, &[&"x"]).unwrap_err(), wrong)).unwrap();
        Err(Code::Forbidden.into())
    });
    assert_eq!(refused.await.unwrap_err().code, Code::Forbidden);
    let (unique, wrong) = faults.recv().unwrap();
    assert!(unique.is_unique() && matches!(wrong, Fault::Wrong(_)), "{unique:?} {wrong:?}");
}

#[tokio::test]
async fn a_newer_database_and_a_file_that_is_none_are_refused() {
    let folder = Folder::sqlite();
    let path = folder.0.join("madang.db");
    Db::open(folder.options(), |_: Vec<String>| {}).unwrap().close().await;
    Db::open(folder.options(), |_: Vec<String>| {}).unwrap().close().await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("INSERT INTO migrations VALUES (999, '0999_future', 0)").unwrap();
    drop(other);
    let refused = Db::open(folder.options(), |_: Vec<String>| {}).err().unwrap();
    assert!(refused.to_string().contains("schema 999"), "{refused}");
    std::fs::write(&path, "no database at all, only a text that is long enough to be one").unwrap();
    assert!(matches!(Db::open(folder.options(), |_: Vec<String>| {}).err().unwrap(), Fault::Broken(_)));
}

#[tokio::test]
async fn a_search_has_an_end_and_readers_of_its_own() {
    let folder = Folder::new();
    let db = Db::open(Options { readers: 1, searchers: 1, ..folder.options() }, |_: Vec<String>| {}).unwrap();
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n";
    let late = db.search(Duration::from_millis(20), move |tx| Ok(tx.query_one(endless, &[], |row| row.get::<i64>(0))?));
    assert_eq!(late.await.unwrap_err().code, Code::Busy);
    let (begun, begins) = std::sync::mpsc::channel();
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let searching = tokio::spawn({
        let db = db.clone();
        async move {
            db.search(Duration::from_secs(60), move |tx| {
                begun.send(()).unwrap();
                ends.recv().unwrap();
                Ok(tx.query_one("SELECT 7", &[], |row| row.get::<i64>(0))?)
            })
            .await
        }
    });
    tokio::task::spawn_blocking(move || begins.recv()).await.unwrap().unwrap();
    db.ping().await.unwrap();
    end.send(()).unwrap();
    assert_eq!(searching.await.unwrap().unwrap(), 7, "a connection that was broken off works again");
}
