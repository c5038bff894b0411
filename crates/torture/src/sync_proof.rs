//! Proves by strace that an ack follows the sync of its batch. A kill cannot prove that, as the
//! kernel's buffers survive the process.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use testkit::Transport;
use testkit::packet::Packet;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::Result;
use crate::connection::{Connection, post};
use crate::fault::{detach, has_strace};
use crate::instance::Instance;

/// Sends one after the other, each in its own batch.
const SINGLE: usize = 20;
/// Sends at once, which share batches.
const BURST: usize = 25;

/// Checks the server. Without strace it only prints that the proof was skipped.
pub(crate) async fn prove(program: &Path) -> Result<()> {
    if !has_strace() {
        println!("skipped the proof that acks follow syncs: strace is not installed or not permitted");
        return Ok(());
    }
    let proof = Proof::of(&trace(program).await?)?;
    println!("proved that acks follow syncs: {} acks, {} syncs of the write-ahead log", proof.acks, proof.syncs);
    Ok(())
}

/// Runs sends under strace and returns its output, in the order of the calls.
async fn trace(program: &Path) -> Result<String> {
    let mut server = Instance::new(program)?;
    server.start(0, "").await?;
    let address = server.address();
    let minji = post(address, "/api/guests", None, &json!({ "name": "minji" })).await?;
    let token = minji["token"].as_str().ok_or("a guest without a token")?;
    let room = post(address, "/api/rooms", Some(token), &json!({ "title": "courtyard" })).await?;
    let mut connection = Connection::open(address, Transport::WebSocket, token).await?;
    while !matches!(connection.next().await, Packet::Connect(_)) {}
    let output = server.folder.path().join("calls");
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-y", "-s", "300", "-e", "trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg"])
        .args(["-p", &server.pid().ok_or("the server has ended")?.to_string(), "-o"])
        .arg(&output)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let sent = send_all(&mut connection, &room["id"], &output).await;
    connection.close().await;
    detach(&mut strace).await?;
    sent?;
    let calls = std::fs::read(&output)?;
    server.kill(0)?;
    Ok(String::from_utf8_lossy(&calls).into_owned())
}

async fn send_all(connection: &mut Connection, room: &serde_json::Value, output: &Path) -> Result<()> {
    // strace is attached once it has written something.
    while std::fs::metadata(output).map_or(0, |calls| calls.len()) == 0 {
        sleep(Duration::from_millis(50)).await;
        send(connection, room, 1).await?;
    }
    for _ in 0..SINGLE {
        send(connection, room, 1).await?;
    }
    send(connection, room, BURST).await
}

/// Sends several messages at once and waits for their acks.
async fn send(connection: &mut Connection, room: &serde_json::Value, count: usize) -> Result<()> {
    let mut unacked = Vec::new();
    for _ in 0..count {
        let key = format!("{:x}", fastrand::u64(..));
        unacked.push(connection.emit("message", &json!({ "room": room, "key": key, "text": "안녕" })));
    }
    let returned = async {
        while !unacked.is_empty() {
            match connection.next().await {
                Packet::Ack(id, _) => unacked.retain(|waiting| *waiting != id),
                Packet::Close => return Err("the connection was closed".into()),
                _ => {}
            }
        }
        Result::Ok(())
    };
    timeout(Duration::from_secs(10), returned).await.map_err(|_| "no acks came")?
}

/// The result of a trace.
#[derive(Debug, PartialEq, Eq)]
struct Proof {
    acks: usize,
    syncs: usize,
}

impl Proof {
    /// Reads the calls in their order. A write to the log makes it unsafe until a sync of it returns.
    /// At an ack, something was written since the previous ack, and the log is safe.
    ///
    /// In a burst, acks may leave while the next batch is written, so only the first counts.
    fn of(calls: &str) -> Result<Self> {
        let (mut is_safe, mut syncs, mut acks) = (true, 0, 0);
        let mut begun: HashMap<&str, bool> = HashMap::new();
        let mut is_written = false;
        for line in calls.lines() {
            let Some((task, call)) = line.split_once(' ').map(|(task, call)| (task, call.trim_start())) else {
                continue;
            };
            let is_sync = call.starts_with("fdatasync(") || call.starts_with("fsync(");
            if call.starts_with("pwrite64(") && call.contains("madang.db-wal") {
                (is_safe, is_written) = (false, true);
            } else if is_sync && call.contains("madang.db-wal") {
                if call.contains("<unfinished") {
                    begun.insert(task, true);
                } else if call.ends_with("= 0") {
                    (is_safe, syncs) = (true, syncs + 1);
                }
            } else if call.starts_with("<... f") && begun.remove(task).is_some() && call.ends_with("= 0") {
                (is_safe, syncs) = (true, syncs + 1);
            } else if is_ack(call) {
                acks += 1;
                if is_written && !is_safe && acks <= SINGLE {
                    return Err(format!("ack {acks} left before its write was synced: {}", first(call)).into());
                }
                is_written = false;
            }
        }
        if acks < SINGLE || syncs < SINGLE {
            return Err(
                format!("{acks} acks and {syncs} syncs were seen; at least {SINGLE} of each are expected").into()
            );
        }
        Ok(Self { acks, syncs })
    }
}

/// Whether a call writes the ack of a send into a socket.
fn is_ack(call: &str) -> bool {
    let writes = ["write(", "writev(", "sendto(", "sendmsg("];
    writes.iter().any(|write| call.starts_with(write)) && call.contains("43/chat,") && call.contains("\\\"seq\\\":")
}

fn first(call: &str) -> String {
    call.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = "7 pwrite64(14</d/madang.db-wal>, \"x\"..., 4096, 32) = 4096\n";
    const SYNC: &str = "7 fdatasync(14</d/madang.db-wal>) = 0\n";
    const ACK: &str = "9 sendto(20<TCP:[1->2]>, \"\\201{43/chat,1[{\\\"ok\\\":true,\\\"seq\\\":1}]\", 60, 0) = 60\n";

    #[test]
    fn an_ack_before_the_sync_is_detected() {
        assert!(Proof::of(&[WRITE, SYNC, ACK].concat().repeat(SINGLE)).is_ok());
        assert!(Proof::of(&[WRITE, ACK, SYNC].concat().repeat(SINGLE)).is_err());
        assert!(Proof::of(&[WRITE, ACK].concat().repeat(SINGLE)).is_err());
        assert!(Proof::of(&ACK.repeat(SINGLE)).is_err());
    }

    #[test]
    fn a_sync_counts_when_it_returns() {
        let begun = "7 fdatasync(14</d/madang.db-wal> <unfinished ...>\n";
        let ended = "7 <... fdatasync resumed>) = 0\n";
        assert!(Proof::of(&[WRITE, begun, ended, ACK].concat().repeat(SINGLE)).is_ok());
        assert!(Proof::of(&[WRITE, begun, ACK, ended].concat().repeat(SINGLE)).is_err());
    }
}
