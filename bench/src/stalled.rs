//! Members who stop reading: each must be gone in time, and the others must not notice.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::Outcome;
use crate::house::{House, address};
use crate::kernel;
use crate::process;
use crate::rest::Rest;
use crate::swarm::{Reading, Swarm};

/// The receive buffer of those who will stop, set before they connect.
const RECEIVE_BUFFER: usize = 4 * 1024;
/// The first byte that the kernel refused, to the end of the connection.
const MOST_TO_GONE: Duration = Duration::from_secs(15);
/// A person is in a room for this long after their last socket, and the count then has this long.
const EXIT_GRACE: Duration = Duration::from_secs(5);
const MOST_TO_COUNT: Duration = Duration::from_secs(2);
/// What the server may have in memory throughout.
const MOST_MEMORY: u64 = 250 * 1024 * 1024;
/// The others' p99 while some stall, over what it was before.
const MOST_RATIO: f64 = 2.0;
/// Cores that others on the machine may use before times between two windows mean nothing.
const QUIET: f64 = 0.2;
/// Messages before the first that counts.
const WARM_UP: usize = 5;
/// How long stalled members are waited for.
const PATIENCE: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);
/// How long a message may take to reach everybody who reads.
const MOST_TO_ALL: Duration = Duration::from_secs(20);

#[derive(Args)]
pub(crate) struct Options {
    /// The program to measure: a release build.
    #[arg(long, default_value = "target/release/madang")]
    madang: PathBuf,
    #[arg(long, default_value_t = 18_000, value_parser = clap::value_parser!(u32).range(100..=19_000))]
    members: u32,
    /// One in so many stalls.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    one_in: u32,
    /// Messages, one a second, from which the others' times before are taken.
    #[arg(long, default_value_t = 20)]
    before: usize,
    /// Characters of a message besides its number: so many that the kernel refuses soon.
    #[arg(long, default_value_t = 8_000, value_parser = clap::value_parser!(u32).range(0..=9_000))]
    text: u32,
    /// The core of the server.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The core of the clients.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
}

/// What the others heard in one window, and what else ran meanwhile.
struct Window {
    messages: usize,
    p50: Duration,
    p99: Duration,
    /// Cores that neither the server nor we used.
    others: f64,
    lost: usize,
}

/// One who stalls.
struct Stalled {
    place: usize,
    reading: Reading,
    end: std::net::SocketAddr,
    /// The last look at which the kernel had taken all that was sent to it.
    taken_until: Instant,
    is_refused: bool,
    /// When the server had let go of it.
    gone_at: Option<Instant>,
}

pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::allow_files(u64::from(options.members) + 200)?;
    process::pin(options.client_core)?;
    let madang = options.madang.canonicalize().map_err(|error| format!("{}: {error}", options.madang.display()))?;
    let house = House::open(&madang, options.server_core)?;
    let tokens = house.guests(options.members as usize)?;
    let room = house.room(&tokens[0], options.members as usize + 1)?;
    let owner = tokens[0].clone();
    let mut swarm = Swarm::new(house.server.port, &room)?;
    for (place, token) in tokens.into_iter().enumerate() {
        // The first is the talker.
        let stalls = place as u32 % options.one_in == options.one_in - 1;
        swarm.add(address(place / 100), token, stalls.then_some(RECEIVE_BUFFER));
    }
    let begun = Instant::now();
    swarm.come_in(64, 5 * PATIENCE)?;
    println!("{} members came in within {:.1} s", options.members, begun.elapsed().as_secs_f64());
    swarm.live(Instant::now() + 5 * SECOND)?;
    let idle = house.server.memory()?;

    let text = "x".repeat(options.text as usize);
    let mut pace = Pace { text, next: Instant::now(), said: 0 };
    for _ in 0..WARM_UP {
        pace.second(&mut swarm)?;
    }
    let before = window(&mut swarm, &house, &mut pace, |_, number| Ok(number + 1 < options.before))?;

    let mut stalled = stall(&mut swarm, options);
    let mut biggest = house.server.memory()?;
    let until = Instant::now() + PATIENCE;
    let during = window(&mut swarm, &house, &mut pace, |swarm, sent| {
        look(swarm, house.server.port, &mut stalled, sent)?;
        biggest = biggest.max(house.server.memory()?);
        let is_over = stalled.iter().all(|one| one.gone_at.is_some());
        Ok(!is_over && Instant::now() < until)
    })?;
    let last_gone = stalled.iter().filter_map(|one| one.gone_at).max().ok_or("nobody was let go")?;
    let counted = count_until(&mut swarm, &house, &room, &owner, options.members as usize - stalled.len(), last_gone)?;
    biggest = biggest.max(house.server.memory()?);
    report(options, &swarm, &before, &during, &stalled, counted, idle, biggest, house.server.most_memory()?)
}

