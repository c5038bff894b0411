//! A person of the run: connects, talks, is cut off, comes back and goes on from where they were.
//! What they hold in the end is what they saw; the checker compares it with the store.

mod act;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::cast::{self, Cast};
use crate::history::{Act, Outcome, Recorder, Room, Send, What, Who};
use crate::link::{Link, Packet, Way};
use crate::reader::{Held, Reader, hold, refused, sent};

/// Sends of one connection that may wait for their answers.
const IN_FLIGHT: usize = 4;
/// After so long without an answer a client gives the connection up, as stock clients do.
const PATIENCE: Duration = Duration::from_secs(12);
/// Own messages that may be edited later.
const REMEMBERED: usize = 40;

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everybody does what people do.
    Busy,
    /// Nothing new; what is open is brought to an end.
    Settle,
    /// One last resume of every room.
    Last,
}

pub(crate) struct Person {
    pub(crate) me: Who,
    pub(crate) cast: Arc<Cast>,
    pub(crate) reader: Reader,
    pub(crate) address: SocketAddr,
    pub(crate) rng: Rng,
    pub(crate) recorder: Recorder,
    pub(crate) phase: watch::Receiver<Phase>,
    /// Counts who has nothing open any more.
    pub(crate) settled: watch::Sender<usize>,
    /// Counts how often everybody wants a seat at once.
    pub(crate) rush: watch::Receiver<u32>,
    /// The pause between two acts, in milliseconds, about.
    pub(crate) pace: u64,
}

/// What a person knows beyond one connection.
#[derive(Default)]
struct Memory {
    held: HashMap<Room, Held>,
    /// Rooms that one is in, as far as one knows.
    inside: Vec<Room>,
    /// Sends of which nothing is known: they are sent again with their keys.
    open: VecDeque<Send>,
    mine: VecDeque<(Room, Arc<str>)>,
    sent: u32,
}

/// A connection and what waits on it.
struct Talk {
    conn: u32,
    link: Link,
    waiting: HashMap<u64, (u32, Act, Instant)>,
    /// Rooms whose resume in the last phase is done.
    resumed: Vec<Room>,
}

impl Person {
    /// Lives until the last phase is over; what is held then.
    pub(crate) async fn live(mut self) -> HashMap<Room, Held> {
        let mut memory = Memory::default();
        if self.me != self.cast.stranger() {
            memory.inside = self.home();
        }
        let mut is_settled = false;
        loop {
            let way = *self
                .rng
                .choice(&[Way::Polling, Way::WebSocket, Way::WebSocket, Way::Upgrade])
                .unwrap_or(&Way::WebSocket);
            let token = self.cast.people[usize::from(self.me)].token.clone();
            if let Ok(link) = Link::open(self.address, way, &token).await {
                let talk =
                    Talk { conn: self.recorder.connection(), link, waiting: HashMap::new(), resumed: Vec::new() };
                self.recorder.note(self.me, talk.conn, What::Opened);
                if self.converse(talk, &mut memory, &mut is_settled).await {
                    return memory.held;
                }
            }
            sleep(Duration::from_millis(self.rng.u64(20..250))).await;
        }
    }

    /// The rooms that one is always in.
    fn home(&self) -> Vec<Room> {
        let rooms = (0..).zip(&self.cast.rooms).filter(|(room, _)| self.me == 0 || *room != cast::SEATS);
        rooms.filter(|(_, place)| place.people.contains(&self.me)).map(|(room, _)| room).collect()
    }

    /// One connection from its beginning to its end; `true` when the run is over for this person.
    async fn converse(&mut self, mut talk: Talk, memory: &mut Memory, is_settled: &mut bool) -> bool {
        let over = loop {
            let phase = *self.phase.borrow();
            let is_idle = talk.waiting.is_empty() && memory.open.is_empty();
            if phase == Phase::Settle && is_idle && !*is_settled && self.is_inside(memory) {
                *is_settled = true;
                self.settled.send_modify(|count| *count += 1);
            }
            if phase == Phase::Last && is_idle {
                match memory.inside.iter().find(|room| !talk.resumed.contains(room)).copied() {
                    Some(room) => {
                        talk.resumed.push(room);
                        self.join(&mut talk, memory, room);
                    }
                    None => break true,
                }
            }
            let pause = Instant::now() + Duration::from_millis(self.rng.u64(1..=self.pace * 2));
            let late = talk.waiting.values().map(|(_, _, asked)| *asked + PATIENCE).min();
            tokio::select! {
                biased;
                packet = talk.link.next() => match packet {
                    Packet::Closed | Packet::Refused => break false,
                    packet => self.hear(&mut talk, memory, packet),
                },
                () = sleep_until(late.unwrap_or(pause)), if late.is_some_and(|late| late <= Instant::now()) => break false,
                () = sleep_until(pause), if phase != Phase::Last => self.act(&mut talk, memory, phase).await,
                _ = self.phase.changed() => {}
                _ = self.rush.changed() => self.rush(&mut talk, memory, phase),
                () = sleep(PATIENCE), if phase == Phase::Last => break false,
            }
        };
        for (_, (op, act, _)) in talk.waiting.drain() {
            self.recorder.answered(self.me, talk.conn, op, Outcome::Unknown);
            if let Act::Send(send) = act {
                memory.open.push_back(Send { is_retry: true, ..send });
            }
        }
        self.recorder.note(self.me, talk.conn, What::Closed);
        if over {
            talk.link.end().await;
        }
        over
    }

