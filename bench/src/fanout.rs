//! One message to many: what a delivery costs, what an idle member costs, and what the start does.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use crate::Outcome;
use crate::crowd::{Crowd, Side};
use crate::figures::{Figures, Window};
use crate::frame;
use crate::house::House;
use crate::process::{self, Server};
use crate::start;

/// How long deliveries may be late before they count as lost.
const PATIENCE: Duration = Duration::from_secs(15);
/// Messages before the first that counts.
const WARM_UP: u32 = 40;
/// Members who come in before those whose memory is counted: enough for the lists that a member
/// is sent to be as long as they get.
const FIRST_IN: usize = 256;

#[derive(Args)]
pub(crate) struct Options {
    /// The program to measure: a release build.
    #[arg(long, default_value = "target/release/madang")]
    madang: PathBuf,
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    members: u32,
    /// Messages a second.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// How long one window lasts.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Windows of each side, in turn with the other's.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Cold starts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    starts: u32,
    /// Characters of a message besides its number.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(0..=4_000))]
    text: u32,
    /// Seconds of silence before the memory of the idle members is read.
    #[arg(long, default_value_t = 8)]
    settle: u64,
    /// The core of the servers.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The core of the clients.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
}

pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::allow_files(2 * u64::from(options.members) + 200)?;
    process::pin(options.client_core)?;
    let madang = options.madang.canonicalize().map_err(|error| format!("{}: {error}", options.madang.display()))?;
    let mut figures = Figures { members: options.members, rate: options.rate, ..Figures::default() };
    figures.binary = std::fs::metadata(&madang)?.len();
    for _ in 0..options.starts {
        figures.starts.push(start::once(&madang, options.server_core)?);
    }

    let house = House::open(&madang, options.server_core)?;
    let members = options.members as usize;
    let tokens = house.guests(members)?;
    let room = house.room(&tokens[0], members + 1)?;
    let mut stage = Stage::new(options, &room)?;
    // The first bring the code, the caches and the working space of joining into memory, which
    // others use again and which is no member's.
    figures.measured = members - (members / 2).min(FIRST_IN);
    let (first, others) = tokens.split_at(members - figures.measured);
    stage.come_in(&house, &room, first)?;
    figures.memory_before = house.server.memory()?;
    stage.come_in(&house, &room, others)?;
    figures.memory_idle = house.server.memory()?;

    for _ in 0..WARM_UP {
        stage.send(Side::Madang)?;
        stage.crowd.listen(Instant::now() + Duration::from_millis(20))?;
    }
    stage.quiet(Side::Madang)?;
    figures.frame = stage.crowd.sample.len();
    let floor = stage.lay_floor(options)?;
    for _ in 0..options.rounds {
        figures.madang.push(stage.window(Side::Madang, &house.server)?);
        figures.floor.push(stage.window(Side::Floor, &floor)?);
    }
    figures.memory_after = house.server.memory()?;
    for (side, lost) in [(Side::Madang, &mut figures.lost), (Side::Floor, &mut figures.floor_lost)] {
        let tally = stage.crowd.tally(side);
        *lost = tally.lost() + tally.faults;
    }
    figures.print();
    if figures.lost + figures.floor_lost > 0 {
        return Err("deliveries were lost, doubled or out of order".into());
    }
    Ok(())
}

/// The clients and what they say.
struct Stage {
    crowd: Crowd,
    talker: Option<TcpStream>,
    room: String,
    filling: String,
    pause: Duration,
    count: u32,
    members: usize,
    settle: Duration,
}

impl Stage {
    fn new(options: &Options, room: &str) -> Outcome<Self> {
        Ok(Self {
            crowd: Crowd::new()?,
            talker: None,
            room: room.to_owned(),
            filling: "x".repeat(options.text as usize),
            pause: Duration::from_secs(1) / options.rate,
            count: options.rate * options.seconds,
            members: options.members as usize,
            settle: Duration::from_secs(options.settle),
        })
    }

    /// Lets guests into the room and the house come to rest.
    fn come_in(&mut self, house: &House, room: &str, tokens: &[String]) -> Outcome<()> {
        for token in tokens {
            let hello = format!(r#"40/chat,{{"token":"{token}","room":"{room}"}}"#);
            self.crowd.add(Side::Madang, house.server.port, hello)?;
        }
        self.crowd.all_come()?;
        self.crowd.listen(Instant::now() + self.settle)
    }

    /// Starts the floor with as many listeners.
    fn lay_floor(&mut self, options: &Options) -> Outcome<Server> {
        let floor = Server::start(options.server_core, &std::env::current_exe()?, |command| {
            command.arg("floor").arg("--members").arg(self.members.to_string());
        })?;
        let talker = TcpStream::connect((Ipv4Addr::LOCALHOST, floor.port))?;
        talker.set_nodelay(true)?;
        self.talker = Some(talker);
        for _ in 0..self.members {
            self.crowd.add(Side::Floor, floor.port, String::new())?;
        }
        Ok(floor)
    }

    fn send(&mut self, side: Side) -> Outcome<()> {
        let number = self.crowd.depart(side);
        match (side, &mut self.talker) {
            (Side::Floor, Some(talker)) => {
                let mut message = (self.crowd.sample.len() as u32).to_be_bytes().to_vec();
                message.extend_from_slice(&self.crowd.sample);
                let mark = frame::find(&message, frame::MARK).ok_or("a sample without its mark")?;
                let digits = format!("{number:0width$}", width = frame::DIGITS);
                message[mark + frame::MARK.len()..][..frame::DIGITS].copy_from_slice(digits.as_bytes());
                Ok(talker.write_all(&message)?)
            }
            _ => {
                let (room, filling) = (&self.room, &self.filling);
                self.crowd.say(&format!(
                    r#"42/chat,{number}["message",{{"room":"{room}","key":"k{number}","text":"bench {number:0width$} {filling}"}}]"#,
                    width = frame::DIGITS
                ))
            }
        }
    }

    fn quiet(&mut self, side: Side) -> Outcome<()> {
        let until = Instant::now() + PATIENCE;
        while !self.crowd.tally(side).is_quiet() && Instant::now() < until {
            self.crowd.listen(Instant::now() + Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// Sends at the paced rate until the window is over and everybody has heard everything.
    fn window(&mut self, side: Side, server: &Server) -> Outcome<Window> {
        let from = self.crowd.tally(side).flights.len();
        let cpu = server.cpu()?;
        let mut next = Instant::now();
        for _ in 0..self.count {
            self.crowd.listen(next)?;
            self.send(side)?;
            next += self.pause;
        }
        self.crowd.listen(next)?;
        self.quiet(side)?;
        let cpu = server.cpu()? - cpu;
        Ok(Window::new(&self.crowd.tally(side).flights[from..], cpu))
    }
}
