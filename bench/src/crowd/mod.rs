//! All listeners of a run, on one thread: they come in, answer pings, count, and keep the times.

mod tally;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

pub(crate) use tally::{Flight, Tally};

use crate::Outcome;
use crate::wire::frame::{self, Heard};
use crate::wire::{End, Link, Net, Ready, Speaker, Way};

/// Listeners that may be on their way in at a time.
pub(crate) const COMING: usize = 16;
/// How long a server may be silent while somebody is on the way in.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Crowd {
    net: Net,
    ready: Vec<Ready>,
    members: Vec<Member>,
    coming: usize,
    /// What was heard, server by server.
    pub(crate) tallies: Vec<Tally>,
    /// A message as the first server framed it for a listener, for the floor to repeat.
    pub(crate) sample: Vec<u8>,
    /// Bytes of the last message of each server, as one frame.
    pub(crate) frame_bytes: Vec<usize>,
}

struct Member {
    link: Option<Link>,
    /// The server it listens to, by its place among the tallies.
    side: usize,
    is_coming: bool,
    /// What to say when the session is open.
    hello: String,
    /// Where the mark stood in the last message.
    place: usize,
    /// The message that must come next.
    next: u64,
}

impl Crowd {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self {
            net: Net::new()?,
            ready: Vec::new(),
            members: Vec::new(),
            coming: 0,
            tallies: Vec::new(),
            sample: Vec::new(),
            frame_bytes: Vec::new(),
        })
    }

    /// Gets ready for the listeners of one more server, and gives its number.
    pub(crate) fn side(&mut self) -> usize {
        self.tallies.push(Tally::default());
        self.frame_bytes.push(0);
        self.tallies.len() - 1
    }

    /// Connects one more listener and gives its place; `hello` is the packet that lets it into its
    /// room. The floor's listeners say nothing.
    pub(crate) fn add(&mut self, side: usize, port: u16, hello: Option<String>) -> Outcome<usize> {
        while self.coming >= COMING {
            self.turn()?;
        }
        let place = self.members.len();
        let link = self.net.connect(place, Way { is_websocket: hello.is_some(), ..Way::to(port) })?;
        self.coming += 1;
        let tally = &mut self.tallies[side];
        tally.members += 1;
        let next = tally.flights.len() as u64;
        let hello = hello.unwrap_or_default();
        self.members.push(Member { link: Some(link), side, is_coming: true, hello, place: 0, next });
        Ok(place)
    }

    /// Lets time pass until all have come in.
    pub(crate) fn all_come(&mut self) -> Outcome<()> {
        while self.coming > 0 {
            self.turn()?;
        }
        Ok(())
    }

    /// Says something over a listener's connection.
    pub(crate) fn say(&mut self, place: usize, packet: &str) -> Outcome<()> {
        let link = self.members[place].link.as_mut().ok_or("the talker is away")?;
        Ok(link.say(packet)?)
    }

    /// Listens until `until`.
    pub(crate) fn listen(&mut self, until: Instant) -> Outcome<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.hear_all(left)?;
        }
    }

    /// Listens until everybody of a side has heard everything, but no longer than `patience`.
    pub(crate) fn quiet(&mut self, side: usize, patience: Duration) -> Outcome<()> {
        let until = Instant::now() + patience;
        while !self.tallies[side].is_quiet() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.hear_all(left)?;
        }
        Ok(())
    }

    /// Hears what there is to hear; an error when nothing comes for too long.
    fn turn(&mut self) -> Outcome<()> {
        if self.hear_all(PATIENCE)? { Ok(()) } else { Err("the server has stopped answering".into()) }
    }

    /// Whether there was anything to hear within `most`.
    fn hear_all(&mut self, most: Duration) -> Outcome<bool> {
        let mut ready = std::mem::take(&mut self.ready);
        self.net.wait(most, &mut ready)?;
        for one in &ready {
            self.go_on(one.place)?;
        }
        let was_there_any = !ready.is_empty();
        self.ready = ready;
        Ok(was_there_any)
    }

    fn go_on(&mut self, place: usize) -> Outcome<()> {
        let Some(mut link) = self.members[place].link.take() else { return Ok(()) };
        let mut buffer = std::mem::take(&mut self.net.buffer);
        let end = link.go_on(&mut buffer, |speaker, payload, whole| self.hear(place, speaker, payload, whole));
        self.net.buffer = buffer;
        match end? {
            End::Open => self.members[place].link = Some(link),
            End::Closed => return Err("the server closed a connection".into()),
            End::Refused(why) => return Err(format!("the server refused: {why}").into()),
        }
        Ok(())
    }

    fn hear(
        &mut self,
        place: usize,
        speaker: &mut Speaker<'_>,
        payload: &[u8],
        whole: &[u8],
    ) -> Outcome<ControlFlow<String>> {
        let member = &mut self.members[place];
        let side = member.side;
        match frame::hear(payload, &mut member.place) {
            Heard::Message(number) => {
                let is_due = member.next == number;
                member.next = number + 1;
                self.tallies[side].hear(number, is_due);
                self.frame_bytes[side] = whole.len();
                // The first listener is the sender, whose frame carries its key as well.
                if place == 1 && number > 0 && self.sample.is_empty() {
                    self.sample = whole.to_vec();
                }
            }
            Heard::Ack { id, is_ok } => {
                if !is_ok || !self.tallies[side].acknowledge(id) {
                    return Err(format!("a message was refused: {}", String::from_utf8_lossy(payload)).into());
                }
            }
            Heard::Ping => speaker.say("3")?,
            Heard::Open => speaker.say(&member.hello)?,
            Heard::Joined => {
                self.coming -= usize::from(member.is_coming);
                member.is_coming = false;
            }
            Heard::Refused => return Ok(ControlFlow::Break(String::from_utf8_lossy(payload).into_owned())),
            Heard::Connected | Heard::Other => {}
        }
        Ok(ControlFlow::Continue(()))
    }
}
