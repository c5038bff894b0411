//! One network does its worst within the limits: how long others, from another network, wait for a send, a log-in and
//! a page meanwhile, beside how long they wait when all is quiet.

#![allow(clippy::disallowed_methods, reason = "threads of its own wait")]

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, get_request, post_request};
use crate::process::address;
use crate::server::{Kind, Madang};
use crate::times::Times;

/// Connections of the hostile network, and the guests that they use in turn.
const CONNECTIONS: usize = 16;
/// Users of the same name, who are members of the hostile room.
const NAMESAKES: usize = 500;
/// Messages of costly markup in the hostile room.
const MESSAGES: usize = 50;
const LENGTH: usize = 9_990;
/// How long a connection that is refused waits.
const PAUSE: Duration = Duration::from_millis(5);
/// Accounts of the others that log in, and in every how many rounds one does.
const ACCOUNTS: usize = 8;
const LOG_IN_EVERY: usize = 5;
const PASSWORD: &str = "a tree by the gate";

/// The address of the hostile network.
fn hostile() -> Ipv4Addr {
    address(1)
}

/// The address of the others.
fn other() -> Ipv4Addr {
    address(2)
}

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let mut rows = Vec::new();
    for kind in context.kinds(&[Kind::Madang]) {
        context.progress(format!("rooms, {NAMESAKES} namesakes and costly messages: {}", kind.name()));
        let site = Site::make(context, kind)?;
        for (name, attack) in ATTACKS {
            context.progress(format!("{name}: {}", kind.name()));
            rows.push(site.beside(context, kind, name, *attack)?);
        }
    }
    Ok(json!({ "connections": CONNECTIONS, "rows": rows }))
}

/// A request of a hostile connection.
type Attack = fn(&Site, usize, usize) -> String;

const ATTACKS: &[(&str, Option<Attack>)] = &[
    ("nothing", None),
    ("pages of costly markup", Some(|site, connection, _| site.get(connection, &format!("/room/{}", site.room)))),
    (
        "wrong log-ins",
        Some(|_, connection, number| {
            post_request("/api/session", None, &log_in(&format!("x{connection}{number}"), "wrong"))
        }),
    ),
    ("searches", Some(|site, connection, number| site.get(connection, &format!("/api/search?q=a{}", number % 10)))),
    (
        "mentions of namesakes",
        Some(|site, connection, number| {
            let text = "@minji ".repeat(40) + &number.to_string();
            site.post(connection, &format!("/api/rooms/{}/messages", site.room), &json!({ "text": text }))
        }),
    ),
    (
        "new rooms",
        Some(|site, connection, number| {
            site.post(connection, "/api/rooms", &json!({ "title": format!("spam {number}"), "password": "secret" }))
        }),
    ),
];

struct Site {
    madang: Madang,
    /// The hostile room, and its members.
    room: String,
    attackers: Vec<String>,
    /// The others: a user with a room of their own.
    own_room: String,
    user: String,
}

impl Site {
    fn make(context: &Context, kind: Kind) -> Outcome<Self> {
        let madang = Madang::start(context, kind, &[("CONNECTIONS_PER_ADDRESS", "0")])?;
        let port = madang.process.port;
        let mut guests = Vec::new();
        for number in 0..NAMESAKES {
            // A network of their own for each hundred, as the limits apply.
            let mut http = Http::connect_from(address(10 + number / 100), port)?;
            let guest = http.post("/api/guests", None, &json!({ "name": "minji" }))?;
            guests.push(text(&guest["token"])?);
        }
        let mut http = Http::connect_from(hostile(), port)?;
        let mut attackers = Vec::new();
        for number in 0..CONNECTIONS {
            let guest = http.post("/api/guests", None, &json!({ "name": format!("guest {number}") }))?;
            attackers.push(text(&guest["token"])?);
        }
        let new_room = json!({ "title": "hostile", "max": 1_000 });
        let room = text(&http.post("/api/rooms", Some(&attackers[0]), &new_room)?["id"])?;
        for token in attackers[1..].iter().chain(&guests) {
            http.post(&format!("/api/rooms/{room}/members"), Some(token), &json!({}))?;
        }
        for number in 0..MESSAGES {
            let costly = json!({ "text": "**a *b _c ~d ".repeat(LENGTH / 13) });
            let sender = &attackers[number % CONNECTIONS];
            http.post(&format!("/api/rooms/{room}/messages"), Some(sender), &costly)?;
        }
        let mut others = Http::connect_from(other(), port)?;
        let sign_up = json!({ "email": "other@example.org", "password": PASSWORD, "name": "other" });
        let user = text(&others.post("/api/users", None, &sign_up)?["token"])?;
        // Accounts of their own log in, as each may do so ten times in a row.
        for number in 0..ACCOUNTS {
            let sign_up = json!({ "email": format!("a{number}@example.org"), "password": PASSWORD, "name": "second" });
            others.post("/api/users", None, &sign_up)?;
        }
        let own_room = text(&others.post("/api/rooms", Some(&user), &json!({ "title": "own" }))?["id"])?;
        Ok(Self { madang, room, attackers, own_room, user })
    }

