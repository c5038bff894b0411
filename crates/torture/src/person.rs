//! A person of the run: connects, talks, is cut off, comes back and goes on from where they were.
//! What they hold in the end is what they saw; the checker compares it with the store.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::cast::{self, Cast};
use crate::history::{Act, Outcome, Recorder, Room, Send, State, What, Who};
use crate::house::hex;
use crate::link::{Link, Packet, Way};
use crate::rest::Rest;

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

/// What a person holds of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) rev: i64,
    pub(crate) epoch: Arc<str>,
    /// By seq. What lies before the page one began with is not held.
    pub(crate) states: BTreeMap<i64, State>,
    pub(crate) first_seq: i64,
    pub(crate) first_rev: i64,
}

impl Held {
    /// What a client does with the answer to a coming in.
    pub(crate) fn begin(&mut self, since: Option<i64>, rev: i64, gap: bool, epoch: Arc<str>, states: Vec<State>) {
        if gap || since.is_none() {
            self.states.clear();
            self.first_seq = states.first().map_or(1, |state| state.seq);
            self.first_rev = rev;
        }
        (self.rev, self.epoch) = (rev, epoch);
        states.into_iter().for_each(|state| hold(self, state));
    }
}

/// Reads what the wire says as what the history keeps.
#[derive(Clone)]
pub(crate) struct Reader(pub(crate) Arc<Cast>);

impl Reader {
    pub(crate) fn joined(&self, body: &Value) -> Outcome {
        Outcome::Joined {
            rev: body["rev"].as_i64().unwrap_or(-1),
            gap: body["gap"] == true,
            epoch: body["room"]["epoch"].as_str().unwrap_or_default().into(),
            states: self.states(&body["messages"]),
        }
    }

    pub(crate) fn states(&self, messages: &Value) -> Vec<State> {
        let messages = messages.as_array().into_iter().flatten();
        messages.filter_map(|message| self.state(message)).map(|(_, state)| state).collect()
    }

    pub(crate) fn state(&self, message: &Value) -> Option<(Room, State)> {
        let who = |user: &Value| user["id"].as_str().and_then(|id| self.0.who(id));
        let state = State {
            seq: message["seq"].as_i64()?,
            rev: message["rev"].as_i64()?,
            id: message["id"].as_str()?.into(),
            sender: who(&message["user"]),
            to: who(&message["to"]),
            text: message["text"].as_str()?.into(),
            is_system: message["kind"] == "system",
        };
        Some((self.0.room_of(message["roomId"].as_str()?)?, state))
    }
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

    // Acting.

    async fn act(&mut self, talk: &mut Talk, memory: &mut Memory, phase: Phase) {
        if self.me == self.cast.stranger() {
            return;
        }
        if let Some(place) = memory.open.iter().position(|send| send.file.is_some()) {
            if let Some(send) = memory.open.remove(place) {
                self.upload(talk, memory, send).await;
            }
            return;
        }
        if let Some(send) = memory.open.pop_front() {
            return self.send(talk, send);
        }
        if phase != Phase::Busy || talk.waiting.len() >= IN_FLIGHT {
            return;
        }
        let home: Vec<Room> = memory.inside.iter().copied().filter(|room| memory.held.contains_key(room)).collect();
        let Some(&room) = self.rng.choice(&home) else { return };
        match self.rng.u8(0..100) {
            0..60 => {
                let send = self.new_send(memory, room, None);
                self.send(talk, send);
            }
            60..68 => {
                let to = self.neighbour(room);
                let send = self.new_send(memory, room, to);
                self.send(talk, send);
            }
            68..83 => self.change(talk, memory),
            83..88 => self.read(talk, room).await,
            88..90 => {
                let mut send = self.new_send(memory, room, None);
                send.file = Some(hex(&Sha256::digest(file_of(&send.key))).into());
                self.upload(talk, memory, send).await;
            }
            90..93 => self.join(talk, memory, room),
            _ => self.move_about(talk, memory),
        }
    }

    fn new_send(&mut self, memory: &mut Memory, room: Room, to: Option<Who>) -> Send {
        memory.sent += 1;
        let key: Arc<str> = format!("{}-{}", self.me, memory.sent).into();
        // Some are long, so that frames are cut in their midst.
        let filler = if self.rng.u8(..) < 20 { 3_000 } else { self.rng.usize(0..40) };
        let text = format!("{key} {}", "가나다 ".repeat(filler / 4)).trim_end().into();
        Send { room, key, text, to, file: None, is_retry: false }
    }

    fn neighbour(&mut self, room: Room) -> Option<Who> {
        let people = self.cast.rooms[usize::from(room)].people.clone();
        self.rng.choice(people).filter(|who| *who != self.me)
    }

