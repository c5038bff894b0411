//! The next operation of a user, chosen at random.

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::{Request, Response};

use super::{IN_FLIGHT, Memory, Phase, Session, User};
use crate::connection;
use crate::fixtures;
use crate::history::{Operation, Outcome, RoomIndex, Send, UserIndex};
use crate::replica::{refused, sent};
use crate::store::hash;

impl User {
    pub(super) async fn act(&mut self, session: &mut Session, memory: &mut Memory, phase: Phase) {
        if self.me == self.fixtures.stranger() {
            return;
        }
        if let Some(index) = memory.unconfirmed.iter().position(|send| send.file.is_some()) {
            if let Some(send) = memory.unconfirmed.remove(index) {
                self.upload(session, memory, send).await;
            }
            return;
        }
        if let Some(send) = memory.unconfirmed.pop_front() {
            return self.send(session, send);
        }
        if phase != Phase::Active || session.waiting.len() >= IN_FLIGHT {
            return;
        }
        let rooms: Vec<RoomIndex> =
            memory.joined_rooms.iter().copied().filter(|room| memory.replicas.contains_key(room)).collect();
        let Some(&room) = self.rng.choice(&rooms) else { return };
        match self.rng.u8(0..100) {
            0..60 => {
                let send = self.new_send(memory, room, None);
                self.send(session, send);
            }
            60..68 => {
                let to = self.other_member(room);
                let send = self.new_send(memory, room, to);
                self.send(session, send);
            }
            68..83 => self.change(session, memory),
            83..88 => self.read(session, room).await,
            88..90 if self.has_files => {
                let mut send = self.new_send(memory, room, None);
                send.file = Some(hash(&file_of(&send.key)).into());
                self.upload(session, memory, send).await;
            }
            90..93 => self.join(session, memory, room),
            _ => self.join_or_leave(session, memory),
        }
    }

    fn new_send(&mut self, memory: &mut Memory, room: RoomIndex, to: Option<UserIndex>) -> Send {
        memory.sent += 1;
        let key: Arc<str> = format!("{}-{}", self.me, memory.sent).into();
        // Some are long, so that a cut hits the middle of a frame.
        let filler = if self.rng.u8(..) < 20 { 3_000 } else { self.rng.usize(0..40) };
        let text = format!("{key} {}", "가나다 ".repeat(filler / 4)).trim_end().into();
        Send { room, key, text, to, file: None, is_retry: false }
    }

    fn other_member(&mut self, room: RoomIndex) -> Option<UserIndex> {
        let users = self.fixtures.rooms[usize::from(room)].users.clone();
        self.rng.choice(users).filter(|user| *user != self.me)
    }

    fn change(&mut self, session: &mut Session, memory: &Memory) {
        let Some((room, id)) = self.rng.choice(&memory.own_messages).cloned() else { return };
        match self.rng.u8(0..10) {
            0..5 => {
                let text: Arc<str> = format!("edited {} by {}", self.rng.u32(..), self.me).into();
                let payload = json!({ "id": &*id, "text": &*text });
                self.invoke(session, Operation::Edit { room, id, text }, "edit", &payload);
            }
            5..7 => {
                let payload = json!({ "id": &*id });
                self.invoke(session, Operation::Delete { room, id }, "delete", &payload);
            }
            _ => {
                let on = self.rng.bool();
                let payload = json!({ "id": &*id, "emoji": "👍", "on": on });
                self.invoke(session, Operation::React { room, id, on }, "react", &payload);
            }
        }
    }

    /// Joins or leaves the small room, rejoins after a kick, or kicks a member.
    fn join_or_leave(&mut self, session: &mut Session, memory: &mut Memory) {
        if self.me == 0 {
            if let Some(whom) = self.other_member(fixtures::KICK_ROOM) {
                let payload = json!({ "room": self.id(fixtures::KICK_ROOM), "userId": self.fixtures.users[usize::from(whom)].id });
                self.invoke(session, Operation::Kick(fixtures::KICK_ROOM, whom), "kick", &payload);
            }
            return;
        }
        let away = self.assigned_rooms().into_iter().find(|room| !memory.joined_rooms.contains(room));
        let may_join = self.fixtures.rooms[usize::from(fixtures::SMALL_ROOM)].users.contains(&self.me);
        match away {
            Some(room) => self.join(session, memory, room),
            None if memory.joined_rooms.contains(&fixtures::SMALL_ROOM) => {
                let payload = json!({ "room": self.id(fixtures::SMALL_ROOM) });
                self.invoke(session, Operation::Leave(fixtures::SMALL_ROOM), "leave", &payload);
            }
            None if may_join => self.join(session, memory, fixtures::SMALL_ROOM),
            None => {}
        }
    }

    /// Joins the small room, unless the user is in it.
    pub(super) fn rush(&mut self, session: &mut Session, memory: &Memory, phase: Phase) {
        let may_join = self.fixtures.rooms[usize::from(fixtures::SMALL_ROOM)].users.contains(&self.me);
        if phase == Phase::Active && may_join && !memory.joined_rooms.contains(&fixtures::SMALL_ROOM) {
            self.join(session, memory, fixtures::SMALL_ROOM);
        }
    }

    /// Sends a message with a file by REST, through the same proxy.
    async fn upload(&mut self, session: &mut Session, memory: &mut Memory, send: Send) {
        let path = format!("/api/rooms/{}/files", self.id(send.room));
        let fields = [("key", &*send.key), ("text", &*send.text)];
        let op = self.recorder.invoke(self.me, session.conn, Operation::Send(send.clone()));
        let token = &self.fixtures.users[usize::from(self.me)].token;
        let upload = Request::new(self.address, "POST", &path).bearer(token);
        let upload = upload.multipart(Some(("file.bin", &file_of(&send.key))), &fields);
        let outcome = match connection::send(upload).await {
            Ok(response) if response.status < 300 => {
                let mut body = response.json();
                // In REST the status marks a repeat.
                body["dup"] = json!(response.status == 200);
                body["rev"] = body["seq"].clone();
                sent(&body)
            }
            Ok(response) => refused(&json_or_null(&response)),
            Err(_) => Outcome::Unknown,
        };
        self.recorder.returned(self.me, session.conn, op, outcome.clone());
        if matches!(outcome, Outcome::Unknown | Outcome::Refused { is_final: false, .. }) {
            memory.unconfirmed.push_back(Send { is_retry: true, ..send });
        }
    }

    async fn read(&mut self, session: &mut Session, room: RoomIndex) {
        let path = format!("/api/rooms/{}/messages?limit=100", self.id(room));
        let op = self.recorder.invoke(self.me, session.conn, Operation::Read(room));
        let token = &self.fixtures.users[usize::from(self.me)].token;
        let request = Request::new(self.address, "GET", &path).bearer(token);
        let outcome = match connection::send(request).await {
            Ok(response) if response.status == 200 => Outcome::Page(self.decoder.states(&response.json()["messages"])),
            Ok(response) => refused(&json_or_null(&response)),
            Err(_) => Outcome::Unknown,
        };
        self.recorder.returned(self.me, session.conn, op, outcome);
    }
}

/// A refusal of the transport itself has no JSON.
fn json_or_null(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

/// Returns the file of a key. Each key has its own.
fn file_of(key: &str) -> Vec<u8> {
    format!("file of {key}\n").repeat(2_000).into_bytes()
}
