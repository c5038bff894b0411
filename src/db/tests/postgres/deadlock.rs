//! Transactions that lose against another program's.

use super::*;

/// Locks a row, and then asks for the lock that the writer holds. Its own search for deadlocks begins too late.
const OTHER: &str = "SET deadlock_timeout = '1h'; BEGIN; UPDATE meta SET value = 'other' WHERE key = 'contested';
    SELECT pg_advisory_xact_lock(x'6d616401'::integer, hashtext(current_schema())); COMMIT";
const WAITS: &str = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Nodes: a deadlock is no error of the user, and what was run again is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_lost_a_deadlock_is_run_again_as_a_whole() {
    let database = Arc::new(Database::new());
    let published = Arc::new(Mutex::new(Vec::new()));
    let publishes = published.clone();
    let db = Db::open(options(database.url()), move |facts: Vec<String>| publishes.lock().extend(facts)).unwrap();
    db.write(Subject::Server, |tx| put(tx, "contested")).await.unwrap();
    published.lock().clear();

    let let_go = hold(&db).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let (counts, other) = (runs.clone(), database.clone());
    let contested = db.write(Subject::Server, move |tx| {
        put(tx, "second")?;
        if counts.fetch_add(1, Ordering::Relaxed) == 0 {
            let locking = other.clone();
            std::thread::spawn(move || locking.run(OTHER));
            while other.count(WAITS) == 0 {
                std::thread::yield_now();
            }
        }
        Ok(tx.execute("UPDATE meta SET value = 'ours' WHERE key = 'contested'", &[])?)
    });
    let (first, contested, third) = tokio::join!(db.write(Subject::Server, |tx| put(tx, "first")), contested, async {
        let_go.send(()).unwrap();
        db.write(Subject::Server, |tx| put(tx, "third")).await
    });
    assert!(first.is_ok() && third.is_ok());
    assert_eq!(contested.unwrap(), 1);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    let mut facts = published.lock().clone();
    facts.sort();
    assert_eq!(facts, ["first", "second", "third"]);
    assert_eq!(keys(&db).await, ["contested", "first", "second", "third"]);
}
