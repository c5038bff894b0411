//! The program on PostgreSQL: settings, commands beside it, and what it does while its database is away.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::json;
use testkit::postgres::Cluster;

use super::{Program, output, run, run_refused};
use crate::support::{Client, ConnectOptions, Request, TIMEOUT, TempDir, key};

/// A server that keeps what it confirms, and a folder whose settings name a database of it.
fn place(cluster: &Cluster) -> TempDir {
    let folder = TempDir::new();
    name_database(cluster, folder.path());
    folder
}

/// Makes a database, and names it in the settings of a folder.
pub(super) fn name_database(cluster: &Cluster, folder: &Path) {
    cluster.run("postgres", "CREATE DATABASE chat OWNER guarded");
    let url = cluster.url("guarded", "chat").replace("guarded@", "guarded:rightful-word@");
    let file = folder.join("url");
    std::fs::write(&file, format!("{url}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(folder.join(".env"), "DATABASE_URL_FILE=url\nDATABASE_POOL=2\n").unwrap();
}

#[tokio::test]
async fn commands_work_beside_a_server_on_postgres_or_name_the_tool_that_does() {
    let cluster = Cluster::start(&[]);
    let folder = place(&cluster);
    assert_eq!(run_refused(folder.path(), &["key", "list"]), "error: the database is empty (run: madang serve)\n");
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let path = format!("/api/rooms/{}/messages", room.id);
    let said = json!({ "text": "a secret word" });
    program.request("POST", &path).bearer(&minji.token).json(&said).send().await.is(201);

    let secret = run(folder.path(), &["key", "create", "shop"]);
    let customer = json!({ "externalId": "1", "name": "jun" });
    program.request("POST", "/api/tokens").bearer(secret.trim()).json(&customer).send().await.is(201);
    assert!(run(folder.path(), &["key", "list"]).contains("shop"));
    assert_eq!(run(folder.path(), &["reindex"]), "rebuilt the search index\n");
    let found = program.request("GET", "/api/search?q=secret").bearer(&minji.token).send().await.is(200);
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
    for command in [&["backup", "all.tar.zst"][..], &["restore", "all.tar.zst"], &["verify"]] {
        let refused = run_refused(folder.path(), command);
        assert!(refused.contains("DATABASE_URL is set") && refused.contains("pg_dump"), "{refused}");
    }
    let second = TempDir::new();
    std::fs::copy(folder.path().join("url"), second.path().join("url")).unwrap();
    std::fs::copy(folder.path().join(".env"), second.path().join(".env")).unwrap();
    let refused = output(second.path(), &["serve", "--bind", "127.0.0.1", "--port", "0"]);
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("another Madang server uses this database"), "{refused}");
    assert!(!folder.path().join("data/madang.db").exists());

    let (status, log) = program.terminate().await;
    assert!(status.success(), "{log}");
    for private in ["rightful-word", "a secret word", minji.token.as_str(), secret.trim()] {
        assert!(!log.contains(private), "the log shows {private}: {log}");
    }
}

/// Delivery: D8
#[tokio::test]
async fn a_restored_dump_has_new_epochs_and_no_old_links() {
    let cluster = Cluster::start(&[]);
    let folder = place(&cluster);
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let (_, log) = program.terminate().await;
    assert!(!log.contains("new epoch"), "{log}");
    let epoch = "SELECT ('x' || epoch)::bit(32)::bigint FROM rooms";
    let before = cluster.count("chat", epoch);
    let link = run(folder.path(), &["admin-link"]);
    assert!(Program::start(folder.path(), &[]).terminate().await.0.success());
    assert_eq!((cluster.count("chat", epoch), cluster.count("chat", "SELECT COUNT(*) FROM links")), (before, 1));

    cluster.copy_by_dump("chat", "restored");
    cluster.run("postgres", "DROP DATABASE chat; ");
    cluster.run("postgres", "ALTER DATABASE restored RENAME TO chat");
    let program = Program::start(folder.path(), &[]);
    assert_ne!(cluster.count("chat", epoch), before);
    assert_eq!(cluster.count("chat", "SELECT COUNT(*) FROM links"), 0, "{link}");
    let (all, rev) = program.everything(&minji, &room).await;
    assert_eq!((all.len(), rev), (1, 1));
    assert!(program.terminate().await.0.success());
}

/// A server that shares its database. Nothing listens where its bucket would be.
const NODE: [&str; 10] = [
    "--bus",
    "postgres",
    "--s3-bucket",
    "none",
    "--s3-endpoint",
    "http://127.0.0.1:9",
    "--aws-access-key-id",
    "none",
    "--aws-secret-access-key",
    "none",
];

/// A message was confirmed and is lost with the primary: its rev is used again.
///
/// Delivery: D8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_lags_and_takes_over_gives_every_room_a_new_epoch_on_every_server() {
    let cluster = Cluster::start(&[]);
    let folder = place(&cluster);
    let standby = cluster.standby();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", cluster.port(), standby.port());
    let url = format!("postgres://guarded:rightful-word@{hosts}/chat");
    std::fs::write(folder.path().join("url"), url).unwrap();
    let second = TempDir::new();
    for file in ["url", ".env"] {
        std::fs::copy(folder.path().join(file), second.path().join(file)).unwrap();
    }
    let [program, other] = [&folder, &second].map(|folder| Program::start(folder.path(), &NODE));
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let path = format!("/api/rooms/{}/messages", room.id);
    let send = async |text: &str| {
        program.request("POST", &path).bearer(&minji.token).json(&json!({ "text": text, "key": key() })).send().await
    };
    let listener = Client::open(other.0.address, ConnectOptions::of(&minji).room(&room)).await;
    let epoch = listener.take("joined").await["room"]["epoch"].clone();
    send("kept").await.is(201);
    let begun = Instant::now();
    let in_time = || assert!(begun.elapsed() < 3 * TIMEOUT, "the test hangs");
    let kept = "SELECT COUNT(*) FROM messages WHERE text = 'kept'";
    while tokio::task::block_in_place(|| standby.count("chat", kept)) == 0 {
        in_time();
    }
    tokio::task::block_in_place(|| standby.stop_following());
    let lost = send("lost").await.is(201)["rev"].clone();
    listener.receives("lost").await;
    tokio::task::block_in_place(|| {
        cluster.stop();
        standby.promote();
    });
    let again = loop {
        in_time();
        let sent = send("again").await;
        if sent.status == 201 {
            break sent.is(201)["rev"].clone();
        }
        sent.refused(503, "unavailable");
    };
    assert_eq!(again, lost, "the standby had it");
    listener.take("close").await;
    for server in [&program, &other] {
        let resumed = ConnectOptions::of(&minji).room(&room).auth("since", lost.clone()).auth("epoch", epoch.clone());
        let joined = Client::open(server.0.address, resumed).await.take("joined").await;
        assert_ne!(joined["room"]["epoch"], epoch);
        let texts: Vec<_> = joined["messages"].as_array().unwrap().iter().map(|message| &message["text"]).collect();
        assert_eq!(texts[1..], ["kept", "again"]);
    }
    for server in [program, other] {
        let (status, log) = server.terminate().await;
        assert!(status.success(), "{log}");
    }
}

