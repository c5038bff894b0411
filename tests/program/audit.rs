//! The audit log: every act of admins, moderators and commands, and changes in the log itself.

use serde_json::{Value, json};

use super::{Program, output, run, run_refused};
use crate::support::{Person, Room, TempDir, key};

async fn call(program: &Program, by: &Person, method: &str, path: &str, body: Value, status: u16) -> Value {
    let request = program.request(method, &format!("/api{path}")).bearer(&by.token);
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await;
    assert_eq!(response.status, status, "{method} {path}: {}", response.text());
    if response.body.is_empty() { Value::Null } else { response.json() }
}

async fn join(program: &Program, who: &Person, room: &Room) {
    let path = format!("/api/rooms/{}/members", room.id);
    let joined = program.request("POST", &path).bearer(&who.token).json(&json!({})).send().await;
    assert!(joined.status < 300, "{}", joined.text());
}

#[tokio::test]
async fn every_act_of_power_is_in_the_log_and_a_change_of_the_log_shows() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    let (minji, jun, sora) = (program.guest("minji").await, program.guest("jun").await, program.guest("sora").await);
    let room = program.room(&minji, json!({ "title": "hushed title" })).await;
    join(&program, &jun, &room).await;
    join(&program, &sora, &room).await;
    let at = |rest: &str| format!("/rooms/{}/{rest}", room.id);
    let said = json!({ "key": key(), "text": "hushed words" });
    let message = call(&program, &jun, "POST", &at("messages"), said, 201).await;
    let message = message["id"].as_str().unwrap().to_owned();

    call(&program, &minji, "PUT", &at(&format!("moderators/{}", jun.id)), Value::Null, 204).await;
    call(&program, &minji, "DELETE", &at(&format!("moderators/{}", jun.id)), Value::Null, 204).await;
    call(&program, &minji, "DELETE", &format!("/messages/{message}"), Value::Null, 200).await;
    call(&program, &minji, "DELETE", &at(&format!("members/{}", jun.id)), Value::Null, 204).await;
    call(&program, &minji, "DELETE", &at(&format!("members/{}?ban=true", jun.id)), Value::Null, 204).await;
    call(&program, &minji, "DELETE", &at(&format!("bans/{}", jun.id)), Value::Null, 204).await;
    call(&program, &minji, "PUT", &at("owner"), json!({ "userId": sora.id }), 200).await;
    call(&program, &sora, "DELETE", &format!("/rooms/{}", room.id), Value::Null, 204).await;
    // Nothing for what people do with their own.
    let own = program.room(&minji, json!({ "title": "garden" })).await;
    let said = json!({ "key": key(), "text": "hushed" });
    let mine = call(&program, &minji, "POST", &format!("/rooms/{}/messages", own.id), said, 201).await;
    call(&program, &minji, "DELETE", &format!("/messages/{}", mine["id"].as_str().unwrap()), Value::Null, 200).await;

    let sign_up = json!({ "email": "hana@example.org", "password": "sesame by the tree", "name": "hana" });
    program.request("POST", "/api/users").json(&sign_up).send().await.is(201);
    let log_in = json!({ "email": "hana@example.org", "password": "sesame by the tree" });
    let session = program.request("POST", "/api/session").json(&log_in).send().await;
    let token = session.json()["token"].as_str().unwrap().to_owned();
    let link = run(folder.path(), &["admin-link"]);
    let path = format!("/admin/{}", link.trim().rsplit('/').next().unwrap());
    let origin = format!("http://{}", program.0.address);
    let made = program.request("POST", &path).cookie(&token).header("origin", &origin).form(&[]).send().await;
    assert_eq!(made.status, 303, "{}", made.text());
    for command in [&["user", "demote"][..], &["user", "suspend"], &["user", "unsuspend"], &["user", "reset"]] {
        run(folder.path(), &[command, &["hana@example.org"]].concat());
    }
    run(folder.path(), &["key", "create", "shop"]);
    let keys = run(folder.path(), &["key", "list"]);
    run(folder.path(), &["key", "revoke", keys.split(' ').next().unwrap()]);

    let log = run(folder.path(), &["audit"]);
    let entries: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "moderator.made",
        "moderator.removed",
        "message.deleted",
        "member.removed",
        "member.banned",
        "member.unbanned",
        "room.handedOver",
        "room.removed",
        "admin.link",
        "admin.made",
        "admin.removed",
        "account.suspended",
        "account.restored",
        "account.resetLink",
        "key.created",
        "key.revoked",
    ];
    assert_eq!(actions, expected);
    let deleted = &entries[2];
    assert_eq!(
        (&deleted["by"], &deleted["room"], &deleted["subject"], &deleted["number"]),
        (&json!(minji.id), &json!(room.id), &json!(message), &json!(3))
    );
    assert_eq!(entries[11]["by"], Value::Null, "a command");
    for secret in ["hushed", "hana", "sesame", "shop"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }

    drop(program);
    run(folder.path(), &["verify"]);
    let db = rusqlite::Connection::open(folder.path().join("data/madang.db")).unwrap();
    db.execute("UPDATE audit SET subject = ?1 WHERE number = 3", [&sora.id]).unwrap();
    let changed = output(folder.path(), &["audit"]);
    assert!(!changed.status.success() && changed.stdout.iter().filter(|byte| **byte == b'\n').count() == 16);
    assert!(String::from_utf8_lossy(&changed.stderr).contains("entry 3 or the one before it was changed"));
    let verified = output(folder.path(), &["verify"]);
    assert!(String::from_utf8_lossy(&verified.stdout).contains("audit log: entry 3"), "{verified:?}");
    run(folder.path(), &["backup", "changed.tar.zst"]);
    let verified = output(folder.path(), &["verify", "changed.tar.zst"]);
    assert!(!verified.status.success(), "a backup keeps the change");
    assert!(String::from_utf8_lossy(&verified.stdout).contains("audit log: entry 3"), "{verified:?}");
    db.execute("UPDATE audit SET subject = ?1, action = 'x' WHERE number = 3", [&message]).unwrap();
    let verified = output(folder.path(), &["verify"]);
    assert!(String::from_utf8_lossy(&verified.stdout).contains("audit log: entry 3"), "{verified:?}");
    db.execute("DELETE FROM audit WHERE number IN (2, 3)", []).unwrap();
    assert!(run_refused(folder.path(), &["audit"]).contains("entry 2 is missing"));
}
