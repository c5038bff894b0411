//! What a person does next, as chance has it.

use std::sync::Arc;

use serde_json::json;

use super::{IN_FLIGHT, Memory, Person, Phase, Talk};
use crate::cast;
use crate::history::{Act, Outcome, Room, Send, Who};
use crate::reader::{refused, sent};
use crate::rest::Rest;
use crate::store::hash;

impl Person {
    pub(super) async fn act(&mut self, talk: &mut Talk, memory: &mut Memory, phase: Phase) {
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
                send.file = Some(hash(&file_of(&send.key)).into());
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
    pub(super) fn rush(&mut self, talk: &mut Talk, memory: &Memory, phase: Phase) {
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

/// The file that goes with a key: each its own.
fn file_of(key: &str) -> Vec<u8> {
    format!("file of {key}\n").repeat(2_000).into_bytes()
}