/// A message a second.
struct Pace {
    text: String,
    next: Instant,
    said: usize,
}

impl Pace {
    /// Says something when it is time to, and lives until all who read have it: by then it was
    /// written to the others as well, as far as the kernel took it.
    fn second(&mut self, swarm: &mut Swarm) -> Outcome<()> {
        swarm.live(self.next)?;
        let now = Instant::now();
        self.next = now + SECOND;
        swarm.say(&self.text)?;
        self.said += 1;
        swarm.sip();
        while swarm.heard(self.said - 1) < swarm.readers() && now.elapsed() < MOST_TO_ALL {
            swarm.live(Instant::now() + SECOND / 100)?;
        }
        Ok(())
    }
}

/// Talks for as long as `goes_on` says, which looks after each message, and gives what the others
/// heard.
fn window(
    swarm: &mut Swarm,
    house: &House,
    pace: &mut Pace,
    mut goes_on: impl FnMut(&Swarm, usize) -> Outcome<bool>,
) -> Outcome<Window> {
    let (from, begun) = (pace.said, Instant::now());
    let others = || {
        Ok::<_, Box<dyn std::error::Error>>(
            kernel::cpu_of_all()?.saturating_sub(house.server.cpu()? + process::own_cpu()?),
        )
    };
    let used = others()?;
    // Both windows bear the cost of looking.
    kernel::connections(house.server.port)?;
    pace.second(swarm)?;
    while goes_on(swarm, pace.said - from)? {
        kernel::connections(house.server.port)?;
        pace.second(swarm)?;
    }
    let others = (others()?.saturating_sub(used)).as_secs_f64() / begun.elapsed().as_secs_f64();
    swarm.live(Instant::now() + SECOND)?;
    let readers = swarm.readers();
    let heard = &swarm.deliveries[from..pace.said];
    let mut times: Vec<u32> = heard.iter().flatten().copied().collect();
    times.sort_unstable();
    let at = |part: usize| {
        Duration::from_micros(u64::from(times.get(times.len() * part / 100).copied().unwrap_or_default()))
    };
    let lost = heard.iter().map(|times| readers.saturating_sub(times.len())).sum();
    Ok(Window { messages: heard.len(), p50: at(50), p99: at(99), others, lost })
}

/// Lets one in so many stop reading, a third in each way.
fn stall(swarm: &mut Swarm, options: &Options) -> Vec<Stalled> {
    let ways = [Reading::Nothing, Reading::Sips, Reading::NothingWithPongs];
    let places = (0..options.members).filter(|place| place % options.one_in == options.one_in - 1);
    let stalled = places.zip(ways.into_iter().cycle()).filter_map(|(place, reading)| {
        let place = place as usize;
        let end = swarm.address(place)?;
        swarm.stall(place, reading);
        Some(Stalled { place, reading, end, taken_until: Instant::now(), is_refused: false, gone_at: None })
    });
    stalled.collect()
}

/// Looks at what has become of those who stall, `sent` messages after they began to. Where less is on
/// its way than these, the kernel has refused something: not earlier than at the last look at which
/// it had taken all. (One look alone may miss bytes that go from one end to the other meanwhile.)
fn look(swarm: &Swarm, port: u16, stalled: &mut [Stalled], sent: usize) -> Outcome<()> {
    let (connections, now) = (kernel::connections(port)?, Instant::now());
    for one in stalled.iter_mut().filter(|one| one.gone_at.is_none()) {
        let connection = connections.get(&one.end).copied().unwrap_or_default();
        if !connection.is_held {
            one.gone_at = Some(swarm.gone_at(one.place).unwrap_or(now));
            continue;
        }
        one.is_refused = connection.on_its_way + swarm.sipped(one.place) < swarm.frame_bytes * sent as u64;
        if !one.is_refused {
            one.taken_until = now;
        }
    }
    Ok(())
}

