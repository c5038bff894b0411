//! One message to many: what a delivery costs, how long it takes, and how many there are at most.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::crowd::{Crowd, Flight};
use crate::stand::{Kind, Plan, Stand};
use crate::times::{Times, Told, median};
use crate::wire::frame;

/// Deliveries a second at which the cost of one is measured, whatever the size of the room.
const PACE: u32 = 20_000;
/// How long deliveries may be late before they count as lost.
const PATIENCE: Duration = Duration::from_secs(15);
/// Messages before the first that counts.
const WARM_UP: u32 = 20;
/// Messages of a window at least, however slow the pace is.
const FEWEST: u32 = 10;
/// Rooms above this are for Madang and the floor alone: what a delivery costs the peers does not
/// fall there, and their memory is measured in a part of its own.
const LARGEST_OF_PEERS: usize = 5_000;
const SIZES: [usize; 5] = [100, 1_000, 5_000, 10_000, 18_000];
const ROUNDS: usize = 3;
/// Characters of a message besides its number.
const FILLING: usize = 64;

#[derive(Serialize, Deserialize)]
pub(crate) struct Fanout {
    pub(crate) rows: Vec<Row>,
}

/// One server with a room of one size.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) members: usize,
    pub(crate) kind: Kind,
    pub(crate) frame_bytes: usize,
    /// Microseconds of processor time for one delivery, window by window.
    pub(crate) cpu_us: Vec<f64>,
    pub(crate) first: Told,
    pub(crate) median: Told,
    pub(crate) last: Told,
    /// The sender's own answer; the floor gives none.
    pub(crate) ack: Option<Told>,
    /// Deliveries a second where the next message leaves when all have heard the last one.
    pub(crate) per_second: f64,
    /// Deliveries lost, doubled or out of order.
    pub(crate) lost: u64,
}

impl Fanout {
    pub(crate) fn row(&self, kind: Kind, members: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.kind == kind && row.members == members)
    }

    /// Cost of a delivery over another server's: each window against the other's of the same round,
    /// as the machine may have been busy with others' work in both.
    pub(crate) fn ratio(&self, members: usize, to: Kind) -> Option<f64> {
        let (ours, theirs) = (self.row(Kind::Madang, members)?, self.row(to, members)?);
        let pairs = ours.cpu_us.iter().zip(&theirs.cpu_us);
        Some(median(pairs.map(|(ours, theirs)| ours / theirs.max(f64::EPSILON))))
    }
}

pub(crate) fn run(context: &Context) -> Outcome<Fanout> {
    let mut rows = Vec::new();
    for members in SIZES.into_iter().filter(|members| !context.is_quick || *members <= 1_000) {
        rows.extend(one_size(context, members)?);
    }
    Ok(Fanout { rows })
}

fn one_size(context: &Context, members: usize) -> Outcome<Vec<Row>> {
    let mut kinds = vec![Kind::Madang, Kind::Floor];
    if members <= LARGEST_OF_PEERS {
        kinds.extend([Kind::Socketioxide, Kind::Express, Kind::SocketIo]);
    }
    let mut figures: Vec<Figures> = kinds.iter().map(|kind| Figures::new(*kind)).collect();
    let mut sample = Vec::new();
    // Those whose listeners fit into one process are there together through all rounds; others come
    // and go with each round, so that no server has a quiet hour of its own.
    let together = (context.connections / members).clamp(1, kinds.len());
    let (sittings, rounds) = if together == kinds.len() { (1, ROUNDS) } else { (ROUNDS, 1) };
    for _ in 0..sittings {
        for figures in figures.chunks_mut(together) {
            sit(context, members, rounds, figures, &mut sample)?;
        }
    }
    // What a peer loses or disorders is told with its figures; of ours it is a fault.
    for Figures { kind, lost, .. } in &figures {
        if *lost > 0 && matches!(kind, Kind::Madang | Kind::Floor) {
            let name = kind.name();
            return Err(format!("{name}, {members} members: {lost} deliveries lost, doubled or out of order").into());
        }
    }
    figures.iter().map(|figures| figures.row(members)).collect()
}

/// Measures some servers in turn, round by round. `sample` is a frame of Madang's, once there is one.
fn sit(context: &Context, members: usize, rounds: usize, figures: &mut [Figures], sample: &mut Vec<u8>) -> Outcome<()> {
    let mut crowd = Crowd::new()?;
    crowd.sample = std::mem::take(sample);
    let mut sides = Vec::new();
    for figures in figures {
        context.doing(format!("fan-out, {members} members: {} fills", figures.kind.name()));
        sides.push(Side::open(context, &mut crowd, figures, members)?);
    }
    for round in 1..=rounds {
        for side in &mut sides {
            context.doing(format!("fan-out, {members} members, round {round}: {}", side.figures.kind.name()));
            side.window(context, &mut crowd)?;
        }
    }
    for side in &mut sides {
        context.doing(format!("fan-out, {members} members, as fast as it goes: {}", side.figures.kind.name()));
        side.race(context, &mut crowd)?;
    }
    for side in sides {
        side.figures.lost += crowd.tallies[side.number].lost();
        side.figures.frame_bytes = crowd.frame_bytes[side.number];
    }
    *sample = crowd.sample;
    Ok(())
}

