//! The binary as a process: its output, its exit, and its data after a kill.

use std::path::Path;
use std::process::{Command, ExitStatus};

use madang::ids::RoomId;
use serde_json::{Value, json};
use testkit::{Process, process};

use crate::support::{Client, ConnectOptions, Person, Request, Room, TempDir, key};

mod archive;
mod audit;
mod backup;
mod doctor;
mod encrypted_backup;
mod health;
mod licenses;
mod log;
mod maintainer_scripts;
mod memory;
mod migrate_store;
mod migration;
mod outbox;
mod package;
mod packaging;
mod postgres;
mod restore;
mod scheduled_backup;
mod settings;
mod upload;
mod verify;

struct Program(Process);

impl Program {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        Self::start_as(binary(), folder, flags)
    }

    /// Starts the program through another command, which runs it with the given arguments.
    fn start_as(mut command: Command, folder: &Path, flags: &[&str]) -> Self {
        process::serve(&mut command, folder).args(flags).env("RUST_LOG", "debug");
        Self::run(command)
    }

    /// Runs a command that prints the server's address when it is ready.
    fn run(mut command: Command) -> Self {
        Self(Process::start(&mut command, None).unwrap())
    }

    /// Sends SIGKILL and waits.
    fn kill(&mut self) {
        self.0.kill().unwrap();
    }

    /// Sends SIGTERM; returns the exit status and the log.
    async fn terminate(self) -> (ExitStatus, String) {
        self.0.terminate().await.unwrap()
    }

    fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.0.address, method, path)
    }

    async fn guest(&self, name: &str) -> Person {
        let made = self.request("POST", "/api/guests").json(&json!({ "name": name })).send().await.is(201);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person { id: text(&made["user"]["id"]), token: text(&made["token"]), user: made["user"].clone() }
    }

    async fn room(&self, maker: &Person, asked: Value) -> Room {
        let made = self.request("POST", "/api/rooms").bearer(&maker.token).json(&asked).send().await.is(201);
        Room { id: made["id"].as_str().unwrap().to_owned(), made }
    }

    /// Returns all messages of a room, page by page, and its rev.
    async fn everything(&self, who: &Person, room: &Room) -> (Vec<Value>, i64) {
        let (mut all, mut since) = (Vec::new(), 0);
        loop {
            let path = format!("/api/rooms/{}/messages?since={since}&limit=100", room.id);
            let page = self.request("GET", &path).bearer(&who.token).send().await.is(200);
            all.extend(page["messages"].as_array().unwrap().iter().cloned());
            if page["more"] == false {
                return (all, page["rev"].as_i64().unwrap());
            }
            since = all.last().unwrap()["rev"].as_i64().unwrap();
        }
    }
}

/// The binary without arguments and environment.
fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madang"));
    command.env_clear();
    command
}

/// The binary in a process that may write no file larger than 2 MiB, which looks like a full disk.
/// The signal that would end it is ignored.
fn binary_on_full_disk() -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' XFSZ; ulimit -S -f 4096; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_madang")]);
    command.env_clear();
    command
}

/// A send as its sender knows it.
struct Sent {
    sender: usize,
    key: String,
    text: String,
    answer: Option<Value>,
}