/// Asks for the count of people online until it is what it must be; how long after `since` it was.
fn count_until(
    swarm: &mut Swarm,
    house: &House,
    room: &str,
    owner: &str,
    count: usize,
    since: Instant,
) -> Outcome<Option<Duration>> {
    let mut rest = Rest::connect(house.server.port)?;
    while since.elapsed() < EXIT_GRACE + 5 * MOST_TO_COUNT {
        if rest.get(&format!("/api/rooms/{room}"), owner)?["onlineCount"] == count {
            return Ok(Some(since.elapsed()));
        }
        swarm.live(Instant::now() + SECOND / 10)?;
    }
    Ok(None)
}

#[expect(clippy::too_many_arguments, reason = "they are the figures of one run")]
fn report(
    options: &Options,
    swarm: &Swarm,
    before: &Window,
    during: &Window,
    stalled: &[Stalled],
    counted: Option<Duration>,
    idle: u64,
    biggest: u64,
    most: u64,
) -> Outcome<()> {
    let ratio = during.p99.as_secs_f64() / before.p99.as_secs_f64().max(f64::EPSILON);
    println!("{} members, {} of them stall, {} bytes a message", options.members, stalled.len(), swarm.frame_bytes);
    println!("the others              p50       p99   ms, and cores that others used");
    for (name, window) in [("before", before), ("while some stall", during)] {
        let (p50, p99) = (millis(window.p50), millis(window.p99));
        println!("  {name:<18}{p50:9.1} {p99:9.1}   {:.2}; {} messages", window.others, window.messages);
    }
    println!("  ratio                       {ratio:7.2}   at most {MOST_RATIO}");
    println!("gone after the first refused byte, at the latest (at most {} s)", MOST_TO_GONE.as_secs());
    let mut slowest = Duration::ZERO;
    let mut still_there = 0;
    let kinds = [
        (Reading::Nothing, "reads nothing"),
        (Reading::Sips, "reads 1 B/s"),
        (Reading::NothingWithPongs, "only pongs"),
    ];
    for (reading, name) in kinds {
        let of_this = stalled.iter().filter(|one| one.reading == reading && one.is_refused);
        let took = of_this.map(|one| Some(one.gone_at?.duration_since(one.taken_until)));
        let mut took: Vec<Option<Duration>> = took.collect();
        took.sort_unstable();
        still_there += stalled.iter().filter(|one| one.reading == reading).count() - took.iter().flatten().count();
        let (first, last) = (took.iter().flatten().min().copied(), took.iter().flatten().max().copied());
        slowest = slowest.max(last.unwrap_or_default());
        let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
        println!("  {name:<18}{:9.1} {:9.1} s   {} of them", seconds(first), seconds(last), took.len());
    }
    let counted_after = counted.map(|after| after.saturating_sub(EXIT_GRACE));
    let right = counted_after.map_or_else(|| "never".to_owned(), |after| format!("{:.1} s", after.as_secs_f64()));
    println!("head count right        {right:>9} after the grace of {} s", EXIT_GRACE.as_secs());
    println!(
        "memory                  {:7.1} MB idle, {:.1} while some stall, {:.1} at most",
        megabytes(idle),
        megabytes(biggest),
        megabytes(most)
    );
    let (holes, doubles) = (swarm.faults.holes, swarm.faults.doubles);
    println!("lost                    {:7}   {holes} left out, {doubles} twice", before.lost + during.lost);
    println!(
        "{}",
        json!({
            "members": options.members, "stalled": stalled.len(), "frame_bytes": swarm.frame_bytes,
            "before_ms": [millis(before.p50), millis(before.p99)], "during_ms": [millis(during.p50), millis(during.p99)],
            "others_cores": [before.others, during.others], "ratio": ratio, "gone_s": slowest.as_secs_f64(),
            "still_there": still_there, "count_s": counted_after.map(|after| after.as_secs_f64()),
            "idle_mb": megabytes(idle), "most_mb": megabytes(most), "lost": before.lost + during.lost,
        })
    );
    let is_quiet = before.others < QUIET && during.others < QUIET;
    let broken = [
        (ratio > MOST_RATIO && is_quiet, "the others noticed"),
        (still_there > 0, "somebody who stalled was not let go for it"),
        (slowest > MOST_TO_GONE, "somebody who stalled stayed too long"),
        (counted_after.is_none_or(|after| after > MOST_TO_COUNT), "the head count was wrong for too long"),
        (most > MOST_MEMORY, "the server took too much memory"),
        (
            before.lost + during.lost > 0 || swarm.faults.holes + swarm.faults.doubles > 0,
            "deliveries were lost or doubled",
        ),
    ];
    let broken: Vec<_> = broken.into_iter().filter_map(|(is_broken, what)| is_broken.then_some(what)).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
