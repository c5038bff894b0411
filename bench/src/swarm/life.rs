//! What happens to a swarm while time passes: members connect, are refused, try again, join and hear.

use std::cmp::Reverse;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Swarm;
use super::member::{Reading, Stage};
use crate::Outcome;
use crate::wire::frame::{self, Heard};
use crate::wire::{End, Speaker, Way};

/// How long the stock client waits for a session to open.
const OPENING: Duration = Duration::from_secs(20);
/// The stock client's waits between two tries: the first, and the longest.
const FIRST_WAIT: f64 = 1.0;
const LONGEST_WAIT: f64 = 5.0;

#[derive(Deserialize)]
struct Joined {
    rev: i64,
    messages: Vec<Change>,
    #[serde(default)]
    gap: bool,
}

#[derive(Deserialize)]
struct Change {
    rev: i64,
}

#[derive(Deserialize)]
struct Refused {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    code: String,
}

impl Swarm {
    /// Takes what there is to take, and does what is due, once; waits until `until` at most.
    pub(super) fn turn(&mut self, until: Instant) -> Outcome<()> {
        self.do_what_is_due()?;
        let next = self.due.peek().map_or(until, |Reverse((at, ..))| until.min(*at));
        let mut ready = std::mem::take(&mut self.ready);
        self.net.wait(next.saturating_duration_since(Instant::now()), &mut ready)?;
        for &one in &ready {
            if self.members[one.place].reading == Reading::All {
                self.go_on(one.place)?;
            } else if one.has_ended {
                self.gone(one.place);
            }
        }
        self.ready = ready;
        Ok(())
    }

    fn do_what_is_due(&mut self) -> Outcome<()> {
        let now = Instant::now();
        while let Some(Reverse((at, place, connection))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            let member = &self.members[place];
            match member.stage {
                _ if member.connection != connection => {}
                Stage::Away => self.connect(place)?,
                // What waits for its turn to join waits as long as it takes, as the stock client does.
                Stage::Opening if !member.link.as_ref().is_some_and(|link| link.is_open()) => {
                    self.refused(place, "timeout");
                }
                Stage::Opening | Stage::Joining | Stage::In => {}
            }
        }
        Ok(())
    }

    pub(super) fn connect(&mut self, place: usize) -> Outcome<()> {
        let member = &mut self.members[place];
        member.connection += 1;
        member.stage = Stage::Opening;
        let way = Way { source: member.source, receive_buffer: member.receive_buffer, ..Way::to(self.port) };
        match self.net.connect(place, way) {
            Ok(link) => member.link = Some(link),
            Err(_) => {
                self.refused(place, "not connected");
                return Ok(());
            }
        }
        self.due.push(Reverse((Instant::now() + OPENING, place, member.connection)));
        Ok(())
    }

    /// A try came to nothing: the next is made as the stock client does.
    fn refused(&mut self, place: usize, why: &str) {
        *self.faults.refusals.entry(why.to_owned()).or_default() += 1;
        let member = &mut self.members[place];
        member.leave();
        let wait = (FIRST_WAIT * f64::from(1 << member.tries.min(8))).min(2.0 * LONGEST_WAIT);
        let jitter = 0.5 + self.chance.below(1_000) as f64 / 1_000.0;
        member.tries += 1;
        let wait = Duration::from_secs_f64((wait * jitter).min(LONGEST_WAIT));
        self.due.push(Reverse((Instant::now() + wait, place, member.connection)));
    }

    /// The server has ended a connection.
    pub(super) fn gone(&mut self, place: usize) {
        let member = &mut self.members[place];
        member.gone_at = Some(Instant::now());
        if member.reading == Reading::All {
            let why = if member.stage == Stage::In { "closed while in" } else { "closed on the way in" };
            self.refused(place, why);
        } else {
            member.leave();
        }
    }

    /// Lets a member take what is there for it.
    fn go_on(&mut self, place: usize) -> Outcome<()> {
        // An event of a connection that was given up may still be on its way.
        let Some(mut link) = self.members[place].link.take() else { return Ok(()) };
        let mut buffer = std::mem::take(&mut self.net.buffer);
        let end = link.go_on(&mut buffer, |speaker, payload, _| self.hear(place, speaker, payload));
        self.net.buffer = buffer;
        match end? {
            End::Open => self.members[place].link = Some(link),
            End::Closed => self.gone(place),
            End::Refused(why) => self.refused(place, &why),
        }
        Ok(())
    }

    fn hear(&mut self, place: usize, speaker: &mut Speaker<'_>, payload: &[u8]) -> Outcome<ControlFlow<String>> {
        let member = &mut self.members[place];
        match frame::hear(payload, &mut member.mark) {
            Heard::Ping => speaker.say("3")?,
            Heard::Open => {
                let since = member.held.map(|held| format!(r#","since":{held}"#)).unwrap_or_default();
                let (token, room) = (&member.token, &self.room);
                speaker.say(&format!(r#"40/chat,{{"token":"{token}","room":"{room}"{since}}}"#))?;
                member.stage = Stage::Joining;
            }
            Heard::Joined => self.joined(place, payload)?,
            Heard::Refused => {
                let json = payload.get(8..).unwrap_or_default();
                let refused: Refused = serde_json::from_slice(json).unwrap_or(Refused { data: None });
                return Ok(ControlFlow::Break(refused.data.map_or_else(|| "refused".to_owned(), |data| data.code)));
            }
            Heard::Ack { is_ok: false, .. } => {
                return Err(format!("a message was refused: {}", String::from_utf8_lossy(payload)).into());
            }
            Heard::Message(number) => {
                if let Some(sent_at) = self.sent_at.get(number as usize) {
                    self.deliveries[number as usize].push(sent_at.elapsed().as_micros() as u32);
                }
                // The first is the sender, whose frame carries its key as well.
                if place == 1 {
                    self.frame_bytes = frame::length(payload.len()) as u64;
                }
                self.changed(place, payload);
            }
            Heard::Other => self.changed(place, payload),
            Heard::Ack { .. } | Heard::Connected => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn joined(&mut self, place: usize, payload: &[u8]) -> Outcome<()> {
        let (_, joined): (IgnoredAny, Joined) = serde_json::from_slice(&payload["42/chat,".len()..])?;
        let member = &mut self.members[place];
        if let Some(held) = member.held {
            if joined.gap {
                self.faults.gaps += 1;
            } else {
                // All that was missed, each change once: here nothing is changed twice.
                let due = held + 1..=joined.rev;
                let count = due.clone().count();
                self.faults.holes += u64::from(!joined.messages.iter().map(|change| change.rev).eq(due));
                self.faults.doubles += joined.messages.len().saturating_sub(count) as u64;
            }
        }
        member.held = Some(joined.rev);
        member.stage = Stage::In;
        member.tries = 0;
        member.came_at = Some(Instant::now());
        Ok(())
    }

    /// A live change: the next one must be the next.
    fn changed(&mut self, place: usize, payload: &[u8]) {
        if !payload.starts_with(b"42/chat,[\"message\"") {
            return;
        }
        let member = &mut self.members[place];
        let (Some(rev), Some(held)) = (frame::rev(payload), member.held) else { return };
        self.faults.doubles += u64::from(rev <= held);
        self.faults.holes += u64::from(rev > held + 1);
        member.held = Some(rev.max(held));
    }
}
