//! That an ack follows the sync of its batch, shown by the system calls themselves: a kill alone
//! proves nothing of it, as what the kernel holds survives the process.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::Outcome;
use crate::fault::{detach, has_strace};
use crate::house::House;
use crate::link::{Link, Packet, Way};
use crate::rest::Rest;

/// Sends one after the other, each of which is a batch of its own.
const SINGLE: usize = 20;
/// Sends at once, which share batches.
const BURST: usize = 25;

/// Shows it for the program as it is, and that a program which does not wait for the disk is found.
pub(crate) async fn prove(madang: &Path) -> Outcome<()> {
    if !has_strace() {
        println!("left out, as strace is not here or may not trace: the proof that acks follow syncs");
        return Ok(());
    }
    let calls = traced(madang, "").await?;
    let proof = Proof::of(&calls)?;
    println!("acks and syncs: {} acks, each after the sync of its batch; {} syncs of the log", proof.acks, proof.syncs);
    match Proof::of(&traced(madang, "skip-sync").await?) {
        Err(error) => println!("  {:<45} found: {error}", "a commit is not waited for"),
        Ok(_) => return Err("the proof does not find a program that skips its syncs".into()),
    }
    Ok(())
}

/// Runs sends under strace and gives its lines, in the order of the calls.
async fn traced(madang: &Path, sabotage: &str) -> Outcome<String> {
    let mut house = House::new(madang)?;
    house.start(sabotage).await?;
    let address = ([127, 0, 0, 1], house.port.load(Ordering::Relaxed)).into();
    let rest = Rest(address);
    let minji = rest.post("/api/guests", None, &json!({ "name": "minji" })).await?;
    let token = minji["token"].as_str().ok_or("a guest without a token")?;
    let room = rest.post("/api/rooms", Some(token), &json!({ "title": "courtyard" })).await?;
    let mut link = Link::open(address, Way::WebSocket, token).await?;
    while !matches!(link.next().await, Packet::Connected) {}
    let output = house.folder.path.join("calls");
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-y", "-s", "300", "-e", "trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg"])
        .args(["-p", &house.pid().ok_or("the program has ended")?.to_string(), "-o"])
        .arg(&output)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let said = say(&mut link, &room["id"], &output).await;
    link.end().await;
    detach(&mut strace).await?;
    said?;
    let calls = std::fs::read(&output)?;
    house.kill().await?;
    Ok(String::from_utf8_lossy(&calls).into_owned())
}

async fn say(link: &mut Link, room: &serde_json::Value, output: &Path) -> Outcome<()> {
    // Attached is who has seen something.
    while std::fs::metadata(output).map_or(0, |calls| calls.len()) == 0 {
        sleep(Duration::from_millis(50)).await;
        send(link, room, 1).await?;
    }
    for _ in 0..SINGLE {
        send(link, room, 1).await?;
    }
    send(link, room, BURST).await
}

/// Sends so many at once and waits for their answers.
async fn send(link: &mut Link, room: &serde_json::Value, count: usize) -> Outcome<()> {
    let mut open = Vec::new();
    for _ in 0..count {
        let key = format!("{:x}", fastrand::u64(..));
        open.push(link.say("message", &json!({ "room": room, "key": key, "text": "안녕" })));
    }
    let answered = async {
        while !open.is_empty() {
            match link.next().await {
                Packet::Ack(id, _) => open.retain(|waiting| *waiting != id),
                Packet::Closed => return Err("the connection was closed".into()),
                _ => {}
            }
        }
        Outcome::Ok(())
    };
    timeout(Duration::from_secs(10), answered).await.map_err(|_| "no acks came")?
}

/// What the calls show.
#[derive(Debug, PartialEq, Eq)]
struct Proof {
    acks: usize,
    syncs: usize,
}

impl Proof {
    /// Walks the calls in their order. What is written to the log makes it unsafe until a sync of it
    /// has returned; at an ack something was written since the ack before, and all is safe.
    ///
    /// Acks of one burst may leave while the next batch is being written: of those, the first alone
    /// says something.
    fn of(calls: &str) -> Outcome<Self> {
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
                    return Err(format!("ack {acks} left before a sync of what was written: {}", first(call)).into());
                }
                is_written = false;
            }
        }
        if acks < SINGLE || syncs < SINGLE {
            return Err(format!("{acks} acks and {syncs} syncs were seen, {SINGLE} of each at least are due").into());
        }
        Ok(Self { acks, syncs })
    }
}

/// Whether a call writes the answer to a send into a socket.
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
    fn an_ack_before_the_sync_is_found() {
        assert!(Proof::of(&[WRITE, SYNC, ACK].concat().repeat(SINGLE)).is_ok());
        assert!(Proof::of(&[WRITE, ACK, SYNC].concat().repeat(SINGLE)).is_err());
        assert!(Proof::of(&[WRITE, ACK].concat().repeat(SINGLE)).is_err());
        assert!(Proof::of(&ACK.repeat(SINGLE)).is_err());
    }

    #[test]
    fn a_sync_has_happened_when_it_has_returned() {
        let begun = "7 fdatasync(14</d/madang.db-wal> <unfinished ...>\n";
        let ended = "7 <... fdatasync resumed>) = 0\n";
        assert!(Proof::of(&[WRITE, begun, ended, ACK].concat().repeat(SINGLE)).is_ok());
        assert!(Proof::of(&[WRITE, begun, ACK, ended].concat().repeat(SINGLE)).is_err());
    }
}
