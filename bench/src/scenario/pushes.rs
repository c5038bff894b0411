//! Ten thousand browsers are pushed to at once. One in a hundred has unsubscribed, one is at a push service that does not
//! answer, one is to be asked again later; and the server is killed while it pushes.

#![allow(clippy::disallowed_methods, reason = "threads of its own wait")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, in_parallel};
use crate::server::{Kind, Madang, UNLIMITED};

const BROWSERS: usize = 10_000;
const MAKERS: usize = 16;
/// How long all pushes may take before the scenario fails.
const LIMIT: Duration = Duration::from_secs(180);
/// The settings of a server that may push to this machine.
const SETTINGS: [(&str, &str); 3] = [UNLIMITED[0], UNLIMITED[1], ("OUTGOING_NETWORKS", "127.0.0.0/8")];
/// The keys of the browser in the example of RFC 8291. Nobody decrypts what is pushed here.
const PUBLIC_KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let browsers = context.size(BROWSERS, 300);
    let service = Service::open()?;
    context.progress(format!("{browsers} browsers subscribe"));
    let mut madang = Madang::start(context, Kind::Madang, &SETTINGS)?;
    let (owner, room) = subscribe(&madang, &service, browsers)?;
    let expected = (0..browsers).filter(|browser| Fate::of(*browser).is_reached()).count();

    context.progress(format!("a message for {browsers} browsers"));
    let (before, cpu) = (madang.process.memory()?, madang.process.cpu()?);
    let sent = service.next_round();
    say(&madang, &owner, &room)?;
    let mut peak = before;
    let delivered = service.wait_for(expected, || {
        peak = peak.max(madang.process.memory()?);
        Ok(())
    })?;
    let (seconds, cpu) = (delivered.duration_since(sent).as_secs_f64(), madang.process.cpu()?.saturating_sub(cpu));
    let first = service.first().map_or(0.0, |first| first.duration_since(sent).as_secs_f64());
    let connections = service.connections.swap(0, Ordering::Relaxed);

    context.progress("the server is killed while it pushes");
    let sent = service.next_round();
    say(&madang, &owner, &room)?;
    service.wait_for(expected / 2, || Ok(()))?;
    let killed_at = service.reached();
    madang = madang.kill_and_restart(context, &SETTINGS)?;
    let delivered = service.wait_for(expected, || Ok(()))?;
    Ok(json!({
        "browsers": browsers, "expected": expected, "first_s": first, "seconds": seconds,
        "per_second": expected as f64 / (seconds - first), "cpu_us": cpu.as_micros() as f64 / expected as f64,
        "connections": connections, "before": before, "peak": peak, "after": madang.process.memory()?,
        "killed_after": killed_at, "killed_s": delivered.duration_since(sent).as_secs_f64(),
        "lost": expected - service.reached(), "twice": service.twice(),
    }))
}

/// Creates the room and its members, each with a browser. Returns the owner's token and the room.
fn subscribe(madang: &Madang, service: &Service, browsers: usize) -> Outcome<(String, String)> {
    let owner = madang.guests(MAKERS)?.remove(0);
    let room = madang.room(&owner, browsers + 1)?;
    let tokens = madang.guests(browsers.next_multiple_of(MAKERS))?;
    in_parallel(MAKERS, |maker| {
        let mut http = Http::connect(madang.process.port)?;
        for (browser, token) in tokens.iter().enumerate().take(browsers).skip(maker).step_by(MAKERS) {
            http.post(&format!("/api/rooms/{room}/members"), Some(token), &json!({}))?;
            let keys = json!({ "p256dh": PUBLIC_KEY, "auth": AUTH });
            let endpoint = format!("http://127.0.0.1:{}/{browser}", service.port);
            let subscription = json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys });
            http.post("/api/me/push-subscriptions", Some(token), &subscription)?;
        }
        Ok(())
    })?;
    Ok((owner, room))
}