    fn is_inside(&self, memory: &Memory) -> bool {
        memory.inside.iter().all(|room| memory.held.contains_key(room))
    }

    fn ask(&mut self, talk: &mut Talk, act: Act, event: &str, payload: &Value) {
        let op = self.recorder.ask(self.me, talk.conn, act.clone());
        let id = talk.link.say(event, payload);
        talk.waiting.insert(id, (op, act, Instant::now()));
    }

    fn id(&self, room: Room) -> &str {
        &self.cast.rooms[usize::from(room)].id
    }

    fn join(&mut self, talk: &mut Talk, memory: &Memory, room: Room) {
        let held = memory.held.get(&room);
        let since = held.map(|held| held.rev);
        let mut payload = json!({ "room": self.id(room) });
        if let Some(held) = held {
            payload["since"] = json!(held.rev);
            payload["epoch"] = json!(&*held.epoch);
        }
        self.ask(talk, Act::Join { room, since }, "join", &payload);
    }

    fn send(&mut self, talk: &mut Talk, send: Send) {
        let mut payload = json!({ "room": self.id(send.room), "key": &*send.key, "text": &*send.text });
        if let Some(to) = send.to {
            payload["to"] = json!(self.cast.people[usize::from(to)].id);
        }
        self.ask(talk, Act::Send(send), "message", &payload);
    }

    // Hearing.

    fn hear(&mut self, talk: &mut Talk, memory: &mut Memory, packet: Packet) {
        match packet {
            Packet::Connected => {
                for room in memory.inside.clone() {
                    self.join(talk, memory, room);
                }
                // Whatever is open is sent again behind the joins, in the order it was sent in.
                for send in std::mem::take(&mut memory.open) {
                    match send.file {
                        Some(_) => memory.open.push_back(send),
                        None => self.send(talk, send),
                    }
                }
            }
            Packet::Ack(id, body) => {
                if let Some((op, act, _)) = talk.waiting.remove(&id) {
                    let outcome = self.outcome(&act, &body);
                    self.recorder.answered(self.me, talk.conn, op, outcome.clone());
                    self.learn(talk, memory, act, outcome);
                }
            }
            Packet::Event(name, body) if name == "message" => {
                let Some((room, state)) = self.reader.state(&body) else { return };
                self.recorder.note(self.me, talk.conn, What::Heard(room, state.clone()));
                let held = memory.held.entry(room).or_default();
                hold(held, state);
            }
            Packet::Event(name, body) if name == "kicked" => {
                let Some(room) = body["room"].as_str().and_then(|id| self.cast.room_of(id)) else { return };
                self.recorder.note(self.me, talk.conn, What::Kicked(room));
                memory.inside.retain(|inside| *inside != room);
            }
            _ => {}
        }
    }

    fn learn(&mut self, talk: &mut Talk, memory: &mut Memory, act: Act, outcome: Outcome) {
        match (act, outcome) {
            (Act::Send(send), Outcome::Sent { id, .. }) => {
                memory.mine.push_back((send.room, id));
                if memory.mine.len() > REMEMBERED {
                    memory.mine.pop_front();
                }
            }
            (Act::Send(send), Outcome::Refused { is_final: false, .. }) => {
                memory.open.push_back(Send { is_retry: true, ..send });
            }
            (Act::Join { room, since }, Outcome::Joined { rev, gap, epoch, states }) => {
                memory.held.entry(room).or_default().begin(since, rev, gap, epoch, states);
                if !memory.inside.contains(&room) {
                    memory.inside.push(room);
                }
            }
            (Act::Join { room, .. }, Outcome::Refused { is_final: false, .. }) if memory.inside.contains(&room) => {
                self.join(talk, memory, room);
            }
            // The seats may all be taken; the checker knows of which room nobody may say so.
            (Act::Join { room, .. }, Outcome::Refused { is_final: true, .. }) | (Act::Leave(room), Outcome::Done) => {
                memory.inside.retain(|inside| *inside != room);
            }
            _ => {}
        }
    }

    fn outcome(&self, act: &Act, body: &Value) -> Outcome {
        if body["ok"] != true {
            return refused(&body["error"]);
        }
        let number = |name: &str| body[name].as_i64().unwrap_or(-1);
        match act {
            Act::Send(_) => sent(body),
            Act::Join { .. } => self.reader.joined(body),
            Act::Leave(_) => Outcome::Done,
            _ => Outcome::Changed { rev: number("rev") },
        }
    }
}
