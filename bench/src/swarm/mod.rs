//! Members of one room on one thread who come, go and come back as the stock client does, and who
//! check that of every change up to the present they hold each one once.

mod life;
mod member;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

pub(crate) use member::Reading;
use member::{Member, Stage};

use crate::Outcome;
use crate::prose::Chance;
use crate::wire::{Net, Ready, frame};

/// What went wrong, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Tries that came to nothing, by why.
    pub(crate) refusals: BTreeMap<String, u64>,
    /// Changes that were left out, or came twice.
    pub(crate) holes: u64,
    pub(crate) doubles: u64,
    /// Resumes that were answered with the newest page.
    pub(crate) gaps: u64,
}

pub(crate) struct Swarm {
    net: Net,
    ready: Vec<Ready>,
    members: Vec<Member>,
    /// When to look at whom again: to come back, or to give up a try.
    due: BinaryHeap<Reverse<(Instant, usize, u32)>>,
    chance: Chance,
    port: u16,
    room: String,
    pub(crate) faults: Faults,
    /// When each of the bench's messages was sent.
    sent_at: Vec<Instant>,
    /// How long the last message was, as one frame.
    pub(crate) frame_bytes: u64,
    /// How long each delivery took, in microseconds, those of the same message side by side.
    pub(crate) deliveries: Vec<Vec<u32>>,
}

impl Swarm {
    pub(crate) fn new(port: u16, room: &str) -> Outcome<Self> {
        Ok(Self {
            net: Net::new()?,
            ready: Vec::new(),
            members: Vec::new(),
            due: BinaryHeap::new(),
            chance: Chance::new(1),
            port,
            room: room.to_owned(),
            faults: Faults::default(),
            sent_at: Vec::new(),
            frame_bytes: 0,
            deliveries: Vec::new(),
        })
    }

    /// One more member, who is away.
    pub(crate) fn add(&mut self, source: Ipv4Addr, token: String, receive_buffer: Option<usize>) {
        self.members.push(Member::new(source, token, receive_buffer));
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Lets all come in, no more than `at_once` on their way at a time.
    pub(crate) fn come_in(&mut self, at_once: usize, patience: Duration) -> Outcome<()> {
        let until = Instant::now() + patience;
        let mut next = 0;
        while next < self.members.len() || self.inside() < self.members.len() {
            if Instant::now() >= until {
                return Err(format!("only {} are in: {:?}", self.inside(), self.faults).into());
            }
            let room = at_once.saturating_sub(next - self.inside().min(next));
            let end = (next + room).min(self.members.len());
            for place in next..end {
                self.connect(place)?;
            }
            next = end;
            self.live(Instant::now() + Duration::from_millis(10))?;
        }
        Ok(())
    }

    /// How many are in the room.
    pub(crate) fn inside(&self) -> usize {
        self.members.iter().filter(|member| member.stage == Stage::In).count()
    }

    /// How many are in the room and hold everything up to `rev`.
    pub(crate) fn holding(&self, rev: i64) -> usize {
        let holds = |member: &&Member| member.stage == Stage::In && member.held.is_some_and(|held| held >= rev);
        self.members.iter().filter(holds).count()
    }

    /// When each came in last.
    pub(crate) fn came_at(&self) -> Vec<Instant> {
        self.members.iter().filter_map(|member| member.came_at).collect()
    }

    /// When a member's connection was ended by the server.
    pub(crate) fn gone_at(&self, place: usize) -> Option<Instant> {
        self.members[place].gone_at
    }

    /// The address of a member's end of the connection.
    pub(crate) fn address(&self, place: usize) -> Option<SocketAddr> {
        self.members[place].link.as_ref()?.address()
    }

    /// How many have heard one of the bench's messages.
    pub(crate) fn heard(&self, number: usize) -> usize {
        self.deliveries[number].len()
    }

    /// How many take all that they are sent.
    pub(crate) fn readers(&self) -> usize {
        self.members.iter().filter(|member| member.reading == Reading::All).count()
    }

    pub(crate) fn sipped(&self, place: usize) -> u64 {
        self.members[place].sipped
    }

    /// From now on a member takes what it is sent another way, and does not come back when it is gone.
    pub(crate) fn stall(&mut self, place: usize, reading: Reading) {
        self.members[place].reading = reading;
    }

    /// Cuts all connections.
    pub(crate) fn cut(&mut self) {
        for member in &mut self.members {
            member.leave();
        }
    }

    /// Lets all who are away come back now.
    pub(crate) fn come_back(&mut self) {
        let now = Instant::now();
        let away = self.members.iter().enumerate().filter(|(_, member)| member.stage == Stage::Away);
        self.due.extend(away.map(|(place, member)| Reverse((now, place, member.connection))));
    }

    /// Sends one of the bench's messages over the first member's connection.
    pub(crate) fn say(&mut self, text: &str) -> Outcome<()> {
        let number = self.sent_at.len();
        let (room, width) = (&self.room, frame::DIGITS);
        let packet = format!(
            r#"42/chat,{number}["message",{{"room":"{room}","key":"k{number}","text":"bench {number:0width$} {text}"}}]"#
        );
        self.sent_at.push(Instant::now());
        self.deliveries.push(Vec::with_capacity(self.members.len()));
        let talker = self.members[0].link.as_mut().ok_or("the talker is away")?;
        Ok(talker.say(&packet)?)
    }

    /// Lets those who take sips have one, and those who send pongs send one.
    pub(crate) fn sip(&mut self) {
        for place in 0..self.members.len() {
            let member = &mut self.members[place];
            let Some(link) = &mut member.link else { continue };
            let is_alive = match member.reading {
                Reading::Sips => {
                    let sip = link.sip();
                    member.sipped += sip.unwrap_or_default();
                    sip.is_some()
                }
                Reading::NothingWithPongs => link.say("3").is_ok(),
                Reading::All | Reading::Nothing => true,
            };
            if !is_alive {
                self.gone(place);
            }
        }
    }

    /// Lives until `until`.
    pub(crate) fn live(&mut self, until: Instant) -> Outcome<()> {
        while Instant::now() < until {
            self.turn(until)?;
        }
        Ok(())
    }
}
