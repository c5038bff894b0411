//! What a client does with the frames it receives.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::connection::ReadResult;
use super::frame::{self, Event};
use super::{Load, Resume};
use crate::Outcome;

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
struct Refusal {
    data: Option<RefusalData>,
}

#[derive(Deserialize)]
struct RefusalData {
    code: String,
}

impl Load<'_> {
    /// Reads all that is waiting for a client.
    pub(super) fn receive(&mut self, place: usize) -> Outcome<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let outcome = self.read_frames(place, &mut buffer);
        self.buffer = buffer;
        outcome
    }

    fn read_frames(&mut self, place: usize, buffer: &mut [u8]) -> Outcome<()> {
        loop {
            // An event of an earlier connection may still arrive.
            let Some(connection) = &mut self.clients[place].connection else { return Ok(()) };
            if !connection.upgrade() {
                return self.refused(place, "not connected");
            }
            let (count, is_last) = match connection.read(buffer) {
                ReadResult::Bytes { count, is_last } => (count, is_last),
                ReadResult::Nothing => return Ok(()),
                ReadResult::Closed => return self.closed(place),
            };
            let bytes = &buffer[..count];
            let mut used = match connection.take_response(bytes) {
                Ok(length) => length,
                Err(reason) => return self.refused(place, &reason),
            };
            let mut is_open = connection.is_open();
            while is_open && let Some((length, payload)) = frame::split(&bytes[used..]) {
                self.on_frame(place, payload, &bytes[used..used + length])?;
                used += length;
                is_open = self.clients[place].connection.is_some();
            }
            let Some(connection) = &mut self.clients[place].connection else { return Ok(()) };
            connection.keep(&bytes[used..]);
            if is_last {
                return Ok(());
            }
        }
    }

    fn on_frame(&mut self, place: usize, payload: &[u8], frame: &[u8]) -> Outcome<()> {
        let client = &mut self.clients[place];
        match frame::parse(payload, &mut client.mark) {
            Event::Message(number) => {
                if let Some(number) = number.filter(|_| !self.deliveries.messages.is_empty()) {
                    self.deliveries.received(number, client.expected == number);
                    client.expected = number + 1;
                    // The first client is the sender, whose frame has a key as well.
                    if place > 0 {
                        self.deliveries.frame_bytes = frame.len();
                    }
                    if place == 1 && number > 0 && self.sample.is_empty() {
                        self.sample = frame.to_vec();
                    }
                }
                if let (Some(own), Some(rev)) = (client.rev, frame::rev(payload)) {
                    self.resume.duplicates += u64::from(rev <= own);
                    self.resume.holes += u64::from(rev > own + 1);
                    client.rev = Some(rev.max(own));
                }
            }
            Event::Ack { is_ok: false, .. } => {
                return Err(format!("a message was refused: {}", String::from_utf8_lossy(payload)).into());
            }
            Event::Ack { .. } if client.is_sender => {
                client.sent_at.iter().for_each(|at| self.acks.record(at.elapsed()));
                self.unacknowledged -= 1;
                if self.is_sending {
                    self.send_next(place)?;
                }
            }
            Event::Ack { id, .. } => self.deliveries.acknowledged(id),
            Event::Ping => self.send(place, "3")?,
            Event::Open => {
                let hello = client.hello();
                self.send(place, &hello)?;
            }
            Event::Joined => self.joined(place, payload)?,
            Event::Connected if client.setup.is_roomless => self.is_in(place),
            Event::Refused => {
                let refusal = serde_json::from_slice(payload.get(8..).unwrap_or_default());
                let code = refusal.ok().and_then(|refusal: Refusal| refusal.data).map(|data| data.code);
                self.refused(place, code.as_deref().unwrap_or("refused"))?;
            }
            Event::Connected | Event::Other => {}
        }
        Ok(())
    }

    fn is_in(&mut self, place: usize) {
        let client = &mut self.clients[place];
        self.inside += usize::from(!client.is_in);
        client.is_in = true;
        client.attempts = 0;
        client.joined_at = Some(std::time::Instant::now());
    }

    /// Takes the snapshot. A client that resumes must get every change it missed, once and in order.
    fn joined(&mut self, place: usize, payload: &[u8]) -> Outcome<()> {
        self.is_in(place);
        let client = &mut self.clients[place];
        if !self.reconnects {
            return Ok(());
        }
        let (_, joined): (IgnoredAny, Joined) = serde_json::from_slice(&payload["42/chat,".len()..])?;
        let Resume { holes, duplicates, gaps, .. } = &mut self.resume;
        if let Some(own) = client.rev {
            if joined.gap {
                *gaps += 1;
            } else {
                // No message is changed here, so each rev has exactly one.
                let missed = own + 1..=joined.rev;
                let count = missed.clone().count();
                *holes += u64::from(!joined.messages.iter().map(|change| change.rev).eq(missed));
                *duplicates += joined.messages.len().saturating_sub(count) as u64;
            }
        }
        client.rev = Some(joined.rev);
        Ok(())
    }
}
