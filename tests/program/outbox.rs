//! The outbox after the process is killed.

use std::collections::BTreeSet;
use std::future::pending;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use madang::clock::{now_ms, rfc3339};
use madang::config::Config;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Program;
use crate::support::TempDir;
use crate::support::push::Browser;
use crate::support::receiver::Receiver;
use crate::support::site::Site;
use crate::support::{Client, ConnectOptions};
use crate::support::{Person, Room};

const FOLDER: &str = "MADANG_TEST_FOLDER";

/// Starts a server whose links may lead to this machine. No setting allows that, so this test
/// binary runs itself with only the "test" below.
fn start(folder: &Path) -> Program {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "program::outbox::serves_until_it_is_killed", "--ignored"]);
    command.current_dir(folder).env_clear().env(FOLDER, folder.join("data"));
    Program::run(command)
}

#[tokio::test]
#[ignore = "a process for the tests beside it"]
async fn serves_until_it_is_killed() {
    let mut config = Config { has_rate_limits: false, has_link_previews: true, ..Config::default() };
    config.data_dir = std::env::var_os(FOLDER).expect("started by a test").into();
    config.http_client.may_reach = |_, address| address.is_loopback();
    config.http_client.timeout = crate::support::TIMEOUT;
    config.limits.notify_after_ms = 0;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    // Written past the test harness, which captures the output.
    writeln!(std::io::stdout(), "Madang is ready on http://{}", listener.local_addr().unwrap()).unwrap();
    madang::app::run(config, listener, pending()).await.unwrap();
}

fn count(folder: &Path, sql: &str) -> i64 {
    let db = rusqlite::Connection::open(folder.join("data/madang.db")).unwrap();
    db.busy_timeout(crate::support::TIMEOUT).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

async fn say(program: &Program, who: &Person, room: &Room, text: &str) -> Value {
    let call = program.request("POST", &format!("/api/rooms/{}/messages", room.id)).bearer(&who.token);
    call.json(&json!({ "text": text })).send().await.is(201)
}

#[tokio::test]
async fn a_kill_between_a_send_and_its_preview_loses_no_preview() {
    let (folder, site) = (TempDir::new(), Site::silent().await);
    let mut program = start(folder.path());
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    // The page of the first link is being fetched; the second may be.
    let first = say(&program, &minji, &room, &site.page("/first")).await;
    site.is_requested("/first").await;
    let second = say(&program, &minji, &room, &site.page("/second")).await;
    program.kill();
    assert_eq!(count(folder.path(), "SELECT COUNT(*) FROM outbox"), 2);
    let program = start(folder.path());
    site.is_requested_times("/first", 2).await;
    let client = Client::open(program.0.address, ConnectOptions::of(&minji).room(&room)).await;
    client.take("joined").await;
    site.respond();
    for (sent, title) in [(&first, "/first"), (&second, "/second")] {
        let heard = client.take_where("message", |message| message["preview"]["title"] == title).await;
        assert_eq!((&heard["id"], &heard["seq"]), (&sent["id"], &sent["seq"]));
    }
    while count(folder.path(), "SELECT COUNT(*) FROM outbox") > 0 {
        program.request("GET", "/healthz").send().await;
    }
    // Each preview is one rev of the room, and there are no others.
    let (all, rev) = program.everything(&minji, &room).await;
    assert_eq!(rev, second["seq"].as_i64().unwrap() + 2);
    assert_eq!(all.iter().filter(|message| message["preview"].is_object()).count(), 2);
}

#[tokio::test]
async fn a_job_that_crashes_the_process_each_time_is_given_up() {
    let (folder, site) = (TempDir::new(), Site::silent().await);
    let mut program = start(folder.path());
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    say(&program, &minji, &room, &site.page("/poison")).await;
    for time in 1..=4 {
        site.is_requested_times("/poison", time).await;
        program.kill();
        assert_eq!(count(folder.path(), "SELECT tries FROM outbox"), time as i64);
        if time < 4 {
            program = start(folder.path());
        }
    }
    let program = Program::start(folder.path(), &["--link-previews", "on"]);
    // After an answer, the signal handler is installed too.
    program.request("GET", "/healthz").send().await;
    while count(folder.path(), "SELECT COUNT(*) FROM outbox") > 0 {
        program.request("GET", "/healthz").send().await;
    }
    let (status, log) = program.terminate().await;
    assert!(status.success(), "{status}");
    assert!(log.contains("given up") && log.contains("it never ended"), "{log}");
    assert!(!log.contains("/poison"), "the log tells what people write");
    assert_eq!(site.requests().len(), 4);
}

/// A browser whose push was not taken before the kill gets it after the next start.
#[tokio::test]
async fn a_kill_while_many_browsers_are_pushed_to_loses_no_push() {
    const BROWSERS: usize = 30;
    let (folder, mut service) = (TempDir::new(), Receiver::open().await);
    let mut program = start(folder.path());
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard", "max": 100 })).await;
    for number in 0..BROWSERS {
        let person = program.guest(&format!("guest {number}")).await;
        let call = |path: String| program.request("POST", &path).bearer(&person.token);
        call(format!("/api/rooms/{}/members", room.id)).json(&json!({})).send().await.is(200);
        let browser = Browser::new().json(&service.url(&format!("/{number}")));
        call("/api/me/push-subscriptions".to_owned()).json(&browser).send().await.is(201);
    }
    say(&program, &minji, &room, "hello").await;
    let mut reached = BTreeSet::from([service.next().await.path]);
    program.kill();
    let _program = start(folder.path());
    while reached.len() < BROWSERS {
        reached.insert(service.next().await.path);
    }
}

/// What was scheduled before a kill is sent once when it is due, also what became due while no server ran.
#[tokio::test]
async fn a_kill_before_scheduled_messages_are_due_sends_each_once() {
    const MESSAGES: usize = 20;
    let folder = TempDir::new();
    let mut program = start(folder.path());
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let at = rfc3339(now_ms() + 1_000);
    for number in 0..MESSAGES {
        let call = program.request("POST", &format!("/api/rooms/{}/scheduled", room.id)).bearer(&minji.token);
        call.json(&json!({ "text": format!("number {number}"), "at": at })).send().await.is(201);
    }
    // Twice, wherever the sends are.
    for _ in 0..2 {
        program.kill();
        program = start(folder.path());
    }
    while count(folder.path(), "SELECT COUNT(*) FROM outbox") > 0 {
        program.request("GET", "/healthz").send().await;
    }
    let (all, _) = program.everything(&minji, &room).await;
    let sent: BTreeSet<_> = all.iter().filter_map(|message| message["text"].as_str()).collect();
    assert_eq!(all.iter().filter(|message| message["kind"] == "text").count(), MESSAGES);
    assert!((0..MESSAGES).all(|number| sent.contains(&*format!("number {number}"))), "{sent:?}");
}
