//! Members who stop reading: each must be disconnected in time, and the others must not notice.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::Http;
use crate::kernel;
use crate::load::{Load, Reading, Setup, frame};
use crate::process::{self, address};
use crate::server::{Kind, Madang, UNLIMITED, hello, message};
use crate::times::Times;

/// One in so many stalls.
const ONE_IN: usize = 100;
/// Members of one address.
const PER_ADDRESS: usize = 100;
/// The receive buffer of those who will stall, and the length of a message: so that the kernel soon
/// accepts no more for them.
const RECEIVE_BUFFER: usize = 4 * 1024;
const LENGTH: usize = 8_000;
/// Messages, one a second, before the first that counts, and before some stall.
const WARM_UP: usize = 5;
const BEFORE: usize = 20;
/// How long stalled members may take to be disconnected.
const STALL_TIMEOUT: Duration = Duration::from_secs(120);
/// A user counts as online for so long after their last socket.
const EXIT_GRACE: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);
const READINGS: [(Reading, &str); 3] = [
    (Reading::Nothing, "reads nothing"),
    (Reading::Bytes, "reads a byte a second"),
    (Reading::NothingWithPongs, "sends only pongs"),
];

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let members = context.size(18_000, 1_000);
    let madang = Madang::start(context, Kind::Madang, &UNLIMITED)?;
    let tokens = madang.guests(members)?;
    let room = madang.room(&tokens[0], members + 1)?;
    let mut load = Load::reconnecting(madang.process.port)?;
    context.progress(format!("{members} members join"));
    for (place, token) in tokens.iter().enumerate() {
        let receive_buffer = stalls(place).then_some(RECEIVE_BUFFER);
        let source = Some(address(place / PER_ADDRESS));
        load.add(Setup { hello: Some(hello(token, &room)), source, receive_buffer, is_roomless: false });
    }
    load.join_all(64)?;
    load.run_for(5 * SECOND)?;
    let idle = madang.process.memory()?;

    let mut sender = Sender { room: &room, text: "x".repeat(LENGTH), next: Instant::now() };
    for _ in 0..WARM_UP {
        sender.second(&mut load)?;
    }
    context.progress("a message a second, and all read");
    let mut before = window(&mut load, &madang, &mut sender, |_, sent| Ok(sent < context.size(BEFORE, 5)))?;
    context.progress("a message a second, and some stall");
    let mut stalled = stall(&mut load);
    let until = Instant::now() + STALL_TIMEOUT;
    let mut during = window(&mut load, &madang, &mut sender, |load, sent| {
        observe(load, madang.process.port, &mut stalled, sent)?;
        Ok(stalled.iter().any(|member| member.closed_at.is_none()) && Instant::now() < until)
    })?;
    let last_closed =
        stalled.iter().filter_map(|member| member.closed_at).max().ok_or("no stalled member was disconnected")?;
    let count_s = wait_for_count(&mut load, &madang, &room, &tokens[0], members - stalled.len(), last_closed)?;
    let (faults, resume) = (load.deliveries.faults(load.deliveries.messages.len()), &load.resume);
    if faults + resume.holes + resume.duplicates > 0 || !resume.refusals.is_empty() {
        let (holes, refusals) = (resume.holes, &resume.refusals);
        return Err(format!("{faults} deliveries disordered, {holes} left out; refused: {refusals:?}").into());
    }

    before["when"] = "before".into();
    during["when"] = "while some stall".into();
    Ok(json!({
        "members": members, "stalled": stalled.len(), "frame_bytes": load.deliveries.frame_bytes,
        "windows": [before, during], "readings": READINGS.map(|(reading, name)| figures_of(&stalled, reading, name)),
        "still_connected": stalled.iter().filter(|member| member.took().is_none()).count(), "count_s": count_s,
        "idle": idle, "peak": madang.process.peak_memory()?,
    }))
}

/// Sends a message a second.
struct Sender<'a> {
    room: &'a str,
    text: String,
    next: Instant,
}

impl Sender<'_> {
    /// Sends when it is time to, and runs until all who read have the message: by then it was written
    /// to the others as well, as far as the kernel took it.
    fn second(&mut self, load: &mut Load<'_>) -> Outcome<()> {
        load.run_until(self.next)?;
        self.next = Instant::now() + SECOND;
        let number = load.deliveries.sending();
        let text = frame::numbered(number, &self.text);
        load.send(0, &message(self.room, &format!("k{number}"), number, &text))?;
        load.nudge()?;
        load.wait_delivered()
    }
}