/// Delivery: D1, D2, D3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new();
    let mut program = Program::start(folder.path(), &[]);
    let people = [program.guest("minji").await, program.guest("jun").await, program.guest("sora").await];
    let room = program.room(&people[0], json!({ "title": "courtyard" })).await;
    let mut sent: Vec<Sent> = Vec::new();
    let mut acked = 0;
    for round in 0..4 {
        let mut clients = Vec::new();
        for person in &people {
            clients.push(Client::open(program.0.address, ConnectOptions::of(person).room(&room)).await);
            clients.last().unwrap().take("joined").await;
        }
        // A random delay, taken from an id.
        let until = 3 + RoomId::new(0).as_u128() as usize % 60;
        let mut answers = Vec::new();
        for number in 0..400 {
            let (key, text) = (key(), format!("round {round}, message {number}"));
            let payload = json!({ "room": room.id, "key": key, "text": text });
            let sender = number % 3;
            answers.push((sender, key, text, clients[sender].start("message", payload)));
        }
        let mut answers = answers.into_iter();
        for (sender, key, text, pending) in answers.by_ref().take(until) {
            sent.push(Sent { sender, key, text, answer: pending.ack().await });
        }
        program.kill();
        for (sender, key, text, pending) in answers {
            sent.push(Sent { sender, key, text, answer: pending.ack().await });
        }
        program = Program::start(folder.path(), &[]);
        let (all, rev) = program.everything(&people[1], &room).await;
        check_log(&sent, &all, rev);
        let now_acked = sent.iter().filter(|sent| sent.answer.is_some()).count();
        assert!(now_acked >= acked + until, "round {round}: {now_acked}");
        acked = now_acked;
    }
    // Unacknowledged messages are sent again, twice: each is stored once.
    let (before, _) = program.everything(&people[1], &room).await;
    let mut clients = Vec::new();
    for person in &people {
        clients.push(Client::open(program.0.address, ConnectOptions::of(person).room(&room)).await);
        clients.last().unwrap().take("joined").await;
    }
    for unknown in sent.iter_mut().filter(|sent| sent.answer.is_none()) {
        let again = json!({ "room": room.id, "key": unknown.key, "text": unknown.text });
        let first = clients[unknown.sender].ok("message", again.clone()).await;
        let second = clients[unknown.sender].ok("message", again).await;
        assert_eq!((&first["id"], &first["seq"], &second["dup"]), (&second["id"], &second["seq"], &json!(true)));
        let was_stored = before.iter().any(|message| message["text"] == unknown.text.as_str());
        assert_eq!(first["dup"] == true, was_stored, "{}", unknown.text);
        unknown.answer = Some(first);
    }
    let (after, rev) = program.everything(&people[1], &room).await;
    check_log(&sent, &after, rev);
    program.kill();
    let db = rusqlite::Connection::open(folder.path().join("data/madang.db")).unwrap();
    let fine: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(fine, "ok");
}

/// I1: each acknowledged send is in the log at its place, with its text. I3: once. I4: each rev is
/// one change, and seqs are unique. I2: there is nothing else.
fn check_log(sent: &[Sent], all: &[Value], rev: i64) {
    let seqs: Vec<i64> = all.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=rev).collect::<Vec<_>>(), "every rev of the room is one message, in order");
    let said: Vec<&Value> = all.iter().filter(|message| message["kind"] == "text").collect();
    for Sent { text, answer, .. } in sent {
        let found: Vec<_> = said.iter().filter(|message| message["text"] == text.as_str()).collect();
        match answer {
            Some(answer) => {
                assert_eq!(answer["ok"], true, "{answer}");
                assert_eq!(found.len(), 1, "{text}");
                assert_eq!((&found[0]["id"], &found[0]["seq"]), (&answer["id"], &answer["seq"]), "{text}");
            }
            None => assert!(found.len() <= 1, "{text}"),
        }
    }
    for message in said {
        assert!(sent.iter().any(|sent| message["text"] == sent.text.as_str()), "nobody said {message}");
    }
}

