//! A server moves from a database file to PostgreSQL.

use serde_json::{Value, json};
use testkit::postgres::Cluster;

use super::postgres::name_database;
use super::{Program, run, run_refused};
use crate::support::TempDir;

/// Delivery: D8
#[tokio::test]
async fn a_server_moves_to_postgres_with_everything_it_has() {
    let (cluster, folder) = (Cluster::start(&[]), TempDir::new());
    let path = folder.path();
    let program = Program::start(path, &[]);
    let (minji, jun) = (program.guest("minji").await, program.guest("jun").await);
    let room = program.room(&minji, json!({ "title": "마당" })).await;
    let at = |rest: &str| format!("/api/rooms/{}{rest}", room.id);
    program.request("POST", &at("/members")).bearer(&jun.token).json(&json!({})).send().await.is(200);
    let say = async |program: &Program, text: &str| -> Value {
        let text = json!({ "text": text });
        program.request("POST", &at("/messages")).bearer(&minji.token).json(&text).send().await.is(201)
    };
    for number in 0..600 {
        say(&program, &format!("안녕하세요 {number}")).await;
    }
    let said = say(&program, "@jun one with everything").await;
    let message = format!("/api/messages/{}", said["id"].as_str().unwrap());
    let edited = json!({ "text": "@jun one that was edited" });
    program.request("PATCH", &message).bearer(&minji.token).json(&edited).send().await.is(200);
    let epoch = async |program: &Program| -> Value {
        program.request("GET", &at("")).bearer(&jun.token).send().await.is(200)["epoch"].clone()
    };
    let (before, first_epoch) = (program.everything(&jun, &room).await, epoch(&program).await);

    name_database(&cluster, path);
    let refused = run_refused(path, &["migrate-store"]);
    assert!(refused.contains("a server uses") && refused.contains("stop it first"), "{refused}");
    assert!(program.terminate().await.0.success());
    assert!(run(path, &["migrate-store", "--dry-run"]).contains("are to be copied"));
    assert_eq!(cluster.count("chat", "SELECT COUNT(*) FROM users"), 0);
    assert!(run(path, &["migrate-store"]).contains("and compared them"));
    let refused = run_refused(path, &["migrate-store"]);
    assert!(refused.contains("rows already"), "{refused}");

    let program = Program::start(path, &[]);
    assert_eq!(program.everything(&jun, &room).await, before);
    assert_ne!(epoch(&program).await, first_epoch);
    let next = say(&program, "after the move").await;
    assert_eq!(next["rev"], before.1 + 1);
    for word in ["edited", "move", "599"] {
        let path = format!("/api/search?q={word}");
        let found = program.request("GET", &path).bearer(&jun.token).send().await.is(200);
        assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{word}");
    }
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn a_move_without_a_database_to_move_to_or_from_says_what_is_missing() {
    let (cluster, folder) = (Cluster::start(&[]), TempDir::new());
    let refused = run_refused(folder.path(), &["migrate-store"]);
    assert!(refused.contains("set DATABASE_URL_FILE or DATABASE_URL"), "{refused}");
    name_database(&cluster, folder.path());
    let refused = run_refused(folder.path(), &["migrate-store"]);
    assert!(refused.contains("set DATA_DIR to the folder to copy from"), "{refused}");
}
