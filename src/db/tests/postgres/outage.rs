//! The server goes away and comes back.

use super::*;

/// How long a test waits until the database is back.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn connections_that_were_cut_while_idle_are_replaced_without_a_refusal() {
    let database = Database::new();
    let db = open(&database);
    db.write(Subject::Server, |tx| put(tx, "before")).await.unwrap();
    keys(&db).await;
    database.run(&format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = '{}' AND pid <> pg_backend_pid()",
        database.name()
    ));
    assert_eq!(keys(&db).await, ["before"]);
    db.write(Subject::Server, |tx| put(tx, "after")).await.unwrap();
    db.search(Duration::from_secs(9), |_| Ok(())).await.unwrap();
    assert_eq!(keys(&db).await, ["after", "before"]);
    // The new connection has the lock of the server.
    assert!(Db::open(options(database.url()), |_: Vec<String>| {}).is_err());
}

/// Delivery: D4
#[tokio::test]
async fn what_was_confirmed_before_during_and_after_a_crash_of_the_server_is_there() {
    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE DATABASE chat");
    let durable = Server { allows_unsafe_commits: false, ..Server::test(cluster.url("postgres", "chat")) };
    let options = Options { postgres: Some(durable), ..options(String::new()) };
    let published = Arc::new(Mutex::new(Vec::new()));
    let publishes = published.clone();
    let db = Db::open(options, move |facts: Vec<String>| publishes.lock().extend(facts)).unwrap();
    let resyncs = Arc::new(AtomicUsize::new(0));
    let counts = resyncs.clone();
    db.on_commit_unknown(move || _ = counts.fetch_add(1, Ordering::Relaxed));
    let stop = Arc::new(AtomicBool::new(false));
    let (saying, said) = std_mpsc::channel::<bool>();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (db, stop, saying) = (db.clone(), stop.clone(), saying.clone());
            tokio::spawn(async move {
                let (mut confirmed, mut refused) = (Vec::new(), 0);
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("{writer}-{number:05}");
                    let stored = key.clone();
                    // A retry by key, as a client does it.
                    let written = db
                        .write(Subject::Server, move |tx| {
                            let known = "SELECT key FROM meta WHERE key = ?1";
                            match tx.query_opt(known, &[&stored], |_| Ok(()))? {
                                Some(()) => Ok(()),
                                None => put(tx, &stored),
                            }
                        })
                        .await;
                    let _ = saying.send(written.is_ok());
                    match written {
                        Ok(()) => confirmed.push(key),
                        Err(error) => {
                            assert_eq!(error.code, Code::Unavailable);
                            refused += 1;
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
                (confirmed, refused)
            })
        })
        .collect();
    let cluster = tokio::task::spawn_blocking(move || {
        // Waits for so many outcomes of a kind from now on.
        let wait = |wanted: bool, count: usize| {
            while said.try_recv().is_ok() {}
            let mut seen = 0;
            while seen < count {
                seen += usize::from(said.recv_timeout(PATIENCE).unwrap() == wanted);
            }
        };
        for _ in 0..2 {
            wait(true, 100);
            cluster.stop();
            wait(false, 20);
            cluster.resume();
        }
        wait(true, 100);
        (cluster, said)
    });
    let (cluster, _said) = cluster.await.unwrap();
    let begun = std::time::Instant::now();
    while db.ping_writer().await.is_err() || db.ping().await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "the store does not come back");
    }
    stop.store(true, Ordering::Relaxed);
    let mut confirmed = Vec::new();
    for writer in writers {
        let (keys, refused) = writer.await.unwrap();
        assert!(refused > 0 && !keys.is_empty());
        confirmed.extend(keys);
    }
    let stored = keys(&db).await;
    let missing: Vec<_> = confirmed.iter().filter(|key| !stored.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(resyncs.load(Ordering::Relaxed) >= 2, "subscribers must ask for what they missed");
    assert!(published.lock().iter().all(|key| stored.contains(key)), "published, and not in the database");
    db.close().await;
    drop(cluster);
}