/// Delivery: D1, D3, D4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_database_under_sends_loses_and_doubles_nothing() {
    let cluster = Cluster::start(&[]);
    let folder = place(&cluster);
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let listener = Client::open(program.0.address, ConnectOptions::of(&minji).room(&room)).await;
    listener.take("joined").await;
    let (stop, refusals, sends) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (stop, refusals, sends) = (stop.clone(), refusals.clone(), sends.clone());
            let (address, token, path) =
                (program.0.address, minji.token.clone(), format!("/api/rooms/{}/messages", room.id));
            tokio::spawn(async move {
                let mut acked = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let message = json!({ "text": "hello", "key": key() });
                    // The same key until it is acknowledged, as our clients do it.
                    loop {
                        let sent = Request::new(address, "POST", &path).bearer(&token).json(&message).send().await;
                        if [200, 201].contains(&sent.status) {
                            acked.push((message["key"].clone(), sent.is(sent.status)["id"].clone()));
                            sends.fetch_add(1, Ordering::Relaxed);
                            break;
                        }
                        sent.refused(503, "unavailable");
                        refusals.fetch_add(1, Ordering::Relaxed);
                    }
                }
                acked
            })
        })
        .collect();
    let begun = Instant::now();
    let in_time = || assert!(begun.elapsed() < 3 * TIMEOUT, "the test hangs");
    let ready = async || program.request("GET", "/readyz").send().await.status;
    for round in 1..=2 {
        while sends.load(Ordering::Relaxed) < 50 * round {
            in_time();
            assert_eq!(ready().await, 200);
        }
        tokio::task::block_in_place(|| cluster.stop());
        let refused = refusals.load(Ordering::Relaxed);
        while ready().await != 503 || refusals.load(Ordering::Relaxed) < refused + 5 {
            in_time();
        }
        tokio::task::block_in_place(|| cluster.resume());
        while ready().await != 200 {
            in_time();
        }
    }
    let before = sends.load(Ordering::Relaxed);
    while sends.load(Ordering::Relaxed) < before + 50 {
        in_time();
        ready().await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut acked = Vec::new();
    for sender in senders {
        acked.extend(sender.await.unwrap());
    }
    let (all, rev) = program.everything(&minji, &room).await;
    let seqs: Vec<i64> = all.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=rev).collect::<Vec<_>>(), "every rev of the room is one message, in order");
    for (key, id) in &acked {
        let copies: Vec<_> = all.iter().filter(|message| message["key"] == *key).collect();
        assert!(copies.len() == 1 && copies[0]["id"] == *id, "{key}: {copies:?}");
    }
    assert_eq!(all.iter().filter(|message| message["text"] == "hello").count(), acked.len());
    let (status, log) = program.terminate().await;
    assert!(status.success() && log.contains("the database was reopened"), "{log}");
}