/// Sends for as long as `goes_on`, which is asked after each message, and measures the deliveries.
fn window(
    load: &mut Load<'_>,
    madang: &Madang,
    sender: &mut Sender<'_>,
    mut goes_on: impl FnMut(&Load<'_>, usize) -> Outcome<bool>,
) -> Outcome<Value> {
    let (first, started) = (load.deliveries.messages.len(), Instant::now());
    let others = || -> Outcome<Duration> {
        Ok(kernel::total_cpu()?.saturating_sub(madang.process.cpu()? + process::own_cpu()?))
    };
    let cpu = others()?;
    load.deliveries.times = Times::new()?;
    loop {
        // Both windows bear the cost of reading the kernel's table.
        kernel::connections(madang.process.port)?;
        sender.second(load)?;
        if !goes_on(load, load.deliveries.messages.len() - first)? {
            break;
        }
    }
    let other_cores = others()?.saturating_sub(cpu).as_secs_f64() / started.elapsed().as_secs_f64();
    load.run_for(SECOND)?;
    let deliveries = &load.deliveries;
    match deliveries.faults(first) {
        0 => Ok(json!({
            "messages": deliveries.messages.len() - first, "times": deliveries.times.summary(), "other_cores": other_cores,
        })),
        faults => Err(format!("{faults} deliveries were lost or disordered").into()),
    }
}

/// One member who stalls.
struct Member {
    place: usize,
    reading: Reading,
    address: SocketAddr,
    /// When the kernel was last seen to have taken all that was sent.
    taken_until: Instant,
    is_refused: bool,
    closed_at: Option<Instant>,
}

impl Member {
    /// How long it was connected after the first refused byte.
    fn took(&self) -> Option<Duration> {
        self.closed_at.filter(|_| self.is_refused).map(|at| at.duration_since(self.taken_until))
    }
}

fn stalls(place: usize) -> bool {
    place % ONE_IN == ONE_IN - 1
}

/// Lets members stop reading, a third in each way.
fn stall(load: &mut Load<'_>) -> Vec<Member> {
    let places: Vec<usize> = (0..load.clients.len()).filter(|place| stalls(*place)).collect();
    let stalled = places.into_iter().zip(READINGS.into_iter().cycle()).filter_map(|(place, (reading, _))| {
        let address = load.address(place)?;
        load.stall(place, reading);
        Some(Member { place, reading, address, taken_until: Instant::now(), is_refused: false, closed_at: None })
    });
    stalled.collect()
}

/// Looks at the stalled members after so many messages. If less is in flight than was sent, the kernel
/// has refused something, not earlier than at the last look at which it had taken all.
fn observe(load: &Load<'_>, port: u16, stalled: &mut [Member], sent: usize) -> Outcome<()> {
    let (connections, now) = (kernel::connections(port)?, Instant::now());
    let sent = (load.deliveries.frame_bytes * sent) as u64;
    for member in stalled.iter_mut().filter(|member| member.closed_at.is_none()) {
        let connection = connections.get(&member.address).copied().unwrap_or_default();
        let client = &load.clients[member.place];
        if !connection.is_open {
            member.closed_at = Some(client.closed_at.unwrap_or(now));
            continue;
        }
        member.is_refused = connection.in_flight + client.bytes_read < sent;
        if !member.is_refused {
            member.taken_until = now;
        }
    }
    Ok(())
}

/// Returns the first and the last time from the first refused byte to the end of the connection.
fn figures_of(stalled: &[Member], reading: Reading, name: &str) -> Value {
    let took = stalled.iter().filter(|member| member.reading == reading).filter_map(Member::took);
    let mut took: Vec<f64> = took.map(|time| time.as_secs_f64()).collect();
    took.sort_by(f64::total_cmp);
    json!({ "reading": name, "members": took.len(), "first_s": took.first(), "last_s": took.last() })
}

/// Waits for the right count of users online and returns how many seconds
/// after `since`, without the grace, it was right.
fn wait_for_count(
    load: &mut Load<'_>,
    madang: &Madang,
    room: &str,
    owner: &str,
    count: usize,
    since: Instant,
) -> Outcome<Option<f64>> {
    let mut http = Http::connect(madang.process.port)?;
    while since.elapsed() < EXIT_GRACE + 10 * SECOND {
        if http.get(&format!("/api/rooms/{room}"), owner)?["onlineCount"] == count {
            return Ok(Some(since.elapsed().saturating_sub(EXIT_GRACE).as_secs_f64()));
        }
        load.run_for(SECOND / 10)?;
    }
    Ok(None)
}
