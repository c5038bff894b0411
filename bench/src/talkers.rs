//! People who talk, on one thread: each sends the next message when the last was acknowledged.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::crowd::COMING;
use crate::times::Times;
use crate::wire::frame::{self, Heard};
use crate::wire::{End, Link, Net, Ready, Speaker, Way};

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a talker says next: who, and their how-many-eth message.
pub(crate) type Script<'a> = dyn Fn(usize, u64) -> String + 'a;

pub(crate) struct Talkers<'a> {
    net: Net,
    ready: Vec<Ready>,
    port: u16,
    script: &'a Script<'a>,
    members: Vec<Member>,
    coming: usize,
    /// Messages that were sent and not yet acknowledged.
    waiting: usize,
    goes_on: bool,
    times: Times,
}

struct Member {
    link: Option<Link>,
    hello: String,
    joins: bool,
    is_coming: bool,
    mark: usize,
    sent: u64,
    sent_at: Instant,
}

impl<'a> Talkers<'a> {
    pub(crate) fn new(port: u16, script: &'a Script<'a>) -> Outcome<Self> {
        Ok(Self {
            net: Net::new()?,
            ready: Vec::new(),
            port,
            script,
            members: Vec::new(),
            coming: 0,
            waiting: 0,
            goes_on: false,
            times: Times::new()?,
        })
    }

    /// One more comes in: into a room, where the server says so when they are there, or only into the
    /// house.
    pub(crate) fn add(&mut self, hello: String, joins: bool) -> Outcome<()> {
        while self.coming >= COMING {
            self.turn()?;
        }
        let link = Some(self.net.connect(self.members.len(), Way::to(self.port))?);
        let member = Member { link, hello, joins, is_coming: true, mark: 0, sent: 0, sent_at: Instant::now() };
        self.members.push(member);
        self.coming += 1;
        Ok(())
    }

    pub(crate) fn all_come(&mut self) -> Outcome<()> {
        while self.coming > 0 {
            self.turn()?;
        }
        Ok(())
    }

    /// Lets some of them begin to talk; the others listen.
    pub(crate) fn begin(&mut self, talkers: impl IntoIterator<Item = usize>) -> Outcome<()> {
        self.goes_on = true;
        for place in talkers {
            let packet = self.next(place);
            let link = self.members[place].link.as_mut().ok_or("a talker is away")?;
            link.say(&packet)?;
        }
        Ok(())
    }

    /// Lets them talk for so long, and gives the times from a message to its answer in it.
    pub(crate) fn talk(&mut self, window: Duration) -> Outcome<&Times> {
        self.times.clear();
        let until = Instant::now() + window;
        while Instant::now() < until {
            self.turn()?;
        }
        Ok(&self.times)
    }

    /// Lets them talk until so many messages were acknowledged.
    pub(crate) fn talk_until(&mut self, count: u64) -> Outcome<()> {
        self.times.clear();
        while self.times.count() < count {
            self.turn()?;
        }
        Ok(())
    }

    /// Lets them end and waits for the last answers.
    pub(crate) fn end(&mut self) -> Outcome<()> {
        self.goes_on = false;
        while self.waiting > 0 {
            self.turn()?;
        }
        Ok(())
    }

    fn is_in(&mut self, place: usize) {
        self.coming -= usize::from(self.members[place].is_coming);
        self.members[place].is_coming = false;
    }

    fn next(&mut self, place: usize) -> String {
        let member = &mut self.members[place];
        let packet = (self.script)(place, member.sent);
        member.sent += 1;
        member.sent_at = Instant::now();
        self.waiting += 1;
        packet
    }

    fn turn(&mut self) -> Outcome<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.net.wait(PATIENCE, &mut ready)?;
        if ready.is_empty() {
            return Err("the server has stopped answering".into());
        }
        for one in &ready {
            self.go_on(one.place)?;
        }
        self.ready = ready;
        Ok(())
    }

    fn go_on(&mut self, place: usize) -> Outcome<()> {
        let Some(mut link) = self.members[place].link.take() else { return Ok(()) };
        let mut buffer = std::mem::take(&mut self.net.buffer);
        let end = link.go_on(&mut buffer, |speaker, payload, _| self.hear(place, speaker, payload));
        self.net.buffer = buffer;
        match end? {
            End::Open => self.members[place].link = Some(link),
            End::Closed => return Err("the server closed a connection".into()),
            End::Refused(why) => return Err(format!("the server refused: {why}").into()),
        }
        Ok(())
    }

    fn hear(&mut self, place: usize, speaker: &mut Speaker<'_>, payload: &[u8]) -> Outcome<ControlFlow<String>> {
        let member = &mut self.members[place];
        match frame::hear(payload, &mut member.mark) {
            Heard::Ack { is_ok: true, .. } => {
                self.times.record(member.sent_at.elapsed());
                self.waiting -= 1;
                if self.goes_on {
                    let packet = self.next(place);
                    speaker.say(&packet)?;
                }
            }
            Heard::Ack { is_ok: false, .. } => {
                return Err(format!("a message was refused: {}", String::from_utf8_lossy(payload)).into());
            }
            Heard::Ping => speaker.say("3")?,
            Heard::Open => speaker.say(&member.hello)?,
            Heard::Joined => self.is_in(place),
            Heard::Connected if !member.joins => self.is_in(place),
            Heard::Refused => return Ok(ControlFlow::Break(String::from_utf8_lossy(payload).into_owned())),
            Heard::Connected | Heard::Message(_) | Heard::Other => {}
        }
        Ok(ControlFlow::Continue(()))
    }
}
