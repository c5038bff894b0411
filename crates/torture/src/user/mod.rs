//! A simulated user: connects, sends, loses the connection, reconnects and resumes. The checker
//! compares its final replicas with the store.

mod action;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use testkit::Transport;
use testkit::packet::Packet;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::connection::Connection;
use crate::fixtures::{self, Fixtures};
use crate::history::{EventKind, Operation, Outcome, Recorder, RoomIndex, Send, UserIndex};
use crate::replica::{Decoder, Replica, refused, sent};

/// Operations of one connection that may wait for their acks.
const IN_FLIGHT: usize = 4;
/// After this long without an ack the connection counts as lost, as in stock clients.
const ACK_TIMEOUT: Duration = Duration::from_secs(12);
/// Own messages that are remembered for edits.
const REMEMBERED: usize = 40;

/// The phases of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Users do everything that users do.
    Active,
    /// Nothing new begins; unconfirmed sends are repeated until they are confirmed.
    Settling,
    /// Each user resumes every room once more.
    LastResume,
}

pub(crate) struct User {
    pub(crate) me: UserIndex,
    pub(crate) fixtures: Arc<Fixtures>,
    pub(crate) decoder: Decoder,
    pub(crate) address: SocketAddr,
    pub(crate) rng: Rng,
    pub(crate) recorder: Recorder,
    pub(crate) phase: watch::Receiver<Phase>,
    /// Counts the users that have nothing unconfirmed.
    pub(crate) settled: watch::Sender<usize>,
    /// Changes whenever every user is to join the small room at once.
    pub(crate) rush: watch::Receiver<u32>,
    /// The approximate pause between two operations, in milliseconds.
    pub(crate) pause_ms: u64,
    /// Whether files are sent too.
    pub(crate) has_files: bool,
}

/// What a user remembers from one connection to the next.
#[derive(Default)]
struct Memory {
    replicas: HashMap<RoomIndex, Replica>,
    /// Rooms that the user is in, as far as it knows.
    joined_rooms: Vec<RoomIndex>,
    /// Sends without an ack, to be repeated with the same key.
    unconfirmed: VecDeque<Send>,
    own_messages: VecDeque<(RoomIndex, Arc<str>)>,
    sent: u32,
}

/// A connection and its operations without an ack.
struct Session {
    conn: u32,
    connection: Connection,
    waiting: HashMap<u64, (u32, Operation, Instant)>,
    /// Rooms whose resume in the last phase is done.
    resumed: Vec<RoomIndex>,
}

impl User {
    /// Runs until the last phase is over. Returns the replicas.
    pub(crate) async fn run(mut self) -> HashMap<RoomIndex, Replica> {
        let mut memory = Memory::default();
        if self.me != self.fixtures.stranger() {
            memory.joined_rooms = self.assigned_rooms();
        }
        let mut is_settled = false;
        loop {
            let transport = *self
                .rng
                .choice(&[Transport::Polling, Transport::WebSocket, Transport::WebSocket, Transport::Upgrade])
                .unwrap_or(&Transport::WebSocket);
            let token = self.fixtures.users[usize::from(self.me)].token.clone();
            if let Ok(connection) = Connection::open(self.address, transport, &token).await {
                let session = Session {
                    conn: self.recorder.connection(),
                    connection,
                    waiting: HashMap::new(),
                    resumed: Vec::new(),
                };
                self.recorder.note(self.me, session.conn, EventKind::Opened);
                if self.run_session(session, &mut memory, &mut is_settled).await {
                    return memory.replicas;
                }
            }
            sleep(Duration::from_millis(self.rng.u64(20..250))).await;
        }
    }

    /// Returns the rooms that the user belongs in.
    fn assigned_rooms(&self) -> Vec<RoomIndex> {
        let rooms = (0..).zip(&self.fixtures.rooms).filter(|(room, _)| self.me == 0 || *room != fixtures::SMALL_ROOM);
        rooms.filter(|(_, room)| room.users.contains(&self.me)).map(|(room, _)| room).collect()
    }

    /// Runs one connection until it ends. Returns `true` if the run is over for this user.
    async fn run_session(&mut self, mut session: Session, memory: &mut Memory, is_settled: &mut bool) -> bool {
        let over = loop {
            let phase = *self.phase.borrow();
            let is_idle = session.waiting.is_empty() && memory.unconfirmed.is_empty();
            if phase == Phase::Settling && is_idle && !*is_settled && self.has_joined_all(memory) {
                *is_settled = true;
                self.settled.send_modify(|count| *count += 1);
            }
            if phase == Phase::LastResume && is_idle {
                match memory.joined_rooms.iter().find(|room| !session.resumed.contains(room)).copied() {
                    Some(room) => {
                        session.resumed.push(room);
                        self.join(&mut session, memory, room);
                    }
                    None => break true,
                }
            }
            let pause = Instant::now() + Duration::from_millis(self.rng.u64(1..=self.pause_ms * 2));
            let late = session.waiting.values().map(|(_, _, invoked)| *invoked + ACK_TIMEOUT).min();
            tokio::select! {
                biased;
                packet = session.connection.next() => match packet {
                    Packet::Close | Packet::Disconnect(_) | Packet::ConnectError(_) => break false,
                    packet => self.handle(&mut session, memory, packet),
                },
                () = sleep_until(late.unwrap_or(pause)), if late.is_some_and(|late| late <= Instant::now()) => break false,
                () = sleep_until(pause), if phase != Phase::LastResume => self.act(&mut session, memory, phase).await,
                _ = self.phase.changed() => {}
                _ = self.rush.changed() => self.rush(&mut session, memory, phase),
                () = sleep(ACK_TIMEOUT), if phase == Phase::LastResume => break false,
            }
        };
        for (_, (op, operation, _)) in session.waiting.drain() {
            self.recorder.returned(self.me, session.conn, op, Outcome::Unknown);
            match operation {
                Operation::Send(send) => memory.unconfirmed.push_back(Send { is_retry: true, ..send }),
                // The user may be a member by now: as a real client does, it joins again.
                Operation::Join { room, .. } if !memory.joined_rooms.contains(&room) => memory.joined_rooms.push(room),
                _ => {}
            }
        }
        self.recorder.note(self.me, session.conn, EventKind::Closed);
        if over {
            session.connection.close().await;
        }
        over
    }