/// Returns the output of an admin command on the data folder of [`Program::start`].
fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = output(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the error of an admin command.
fn run_refused(folder: &Path, arguments: &[&str]) -> String {
    let output = output(folder, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{arguments:?}: not one line: {said}");
    said
}

fn output(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = binary();
    command.args(arguments).arg("--data-dir").arg(folder.join("data")).current_dir(folder).output().unwrap()
}

#[tokio::test]
async fn admin_commands_work_beside_a_running_server() {
    let folder = TempDir::new();
    let none = output(folder.path(), &["key", "list"]);
    assert!(!none.status.success() && String::from_utf8_lossy(&none.stderr).contains("no database in"));
    let program = Program::start(folder.path(), &[]);
    // Without a public URL, links have the address of the running server, and not the default port.
    let link = run(folder.path(), &["admin-link"]);
    assert!(link.starts_with(&format!("http://localhost:{}/admin/", program.0.address.port())), "{link}");
    let link = run(folder.path(), &["admin-link", "--public-url", "https://chat.example.org"]);
    let path = link.trim().strip_prefix("https://chat.example.org").expect(&link).to_owned();
    let sign_up = json!({ "email": "minji@example.org", "password": "a tree by the gate", "name": "minji" });
    let minji = program.request("POST", "/api/users").json(&sign_up).send().await.is(201);
    let token = minji["token"].as_str().unwrap();
    program.request("POST", &path).cookie(token).form(&[]).send().await.leads_to();
    assert_eq!(program.request("GET", "/api/me").bearer(token).send().await.is(200)["isAdmin"], true);
    let secret = run(folder.path(), &["key", "create", "shop"]);
    let bring = || {
        let call = program.request("POST", "/api/tokens").bearer(secret.trim());
        call.json(&json!({ "externalId": "1", "name": "jun" })).send()
    };
    bring().await.is(201);
    let list = run(folder.path(), &["key", "list"]);
    assert!(list.contains("shop") && list.contains("active") && !list.contains(secret.trim()), "{list}");
    let id = list.split_whitespace().next().unwrap();
    run(folder.path(), &["key", "revoke", id]);
    bring().await.refused(401, "unauthenticated");
    assert!(run(folder.path(), &["key", "list"]).contains("revoked 20"));
    assert!(run_refused(folder.path(), &["key", "revoke", id]).contains("was revoked already, on 20"));
    assert!(run_refused(folder.path(), &["key", "revoke", "nonsense"]).contains("there is no key nonsense"));
    assert!(run_refused(folder.path(), &["key", "create", ""]).contains("the name of the key"));
    let unknown = output(folder.path(), &["user", "reset", "nobody@example.org"]);
    assert!(
        !unknown.status.success()
            && String::from_utf8_lossy(&unknown.stderr).contains("no account has the e-mail address")
    );
    let (status, log) = program.terminate().await;
    // The link is a secret, and this log is a file.
    assert!(status.success() && log.contains("madang admin-link --data-dir") && !log.contains("; open http"), "{log}");
}

#[tokio::test]
async fn a_hangup_drains_like_a_termination() {
    let folder = TempDir::new();
    // Also where the tests themselves run under `nohup`.
    let mut listening = Command::new("/usr/bin/env");
    listening.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_madang")]);
    let mut program = Program::start_as(listening, folder.path(), &[]);
    let minji = program.guest("minji").await;
    let client = Client::open(program.0.address, ConnectOptions::of(&minji)).await;
    client.take("connect").await;
    let pid = rustix::process::Pid::from_raw(program.0.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    assert!(client.take("draining").await["reconnectInMs"].is_u64());
    let status = loop {
        match program.0.exit_status().unwrap() {
            Some(status) => break status,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(status.success(), "{status}");
}

/// Delivery: D12
#[tokio::test]
async fn sigterm_notifies_the_sockets_and_exits_cleanly() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let client = Client::open(program.0.address, ConnectOptions::of(&minji).room(&room)).await;
    client.take("joined").await;
    client.say(&room, "goodbye").await;
    let ending = tokio::spawn(program.terminate());
    assert!(client.take("draining").await["reconnectInMs"].is_u64());
    client.take("close").await;
    assert!(client.all("disconnect").is_empty(), "stock clients do not come back from a disconnect");
    assert!(ending.await.unwrap().0.success());
}

#[tokio::test]
async fn a_reindex_beside_the_server_completes_the_index() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &["--search", "off"]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let path = format!("/api/rooms/{}/messages", room.id);
    for number in 0..3 {
        let said = json!({ "text": format!("옛날 이야기 {number}") });
        program.request("POST", &path).bearer(&minji.token).json(&said).send().await.is(201);
    }
    assert!(program.terminate().await.0.success());
    let reindex = |flags: &[&str]| {
        let mut command = binary();
        command.arg("reindex").args(flags).current_dir(folder.path());
        command.arg("--data-dir").arg(folder.path().join("data")).output().unwrap()
    };
    let program = Program::start(folder.path(), &[]);
    let search = |q: &str| program.request("GET", &format!("/api/search?q={q}")).bearer(&minji.token);
    search("%EC%98%9B%EB%82%A0").send().await.refused(503, "search_unavailable");
    let refused = reindex(&["--search", "off"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("search is switched off"));
    let done = reindex(&[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8_lossy(&done.stdout), "rebuilt the search index\n");
    let found = search("%EC%98%9B%EB%82%A0").send().await.is(200);
    assert_eq!(found["messages"].as_array().unwrap().len(), 3);
    let (_, log) = program.terminate().await;
    assert!(log.contains("madang reindex"), "{log}");
}
