//! How long a search takes among many messages, asked one after the other as a browser does.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::Outcome;
use crate::house::House;
use crate::prose::{self, Chance};
use crate::rest::Rest;

#[derive(Args)]
pub(crate) struct Options {
    /// The program to measure.
    #[arg(long, default_value = "target/release/madang")]
    madang: PathBuf,
    /// Messages to search among.
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Searches to make.
    #[arg(long, default_value_t = 1_000)]
    queries: usize,
    /// Connections that send at a time while the house is filled.
    #[arg(long, default_value_t = 64)]
    senders: usize,
    /// The core that the server runs on.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
}

pub(crate) fn run(options: &Options) -> Outcome<()> {
    let house = House::open(&options.madang.canonicalize()?, options.server_core)?;
    let port = house.server.port;
    let token = house.guests(1)?.pop().ok_or("no guest")?;
    let room = house.room(&token, 50)?;
    let begun = Instant::now();
    fill(port, &token, &room, options)?;
    let filled = begun.elapsed();

    let mut chance = Chance::new(7);
    let mut rest = Rest::connect(port)?;
    let (mut times, mut hits, mut slowest) = (Vec::new(), 0, (Duration::ZERO, String::new()));
    for _ in 0..options.queries {
        let q = prose::query(&mut chance);
        let path = format!("/api/search?limit=50&q={}", percent(&q));
        let begun = Instant::now();
        let found = rest.get(&path, &token)?;
        let time = begun.elapsed();
        hits += found["messages"].as_array().map_or(0, Vec::len);
        if time > slowest.0 {
            slowest = (time, q);
        }
        times.push(time);
    }
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!("{} messages, sent in {:.1} s", options.messages, filled.as_secs_f64());
    println!("{} searches, {hits} messages found on their first pages", options.queries);
    println!("search                p50 {:.2}   p95 {:.2}   p99 {:.2} ms", at(50), at(95), at(99));
    println!("slowest               {:.2} ms: {}", slowest.0.as_secs_f64() * 1e3, slowest.1);
    println!(
        "{}",
        json!({ "messages": options.messages, "queries": options.queries, "p50_ms": at(50), "p95_ms": at(95), "p99_ms": at(99) })
    );
    Ok(())
}

/// Sends the messages, side by side so that they share commits.
fn fill(port: u16, token: &str, room: &str, options: &Options) -> Outcome<()> {
    let path = format!("/api/rooms/{room}/messages");
    let send = |sender: usize| -> Result<(), String> {
        let send = || -> Outcome<()> {
            let mut rest = Rest::connect(port)?;
            let mut chance = Chance::new(sender as u64);
            for _ in 0..(options.messages + sender) / options.senders {
                rest.post(&path, Some(token), &json!({ "text": prose::message(&mut chance) }))?;
            }
            Ok(())
        };
        send().map_err(|error| error.to_string())
    };
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..options.senders).map(|sender| scope.spawn(move || send(sender))).collect();
        for sender in senders {
            sender.join().map_err(|_| "a sender panicked")??;
        }
        Ok(())
    })
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