    fn has_joined_all(&self, memory: &Memory) -> bool {
        memory.joined_rooms.iter().all(|room| memory.replicas.contains_key(room))
    }

    /// Starts an operation.
    fn invoke(&mut self, session: &mut Session, operation: Operation, event: &str, payload: &Value) {
        let op = self.recorder.invoke(self.me, session.conn, operation.clone());
        let id = session.connection.emit(event, payload);
        session.waiting.insert(id, (op, operation, Instant::now()));
    }

    fn id(&self, room: RoomIndex) -> &str {
        &self.fixtures.rooms[usize::from(room)].id
    }

    fn join(&mut self, session: &mut Session, memory: &Memory, room: RoomIndex) {
        let replica = memory.replicas.get(&room);
        let since = replica.map(|replica| replica.rev);
        let mut payload = json!({ "room": self.id(room) });
        if let Some(replica) = replica {
            payload["since"] = json!(replica.rev);
            payload["epoch"] = json!(&*replica.epoch);
        }
        self.invoke(session, Operation::Join { room, since }, "join", &payload);
    }

    fn send(&mut self, session: &mut Session, send: Send) {
        let mut payload = json!({ "room": self.id(send.room), "key": &*send.key, "text": &*send.text });
        if let Some(to) = send.to {
            payload["to"] = json!(self.fixtures.users[usize::from(to)].id);
        }
        self.invoke(session, Operation::Send(send), "message", &payload);
    }

    fn handle(&mut self, session: &mut Session, memory: &mut Memory, packet: Packet) {
        match packet {
            Packet::Connect(_) => {
                for room in memory.joined_rooms.clone() {
                    self.join(session, memory, room);
                }
                // Unconfirmed sends are repeated after the joins, in their order.
                for send in std::mem::take(&mut memory.unconfirmed) {
                    match send.file {
                        Some(_) => memory.unconfirmed.push_back(send),
                        None => self.send(session, send),
                    }
                }
            }
            Packet::Ack(id, body) => {
                if let Some((op, operation, _)) = session.waiting.remove(&id) {
                    let outcome = self.outcome(&operation, &body);
                    self.recorder.returned(self.me, session.conn, op, outcome.clone());
                    self.learn(session, memory, operation, outcome);
                }
            }
            Packet::Event(name, body) if name == "message" => {
                let Some((room, state)) = self.decoder.state(&body) else { return };
                self.recorder.note(self.me, session.conn, EventKind::Received(room, state.clone()));
                memory.replicas.entry(room).or_default().apply(state);
            }
            Packet::Event(name, body) if name == "kicked" => {
                let Some(room) = body["room"].as_str().and_then(|id| self.fixtures.room(id)) else { return };
                self.recorder.note(self.me, session.conn, EventKind::Kicked(room));
                memory.joined_rooms.retain(|joined| *joined != room);
            }
            _ => {}
        }
    }

    /// Records an outcome.
    fn learn(&mut self, session: &mut Session, memory: &mut Memory, operation: Operation, outcome: Outcome) {
        match (operation, outcome) {
            (Operation::Send(send), Outcome::Sent { id, .. }) => {
                memory.own_messages.push_back((send.room, id));
                if memory.own_messages.len() > REMEMBERED {
                    memory.own_messages.pop_front();
                }
            }
            (Operation::Send(send), Outcome::Refused { is_final: false, .. }) => {
                memory.unconfirmed.push_back(Send { is_retry: true, ..send });
            }
            (Operation::Join { room, since }, Outcome::Joined { rev, gap, epoch, states }) => {
                memory.replicas.entry(room).or_default().apply_join(since, rev, gap, epoch, states);
                if !memory.joined_rooms.contains(&room) {
                    memory.joined_rooms.push(room);
                }
            }
            (Operation::Join { room, .. }, Outcome::Refused { is_final: false, .. })
                if memory.joined_rooms.contains(&room) =>
            {
                self.join(session, memory, room);
            }
            // The room may be full; the checker knows for which room that is allowed.
            (Operation::Join { room, .. }, Outcome::Refused { is_final: true, .. })
            | (Operation::Leave(room), Outcome::Done) => {
                memory.joined_rooms.retain(|joined| *joined != room);
            }
            _ => {}
        }
    }

    fn outcome(&self, operation: &Operation, body: &Value) -> Outcome {
        if body["ok"] != true {
            return refused(&body["error"]);
        }
        let number = |name: &str| body[name].as_i64().unwrap_or(-1);
        match operation {
            Operation::Send(_) => sent(body),
            Operation::Join { .. } => self.decoder.joined(body),
            Operation::Leave(_) => Outcome::Done,
            _ => Outcome::Changed { rev: number("rev") },
        }
    }
}
