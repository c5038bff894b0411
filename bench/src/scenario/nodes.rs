//! Several servers on one PostgreSQL and one Redis: durable messages beside SQLite and pgbench, a message from one node to
//! the members on another, and what a node pays for the rooms of others.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::postgres::Cluster;
use testkit::redis::Redis;

use super::history::texts;
use super::pgbench;
use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load, Sending, Setup};
use crate::process::{Process, on_all_cores};
use crate::server::{Kind, Madang, Server, UNLIMITED, hello, message};
use crate::times::{Times, micros_each};

const SENDERS: [usize; 4] = [1, 4, 16, 64];
/// Members on the other node.
const MEMBERS: usize = 1_000;
/// Messages from node to node, and the pause between two.
const MESSAGES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// What nodes share. It uses any core, as it would be on another machine.
pub(super) struct Backends {
    database: Cluster,
    redis: Redis,
}

impl Backends {
    pub(super) fn start() -> Outcome<Self> {
        on_all_cores(|| {
            let database = Cluster::start(&["shared_buffers=512MB"]);
            database.run("postgres", "CREATE DATABASE chat");
            Self { database, redis: Redis::start() }
        })
    }

    /// Returns the settings of one server on the database; with a bus, those of one of several.
    pub(super) fn settings(&self, has_bus: bool) -> Vec<(&'static str, String)> {
        let mut settings: Vec<_> = UNLIMITED.map(|(name, value)| (name, value.to_owned())).into();
        settings.push(("DATABASE_URL", self.database.url("postgres", "chat")));
        if has_bus {
            settings.push(("REDIS_URL", self.redis.url()));
            // No file is sent.
            for (name, value) in [
                ("S3_BUCKET", "none"),
                ("S3_ENDPOINT", "http://127.0.0.1:1"),
                ("AWS_ACCESS_KEY_ID", "none"),
                ("AWS_SECRET_ACCESS_KEY", "none"),
            ] {
                settings.push((name, value.to_owned()));
            }
        }
        settings
    }

    pub(super) fn node(&self, context: &Context) -> Outcome<Madang> {
        self.node_on(context, &context.server_core)
    }

    /// Starts a server on some cores ("0,1").
    pub(super) fn node_on(&self, context: &Context, cores: &str) -> Outcome<Madang> {
        let settings = self.settings(true);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
        Madang::start_on(context, cores, Kind::Madang, &settings)
    }
}

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let mut sends = Vec::new();
    for senders in SENDERS {
        context.progress(format!("{senders} senders on SQLite, on PostgreSQL, and pgbench"));
        let sqlite = send(context, &UNLIMITED.map(|(name, value)| (name, value.to_owned())), senders)?;
        let backends = Backends::start()?;
        let postgres = send(context, &backends.settings(false), senders)?;
        let plain = pgbench::transactions(&backends.database, senders, context.window(4))?;
        sends.push(json!({
            "senders": senders, "sqlite": sqlite.per_second, "sqlite_ack": sqlite.ack,
            "postgres": postgres.per_second, "postgres_ack": postgres.ack, "pgbench": plain,
        }));
    }
    let backends = Backends::start()?;
    let nodes = (0..3).map(|_| backends.node(context)).collect::<Outcome<Vec<_>>>()?;
    context.progress("a message from node to node");
    let across = across(context, &nodes)?;
    context.progress("a message for none of a node's users");
    let hint = hint(context, &nodes)?;
    context.progress("a delivery by one node and by two");
    let deliveries = deliveries(context, &nodes)?;
    Ok(json!({ "sends": sends, "members": MEMBERS, "across": across, "hint": hint, "deliveries": deliveries }))
}

/// Lets so many users, two in a room, send to one server.
fn send(context: &Context, settings: &[(&str, String)], senders: usize) -> Outcome<Sending> {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
    let server = Rc::new(Server::start_with(context, &context.server_core, senders.max(2), 2, &settings)?);
    let (scripted, texts) = (server.clone(), texts());
    let mut load = Load::with_script(server.process.port, move |sender, number| {
        scripted.message(sender, number, &texts[(sender * 7 + number as usize) % texts.len()])
    })?;
    load.add_members(&server, 0..senders.max(2));
    load.join_all(AT_ONCE)?;
    load.send_for(senders, &server.process, context.window(1), context.window(4))
}

/// A room whose sender is connected to the first node, and its members to others.
struct SharedRoom {
    id: String,
    sender: Load<'static>,
    /// The members of each node.
    members: Vec<Load<'static>>,
    sent: u64,
}