/// What is gathered of one server.
struct Figures {
    kind: Kind,
    cpu_us: Vec<f64>,
    flights: Vec<Flight>,
    per_second: Vec<f64>,
    frame_bytes: usize,
    lost: u64,
}

impl Figures {
    fn new(kind: Kind) -> Self {
        let (cpu_us, flights, per_second) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, cpu_us, flights, per_second, frame_bytes: 0, lost: 0 }
    }

    fn row(&self, members: usize) -> Outcome<Row> {
        let told = |time: fn(&Flight) -> Duration| -> Outcome<Told> {
            let mut times = Times::new()?;
            self.flights.iter().for_each(|flight| times.record(time(flight)));
            Ok(times.told())
        };
        let ack = if self.kind == Kind::Floor { None } else { Some(told(|flight| flight.ack)?) };
        Ok(Row {
            members,
            kind: self.kind,
            frame_bytes: self.frame_bytes,
            cpu_us: self.cpu_us.clone(),
            first: told(|flight| flight.first)?,
            median: told(|flight| flight.median)?,
            last: told(|flight| flight.last)?,
            ack,
            per_second: median(self.per_second.iter().copied()),
            lost: self.lost,
        })
    }
}

/// One server with its listeners.
struct Side<'a> {
    figures: &'a mut Figures,
    stand: Stand,
    number: usize,
    /// The place of its first listener, who talks.
    first: usize,
    /// Who talks to the floor.
    talker: Option<TcpStream>,
    members: usize,
}

impl<'a> Side<'a> {
    fn open(context: &Context, crowd: &mut Crowd, figures: &'a mut Figures, members: usize) -> Outcome<Self> {
        let kind = figures.kind;
        let stand = Stand::open(context, kind, Plan::one_room(members))?;
        let port = stand.server.port;
        let talker = match kind {
            Kind::Floor => {
                let talker = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
                talker.set_nodelay(true)?;
                Some(talker)
            }
            _ => None,
        };
        let number = crowd.side();
        let mut first = None;
        for member in 0..members {
            let place = crowd.add(number, port, stand.hello(member))?;
            first.get_or_insert(place);
        }
        crowd.all_come()?;
        let first = first.ok_or("a room without members")?;
        let mut side = Self { figures, stand, number, first, talker, members };
        for _ in 0..WARM_UP {
            side.send(crowd)?;
            crowd.quiet(number, PATIENCE)?;
            if !crowd.tallies[number].is_quiet() {
                return Err(format!("{}: a message did not reach all {members} members", kind.name()).into());
            }
        }
        Ok(side)
    }

    fn send(&mut self, crowd: &mut Crowd) -> Outcome<()> {
        let number = crowd.tallies[self.number].depart();
        match &mut self.talker {
            Some(talker) => Ok(talker.write_all(&for_the_floor(&crowd.sample, number)?)?),
            None => crowd.say(self.first, &self.stand.message(0, number, &"x".repeat(FILLING))),
        }
    }

    /// Sends at the pace until the window is over and everybody has heard everything.
    fn window(&mut self, context: &Context, crowd: &mut Crowd) -> Outcome<()> {
        let pause = Duration::from_secs(1) * self.members as u32 / PACE;
        let count = (context.window(6).as_secs_f64() / pause.as_secs_f64()) as u32;
        let from = crowd.tallies[self.number].flights.len();
        let cpu = self.stand.server.cpu()?;
        let mut next = Instant::now();
        for _ in 0..count.max(FEWEST) {
            crowd.listen(next)?;
            self.send(crowd)?;
            next += pause;
        }
        crowd.listen(next)?;
        crowd.quiet(self.number, PATIENCE)?;
        let cpu = self.stand.server.cpu()? - cpu;
        let flights = &crowd.tallies[self.number].flights[from..];
        let deliveries: u64 = flights.iter().map(|flight| u64::from(flight.heard)).sum();
        self.figures.cpu_us.push(cpu.as_secs_f64() * 1e6 / deliveries.max(1) as f64);
        self.figures.flights.extend_from_slice(flights);
        Ok(())
    }

    /// Sends the next message when all have heard the last one.
    fn race(&mut self, context: &Context, crowd: &mut Crowd) -> Outcome<()> {
        let (begun, most) = (Instant::now(), context.window(3));
        let from = crowd.tallies[self.number].flights.len();
        while begun.elapsed() < most {
            self.send(crowd)?;
            crowd.quiet(self.number, PATIENCE)?;
        }
        let sent = crowd.tallies[self.number].flights.len() - from;
        self.figures.per_second.push((sent * self.members) as f64 / begun.elapsed().as_secs_f64());
        // The answer to the last message may still be on its way.
        crowd.listen(Instant::now() + Duration::from_millis(50))
    }
}

/// A message as Madang framed it, with another number, behind its length.
fn for_the_floor(sample: &[u8], number: u64) -> Outcome<Vec<u8>> {
    let mut message = (sample.len() as u32).to_be_bytes().to_vec();
    message.extend_from_slice(sample);
    let mark = frame::find(&message, frame::MARK).ok_or("a sample without its mark")?;
    let digits = format!("{number:0width$}", width = frame::DIGITS);
    message[mark + frame::MARK.len()..][..frame::DIGITS].copy_from_slice(digits.as_bytes());
    Ok(message)
}
