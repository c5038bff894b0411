//! The stock client, `socket.io-client`, as one more person: it sends with its own retries, is cut
//! off like the others, and what it hears goes into the same history.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::Outcome;
use crate::cast;
use crate::history::{Act, Outcome as Came, Recorder, Room, Send, What, Who};
use crate::proxy::Proxy;
use crate::reader::{Held, Reader, hold, sent_or_refused};

pub(crate) struct Stock {
    child: Child,
    stdin: ChildStdin,
    listening: JoinHandle<HashMap<Room, Held>>,
}

/// What the script tells, line by line, made into the history.
struct Listener {
    me: Who,
    room: Room,
    reader: Reader,
    recorder: Recorder,
    conn: u32,
    /// What it waits for, by its own numbers.
    waiting: HashMap<u64, (u32, Act)>,
    held: Held,
}

impl Stock {
    /// Starts the script of a folder that has `socket.io-client` among its modules.
    pub(crate) async fn start(folder: &Path, reader: Reader, wire: &Proxy, recorder: &Recorder) -> Outcome<Self> {
        let (me, room) = (reader.0.stock(), cast::STOCK);
        let mut child = Command::new("node")
            .arg(folder.join("torture.mjs"))
            .arg(format!("http://{}", wire.address))
            .arg(&reader.0.people[usize::from(me)].token)
            .arg(&reader.0.rooms[usize::from(room)].id)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the stock client does not start: {error}"))?;
        let stdin = child.stdin.take().ok_or("no stdin")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        let recorder = recorder.clone();
        let listener = Listener { me, room, reader, recorder, conn: 0, waiting: HashMap::new(), held: Held::default() };
        Ok(Self { child, stdin, listening: tokio::spawn(listener.listen(lines)) })
    }

    /// Lets it bring its sends to an end, resume once more and end; what it holds then.
    pub(crate) async fn end(mut self, patience: Duration) -> Outcome<HashMap<Room, Held>> {
        self.stdin.write_all(b"end\n").await?;
        let ended = timeout(patience, self.child.wait()).await.map_err(|_| "the stock client does not end")??;
        if !ended.success() {
            return Err(format!("the stock client ended with {ended}").into());
        }
        Ok(self.listening.await?)
    }
}

impl Listener {
    async fn listen(mut self, mut lines: Lines<BufReader<ChildStdout>>) -> HashMap<Room, Held> {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(told) = serde_json::from_str::<Value>(&line) {
                self.hear(&told);
            }
        }
        HashMap::from([(self.room, self.held)])
    }

    fn hear(&mut self, told: &Value) {
        let number = told["id"].as_u64().unwrap_or_default();
        let text = |name: &str| told[name].as_str().unwrap_or_default();
        match text("what") {
            "opened" => {
                self.conn = self.recorder.connection();
                self.recorder.note(self.me, self.conn, What::Opened);
                let act = Act::Join { room: self.room, since: told["since"].as_i64() };
                let op = self.recorder.ask(self.me, self.conn, act.clone());
                self.waiting.insert(0, (op, act));
            }
            "joined" => {
                let Some((op, Act::Join { since, .. })) = self.waiting.remove(&0) else { return };
                let joined = self.reader.joined(&told["body"]);
                self.recorder.answered(self.me, self.conn, op, joined.clone());
                if let Came::Joined { rev, gap, epoch, states } = joined {
                    self.held.begin(since, rev, gap, epoch, states);
                }
            }
            "message" => {
                let Some((room, state)) = self.reader.state(&told["body"]) else { return };
                self.recorder.note(self.me, self.conn, What::Heard(room, state.clone()));
                hold(&mut self.held, state);
            }
            "closed" => self.recorder.note(self.me, self.conn, What::Closed),
            // A send lives longer than its connection: the client itself repeats it.
            "asked" => {
                let (key, text) = (text("key").into(), text("text").into());
                let act = Act::Send(Send { room: self.room, key, text, to: None, file: None, is_retry: false });
                self.waiting.insert(number, (self.recorder.ask(self.me, 0, act.clone()), act));
            }
            "answered" => {
                let Some((op, _)) = self.waiting.remove(&number) else { return };
                self.recorder.answered(self.me, 0, op, sent_or_refused(&told["body"]));
            }
            _ => {}
        }
    }
}