impl SharedRoom {
    fn open(nodes: &[Madang], members_of: &[(usize, usize)]) -> Outcome<Self> {
        let total: usize = members_of.iter().map(|(_, count)| count).sum();
        let mut tokens = nodes[0].guests(total + 1)?;
        let owner = tokens.pop().ok_or("no guest")?;
        let id = nodes[0].room(&owner, total + 1)?;
        let mut sender = Load::new(nodes[0].process.port)?;
        sender.add(Setup { hello: Some(hello(&owner, &id)), ..Setup::default() });
        sender.join_all(AT_ONCE)?;
        let mut members = Vec::new();
        for (node, count) in members_of {
            let mut load = Load::new(nodes[*node].process.port)?;
            for token in tokens.split_off(tokens.len() - count) {
                load.add(Setup { hello: Some(hello(&token, &id)), ..Setup::default() });
            }
            load.join_all(AT_ONCE)?;
            members.push(load);
        }
        Ok(Self { id, sender, members, sent: 0 })
    }

    /// Sends a message and waits until all have it.
    fn send(&mut self) -> Outcome<()> {
        for load in &mut self.members {
            load.deliveries.sending();
        }
        let text = crate::load::frame::numbered(self.sent, &"x".repeat(64));
        self.sender.send(0, &message(&self.id, &format!("k{}", self.sent), self.sent, &text))?;
        self.sent += 1;
        self.members.iter_mut().try_for_each(Load::wait_delivered)?;
        let faults: u64 = self.members.iter().map(|load| load.deliveries.faults(0)).sum();
        if faults == 0 { Ok(()) } else { Err(format!("{faults} deliveries lost, doubled or disordered").into()) }
    }

    /// Answers pings until `until`.
    fn run_until(&mut self, until: Instant) -> Outcome<()> {
        let loads = self.members.len() as u32 + 1;
        let share = until.saturating_duration_since(Instant::now()) / loads;
        self.sender.run_for(share)?;
        self.members.iter_mut().try_for_each(|load| load.run_for(share))
    }
}

/// Returns how long a message takes to the first and the last member on another node.
fn across(context: &Context, nodes: &[Madang]) -> Outcome<Value> {
    let mut room = SharedRoom::open(nodes, &[(1, context.size(MEMBERS, 50))])?;
    for _ in 0..context.size(MESSAGES, 10) {
        let next = Instant::now() + PAUSE;
        room.send()?;
        room.run_until(next)?;
    }
    let messages = &room.members[0].deliveries.messages;
    let first = Times::of(messages.iter().map(|message| message.first))?;
    let last = Times::of(messages.iter().map(|message| message.last))?;
    Ok(json!({ "first": first, "last": last }))
}

/// Returns the microseconds of processor time that a message costs a node whose users are not in its room.
fn hint(context: &Context, nodes: &[Madang]) -> Outcome<f64> {
    let window = context.window(4);
    let others = &nodes[2].process;
    let mut idle = Duration::ZERO;
    if !window.is_zero() {
        let before = others.cpu()?;
        Load::new(others.port)?.run_for(window)?;
        idle = others.cpu()? - before;
    }
    let tokens = nodes[0].guests(16)?;
    let owners: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let rooms = nodes[0].rooms(&owners, 2, false)?;
    let (ids, texts) = (rooms.clone(), texts());
    let mut load = Load::with_script(nodes[0].process.port, move |sender, number| {
        message(&ids[sender], &format!("k{number}"), number, &texts[(sender * 7 + number as usize) % texts.len()])
    })?;
    for (token, room) in tokens.iter().zip(&rooms) {
        load.add(Setup { hello: Some(hello(token, room)), ..Setup::default() });
    }
    load.join_all(AT_ONCE)?;
    let sending = load.send_for(16, others, context.window(1), window)?;
    let idle_us = idle.as_secs_f64() * 1e6 / (sending.per_second * window.as_secs_f64());
    Ok((sending.cpu_us - idle_us).max(0.0))
}

/// Returns the microseconds of all nodes' processor time for one delivery: by one node, and by two that share the members.
fn deliveries(context: &Context, nodes: &[Madang]) -> Outcome<Value> {
    let members = context.size(4 * MEMBERS, 100);
    let servers: Vec<&Process> = nodes.iter().map(|node| &node.process).collect();
    let cpu = || servers.iter().map(|server| server.cpu()).sum::<Outcome<Duration>>();
    let mut costs = Vec::new();
    for members_of in [vec![(1, members)], vec![(1, members / 2), (2, members / 2)]] {
        let mut room = SharedRoom::open(nodes, &members_of)?;
        let (before, began) = (cpu()?, Instant::now());
        let mut count = 0;
        while began.elapsed() < context.window(5) {
            room.send()?;
            count += members as u64;
        }
        costs.push(micros_each(cpu()? - before, count));
    }
    Ok(json!({ "members": members, "one_us": costs[0], "two_us": costs[1] }))
}