    /// Measures what the others wait for while the hostile connections do one thing.
    fn beside(&self, context: &Context, kind: Kind, name: &str, attack: Option<Attack>) -> Outcome<Value> {
        let is_over = AtomicBool::new(false);
        let connections = if attack.is_some() { CONNECTIONS } else { 0 };
        thread::scope(|scope| {
            let started: Vec<_> = (0..connections)
                .map(|connection| {
                    scope.spawn({
                        let is_over = &is_over;
                        move || self.attack(connection, attack, is_over).map_err(|error| error.to_string())
                    })
                })
                .collect();
            let measured = self.others(context.window(6));
            is_over.store(true, Ordering::Relaxed);
            let (mut done, mut refused) = (0, 0);
            for thread in started {
                let (one_done, one_refused) = thread.join().map_err(|_| "a thread panicked")??;
                (done, refused) = (done + one_done, refused + one_refused);
            }
            let [sends, log_ins, pages] = measured?;
            Ok(json!({
                "attack": name, "kind": kind, "done": done, "refused": refused,
                "sends": sends.summary(), "log_ins": log_ins.summary(), "pages": pages.summary(),
            }))
        })
    }

    /// Repeats an attack. Returns how many requests were served, and how many refused.
    fn attack(&self, connection: usize, attack: Option<Attack>, is_over: &AtomicBool) -> Outcome<(usize, usize)> {
        let (mut done, mut refused) = (0, 0);
        let Some(attack) = attack else { return Ok((0, 0)) };
        let mut http = Http::connect_from(hostile(), self.madang.process.port)?;
        while !is_over.load(Ordering::Relaxed) {
            match http.status(&attack(self, connection, done + refused))? {
                429 | 503 => {
                    refused += 1;
                    thread::sleep(PAUSE);
                }
                _ => done += 1,
            }
        }
        Ok((done, refused))
    }

    /// Sends, logs in and opens a page in turns, for one window.
    fn others(&self, window: Duration) -> Outcome<[Times; 3]> {
        let mut http = Http::connect_from(other(), self.madang.process.port)?;
        let mut times = [Times::new()?, Times::new()?, Times::new()?];
        let until = Instant::now() + window;
        for number in 0.. {
            if Instant::now() >= until {
                break;
            }
            let say = json!({ "text": format!("hello {number}") });
            let account = format!("a{}", number / LOG_IN_EVERY % ACCOUNTS);
            let requests = [
                Some(post_request(&format!("/api/rooms/{}/messages", self.own_room), Some(&self.user), &say)),
                (number % LOG_IN_EVERY == 0).then(|| post_request("/api/session", None, &log_in(&account, PASSWORD))),
                Some(get_request(&format!("/room/{}", self.own_room), &self.user)),
            ];
            for (request, times) in requests.iter().zip(&mut times) {
                let Some(request) = request else { continue };
                let started = Instant::now();
                let status = http.status(request)?;
                match status {
                    200 | 201 => times.record(started.elapsed()),
                    // Within their own limits; a refusal is no measurement.
                    429 => {}
                    _ => return Err(format!("others got {status}").into()),
                }
            }
            // Ten rounds a second are within the limits of one person.
            thread::sleep(Duration::from_millis(100));
        }
        Ok(times)
    }

    fn get(&self, connection: usize, path: &str) -> String {
        get_request(path, &self.attackers[connection])
    }

    fn post(&self, connection: usize, path: &str, body: &Value) -> String {
        post_request(path, Some(&self.attackers[connection]), body)
    }
}

fn log_in(name: &str, password: &str) -> Value {
    json!({ "email": format!("{name}@example.org"), "password": password })
}

fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or("an answer without what was asked for")?.to_owned())
}
