//! What the server says of itself to a supervisor: its health checks and its exit code.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::{Pid, Resource, Rlimit};
use serde_json::json;
use testkit::process;

use super::{Program, binary, binary_on_full_disk};
use crate::support::{Client, ConnectOptions, TempDir};

/// Waits until a process has ended by itself.
async fn ended(mut program: Program) -> ExitStatus {
    loop {
        if let Some(status) = program.0.exit_status().unwrap() {
            return status;
        }
        tokio::task::yield_now().await;
    }
}

/// Runs a command of the shell that starts the server with `$0 "$@"`.
fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_madang")]).env_clear();
    command
}

/// Abuse: N9
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_stops_nothing() {
    for (stderr, what) in [
        ("/dev/full", "a full disk"),
        ("&-", "no stderr"),
        ("gone", "a reader that is gone"),
        ("stuck", "a reader that never reads"),
    ] {
        let folder = TempDir::new();
        let [gone, _stuck] = ["gone", "stuck"].map(|name| fifo(&folder.path().join(name)));
        let mut command = shell(&format!(r#"exec "$0" "$@" 2>{stderr}"#));
        process::serve(&mut command, folder.path()).env("RUST_LOG", "trace");
        let program = Program::run(command);
        drop(gone);
        let minji = program.guest("minji").await;
        let room = program.room(&minji, json!({ "title": "courtyard" })).await;
        let path = format!("/api/rooms/{}/messages", room.id);
        // More lines than the pipe and the queue of the log can hold.
        for number in 0..300 {
            let said = json!({ "text": format!("message {number}") });
            program.request("POST", &path).bearer(&minji.token).json(&said).send().await.is(201);
        }
        assert_eq!(program.request("GET", "/readyz").send().await.status, 200, "{what}");
        let (status, _) = program.terminate().await;
        assert!(status.success(), "{what}: {status}");
    }
}

/// Creates a pipe with a name and keeps it open for reading, without ever reading.
fn fifo(path: &Path) -> File {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    OpenOptions::new().read(true).write(true).open(path).unwrap()
}

/// Abuse: N10
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_ends_takes_the_process_with_it() {
    let folder = TempDir::new();
    let mut command = binary();
    process::serve(&mut command, folder.path()).env("MADANG_FAILPOINTS", "panic=after-commit:12");
    let program = Program::run(command);
    assert_eq!(program.request("GET", "/readyz").send().await.status, 200);
    for _ in 0..20 {
        // The connection is cut when the process ends.
        let call = program.request("POST", "/api/guests").json(&json!({ "name": "minji" }));
        if !matches!(tokio::spawn(call.send()).await, Ok(response) if response.status == 201) {
            break;
        }
    }
    assert_eq!(ended(program).await.code(), Some(1));
}

/// Abuse: N10, U13
#[tokio::test]
async fn a_disk_that_is_full_is_not_ready_and_recovers() {
    let folder = TempDir::new();
    let program = Program::start_as(binary_on_full_disk(), folder.path(), &[]);
    let ready = || program.request("GET", "/readyz").send();
    assert_eq!(ready().await.text(), "ready\n");
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let path = format!("/api/rooms/{}/messages", room.id);
    let long = "x".repeat(10_000);
    let say = || program.request("POST", &path).bearer(&minji.token).json(&json!({ "text": long })).send();
    let mut tried = 0;
    let refused = loop {
        // Where a long message has no space any more, a short one may still have.
        if say().await.status != 201 {
            let response = ready().await;
            if response.status != 200 {
                break response;
            }
        }
        tried += 1;
        assert!(tried < 2_000, "the limit of the file size has no effect");
    };
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("written") || refused.text().contains("full"), "{}", refused.text());
    assert_eq!(program.request("GET", "/healthz").send().await.status, 200);
    let pid = Pid::from_raw(program.0.id().cast_signed());
    rustix::process::prlimit(pid, Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    assert_eq!(ready().await.text(), "ready\n");
    say().await.is(201);
}

/// Abuse: N12
#[tokio::test]
async fn connections_leave_file_handles_for_the_rest() {
    let folder = TempDir::new();
    let mut command = shell(r#"ulimit -S -n 100; ulimit -H -n 300; exec "$0" "$@""#);
    process::serve(&mut command, folder.path()).args(["--connections-per-address", "0"]);
    let program = Program::run(command);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.0.id())).unwrap();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(open_files.split_whitespace().collect::<Vec<_>>()[3..5], ["300", "300"]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let client = Client::open(program.0.address, ConnectOptions::of(&minji).room(&room)).await;
    client.take("joined").await;
    let mut connections = Vec::new();
    for _ in 0..400 {
        connections.push(tokio::net::TcpStream::connect(program.0.address).await.unwrap());
    }
    // The last ones are closed at once.
    let mut last = connections.pop().unwrap();
    assert_eq!(tokio::io::AsyncReadExt::read(&mut last, &mut [0]).await.unwrap_or(0), 0);
    client.say(&room, "still here").await;
    let handles = || std::fs::read_dir(format!("/proc/{}/fd", program.0.id())).unwrap().count();
    assert!((200..290).contains(&handles()), "{}", handles());
    drop(connections);
    while handles() > 100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(program.request("GET", "/readyz").send().await.status, 200);
}

#[test]
fn an_error_is_printed_to_nobody_and_still_exits() {
    let folder = TempDir::new();
    let mut command = shell(r#"exec "$0" "$@" 2>/dev/full"#);
    command.args(["serve", "--public-url", "nonsense"]).current_dir(folder.path()).stdout(Stdio::null());
    assert!(!command.status().unwrap().success());
}
