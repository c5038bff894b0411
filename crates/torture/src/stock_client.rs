//! The stock client, `socket.io-client`, as one more user. It repeats sends by itself, loses its
//! connection like the others, and is recorded in the same history.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::Result;
use crate::fixtures;
use crate::history::{EventKind, Operation, Outcome, Recorder, RoomIndex, Send, UserIndex};
use crate::proxy::Proxy;
use crate::replica::{Decoder, Replica, sent_or_refused};

pub(crate) struct StockClient {
    child: Child,
    stdin: ChildStdin,
    reader: JoinHandle<HashMap<RoomIndex, Replica>>,
}

/// Records the lines that the script prints.
struct LineReader {
    me: UserIndex,
    room: RoomIndex,
    decoder: Decoder,
    recorder: Recorder,
    conn: u32,
    /// Operations without an ack, by the script's number.
    waiting: HashMap<u64, (u32, Operation)>,
    replica: Replica,
}

impl StockClient {
    /// Starts the script in a folder whose node_modules have `socket.io-client`.
    pub(crate) async fn start(folder: &Path, decoder: Decoder, proxy: &Proxy, recorder: &Recorder) -> Result<Self> {
        let (me, room) = (decoder.0.stock_client(), fixtures::STOCK_CLIENT_ROOM);
        let mut child = Command::new("node")
            .arg(folder.join("torture.mjs"))
            .arg(format!("http://{}", proxy.address))
            .arg(&decoder.0.users[usize::from(me)].token)
            .arg(&decoder.0.rooms[usize::from(room)].id)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the stock client does not start: {error}"))?;
        let stdin = child.stdin.take().ok_or("no stdin")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        let recorder = recorder.clone();
        let lines_reader =
            LineReader { me, room, decoder, recorder, conn: 0, waiting: HashMap::new(), replica: Replica::default() };
        Ok(Self { child, stdin, reader: tokio::spawn(lines_reader.read(lines)) })
    }

    /// Lets the client finish its sends and resume once more. Returns its replica.
    pub(crate) async fn finish(mut self, limit: Duration) -> Result<HashMap<RoomIndex, Replica>> {
        self.stdin.write_all(b"end\n").await?;
        let ended = timeout(limit, self.child.wait()).await.map_err(|_| "the stock client does not end")??;
        if !ended.success() {
            return Err(format!("the stock client ended with {ended}").into());
        }
        Ok(self.reader.await?)
    }
}

impl LineReader {
    async fn read(mut self, mut lines: Lines<BufReader<ChildStdout>>) -> HashMap<RoomIndex, Replica> {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(message) = serde_json::from_str::<Value>(&line) {
                self.handle(&message);
            }
        }
        HashMap::from([(self.room, self.replica)])
    }

    fn handle(&mut self, message: &Value) {
        let number = message["id"].as_u64().unwrap_or_default();
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        match text("kind") {
            "opened" => {
                self.conn = self.recorder.connection();
                self.recorder.note(self.me, self.conn, EventKind::Opened);
                let operation = Operation::Join { room: self.room, since: message["since"].as_i64() };
                let op = self.recorder.invoke(self.me, self.conn, operation.clone());
                self.waiting.insert(0, (op, operation));
            }
            "joined" => {
                let Some((op, Operation::Join { since, .. })) = self.waiting.remove(&0) else { return };
                let joined = self.decoder.joined(&message["body"]);
                self.recorder.returned(self.me, self.conn, op, joined.clone());
                if let Outcome::Joined { rev, gap, epoch, states } = joined {
                    self.replica.apply_join(since, rev, gap, epoch, states);
                }
            }
            "message" => {
                let Some((room, state)) = self.decoder.state(&message["body"]) else { return };
                self.recorder.note(self.me, self.conn, EventKind::Received(room, state.clone()));
                self.replica.apply(state);
            }
            "closed" => self.recorder.note(self.me, self.conn, EventKind::Closed),
            // A send belongs to no connection: the client repeats it by itself.
            "sent" => {
                let (key, text) = (text("key").into(), text("text").into());
                let operation =
                    Operation::Send(Send { room: self.room, key, text, to: None, file: None, is_retry: false });
                self.waiting.insert(number, (self.recorder.invoke(self.me, 0, operation.clone()), operation));
            }
            "acked" => {
                let Some((op, _)) = self.waiting.remove(&number) else { return };
                self.recorder.returned(self.me, 0, op, sent_or_refused(&message["body"]));
            }
            _ => {}
        }
    }
}