    fn change(&mut self, talk: &mut Talk, memory: &Memory) {
        let Some((room, id)) = self.rng.choice(&memory.mine).cloned() else { return };
        match self.rng.u8(0..10) {
            0..5 => {
                let text: Arc<str> = format!("edited {} by {}", self.rng.u32(..), self.me).into();
                let payload = json!({ "id": &*id, "text": &*text });
                self.ask(talk, Act::Edit { room, id, text }, "edit", &payload);
            }
            5..7 => {
                let payload = json!({ "id": &*id });
                self.ask(talk, Act::Delete { room, id }, "delete", &payload);
            }
            _ => {
                let on = self.rng.bool();
                let payload = json!({ "id": &*id, "emoji": "👍", "on": on });
                self.ask(talk, Act::React { room, id, on }, "react", &payload);
            }
        }
    }

    /// Seats are taken and given up, people are shown out, one goes and comes back.
    fn move_about(&mut self, talk: &mut Talk, memory: &mut Memory) {
        if self.me == 0 {
            if let Some(whom) = self.neighbour(cast::KICKS) {
                let payload = json!({ "room": self.id(cast::KICKS), "userId": self.cast.people[usize::from(whom)].id });
                self.ask(talk, Act::Kick(cast::KICKS, whom), "kick", &payload);
            }
            return;
        }
        let away = self.home().into_iter().find(|room| !memory.inside.contains(room));
        let wants_seat = self.cast.rooms[usize::from(cast::SEATS)].people.contains(&self.me);
        match away {
            Some(room) => self.join(talk, memory, room),
            None if memory.inside.contains(&cast::SEATS) => {
                let payload = json!({ "room": self.id(cast::SEATS) });
                self.ask(talk, Act::Leave(cast::SEATS), "leave", &payload);
            }
            None if wants_seat => self.join(talk, memory, cast::SEATS),
            None => {}
        }
    }

    /// Who has no seat wants one, now.
    fn rush(&mut self, talk: &mut Talk, memory: &Memory, phase: Phase) {
        let wants_seat = self.cast.rooms[usize::from(cast::SEATS)].people.contains(&self.me);
        if phase == Phase::Busy && wants_seat && !memory.inside.contains(&cast::SEATS) {
            self.join(talk, memory, cast::SEATS);
        }
    }

    /// A message with a file goes by REST, through the same wire.
    async fn upload(&mut self, talk: &mut Talk, memory: &mut Memory, send: Send) {
        let path = format!("/api/rooms/{}/files", self.id(send.room));
        let fields = [("key", &*send.key), ("text", &*send.text)];
        let op = self.recorder.ask(self.me, talk.conn, Act::Send(send.clone()));
        let token = &self.cast.people[usize::from(self.me)].token;
        let answer = Rest(self.address).post_file(&path, token, &fields, &file_of(&send.key)).await;
        let outcome = match answer {
            Ok(answer) if answer.status < 300 => {
                let mut body = answer.json();
                // Over REST a repeat is told by the status.
                body["dup"] = json!(answer.status == 200);
                body["rev"] = body["seq"].clone();
                sent(&body)
            }
            Ok(answer) => refused(&answer.json()),
            Err(_) => Outcome::Unknown,
        };
        self.recorder.answered(self.me, talk.conn, op, outcome.clone());
        if matches!(outcome, Outcome::Unknown | Outcome::Refused { is_final: false, .. }) {
            memory.open.push_back(Send { is_retry: true, ..send });
        }
    }

    async fn read(&mut self, talk: &mut Talk, room: Room) {
        let path = format!("/api/rooms/{}/messages?limit=100", self.id(room));
        let op = self.recorder.ask(self.me, talk.conn, Act::Read(room));
        let token = &self.cast.people[usize::from(self.me)].token;
        let outcome = match Rest(self.address).get(&path, Some(token)).await {
            Ok(answer) if answer.status == 200 => Outcome::Page(self.reader.states(&answer.json()["messages"])),
            Ok(answer) => refused(&answer.json()),
            Err(_) => Outcome::Unknown,
        };
        self.recorder.answered(self.me, talk.conn, op, outcome);
    }
}

/// What a client does with a message: the higher rev wins.
pub(crate) fn hold(held: &mut Held, state: State) {
    held.rev = held.rev.max(state.rev);
    match held.states.get(&state.seq) {
        Some(known) if known.rev >= state.rev => {}
        _ => drop(held.states.insert(state.seq, state)),
    }
}

/// The file that goes with a key: each its own.
pub(crate) fn file_of(key: &str) -> Vec<u8> {
    format!("file of {key}\n").repeat(2_000).into_bytes()
}

pub(crate) fn sent_or_refused(body: &Value) -> Outcome {
    match body {
        Value::Null => Outcome::Unknown,
        body if body["ok"] == true => sent(body),
        body => refused(&body["error"]),
    }
}

fn sent(body: &Value) -> Outcome {
    let number = |name: &str| body[name].as_i64().unwrap_or(-1);
    let id = body["id"].as_str().unwrap_or_default().into();
    Outcome::Sent { id, seq: number("seq"), rev: number("rev"), dup: body["dup"] == true }
}

fn refused(error: &Value) -> Outcome {
    let code = error["code"].as_str().unwrap_or("none");
    let is_final = !matches!(code, "none" | "rate_limited" | "busy" | "unavailable" | "draining" | "internal");
    Outcome::Refused { code: code.into(), is_final }
}