/// Sends a message that everybody is notified of at once, also soon after another.
fn say(madang: &Madang, owner: &str, room: &str) -> Outcome<()> {
    let mut http = Http::connect(madang.process.port)?;
    http.post(&format!("/api/rooms/{room}/messages"), Some(owner), &json!({ "text": "@everyone hello" })).map(drop)
}

/// What becomes of the pushes to a browser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Taken,
    Gone,
    Unanswered,
    /// Refused at first, with a time to come again.
    Limited,
}

impl Fate {
    fn of(browser: usize) -> Self {
        match browser % 100 {
            10 => Self::Gone,
            20 => Self::Unanswered,
            30 => Self::Limited,
            _ => Self::Taken,
        }
    }

    fn is_reached(self) -> bool {
        matches!(self, Self::Taken | Self::Limited)
    }
}

/// A push service with a thread for each connection.
struct Service {
    port: u16,
    connections: Arc<AtomicUsize>,
    round: Arc<Mutex<Round>>,
}

/// The pushes that were taken of one message.
#[derive(Default)]
struct Round {
    /// How often each browser was reached.
    reached: HashMap<usize, usize>,
    /// The browsers that were refused once.
    refused: Vec<usize>,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Service {
    fn open() -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let service = Self { port: listener.local_addr()?.port(), connections: Arc::default(), round: Arc::default() };
        let (connections, round) = (Arc::clone(&service.connections), Arc::clone(&service.round));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::Relaxed);
                let round = Arc::clone(&round);
                // Ends with its connection.
                thread::spawn(move || serve(stream, &round));
            }
        });
        Ok(service)
    }

    fn round(&self) -> std::sync::MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the pushes of the next message only. Returns the time.
    fn next_round(&self) -> Instant {
        *self.round() = Round::default();
        Instant::now()
    }

    fn reached(&self) -> usize {
        self.round().reached.len()
    }

    fn twice(&self) -> usize {
        self.round().reached.values().filter(|count| **count > 1).count()
    }

    fn first(&self) -> Option<Instant> {
        self.round().first
    }

    /// Waits until so many browsers were reached, and returns when the last was. `tick` is called meanwhile.
    fn wait_for(&self, count: usize, mut tick: impl FnMut() -> Outcome<()>) -> Outcome<Instant> {
        let until = Instant::now() + LIMIT;
        while self.reached() < count {
            if Instant::now() > until {
                return Err(
                    format!("{} of {count} browsers were reached in {} s", self.reached(), LIMIT.as_secs()).into()
                );
            }
            tick()?;
            thread::sleep(Duration::from_millis(20));
        }
        Ok(self.round().last.unwrap_or(until))
    }
}

/// Answers the pushes of a connection until it ends.
fn serve(stream: TcpStream, round: &Mutex<Round>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length, mut browser) = (String::new(), 0, None);
        loop {
            line.clear();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            if browser.is_none() {
                browser = Some(line.split(' ').nth(1)?.trim_start_matches('/').parse().ok()?);
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        stream.read_exact(&mut vec![0; length]).ok()?;
        let answer = answer(browser?, &mut round.lock().unwrap_or_else(PoisonError::into_inner));
        match answer {
            Some(answer) => stream.get_ref().write_all(answer.as_bytes()).ok()?,
            // Until the server has had enough.
            None => drop(stream.read(&mut [0])),
        }
    }
}

fn answer(browser: usize, round: &mut Round) -> Option<&'static str> {
    match Fate::of(browser) {
        Fate::Unanswered => return None,
        Fate::Gone => return Some("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"),
        Fate::Limited if !round.refused.contains(&browser) => {
            round.refused.push(browser);
            return Some("HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n");
        }
        Fate::Limited | Fate::Taken => {}
    }
    *round.reached.entry(browser).or_default() += 1;
    let now = Instant::now();
    round.first.get_or_insert(now);
    round.last = Some(now);
    Some("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n")
}
