//! What TLS costs: a delivery, an idle member, and a handshake, beside the same server without it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load, trust};
use crate::process::Folder;
use crate::server::{Kind, Server, UNLIMITED};
use crate::times::micros_each;

const MEMBERS: usize = 1_000;
/// Deliveries a second at which their cost is measured.
const DELIVERIES_A_SECOND: u32 = 20_000;
const WARM_UP: u32 = 20;
const ROUNDS: usize = 3;
/// Members who join before those whose memory is counted, and all of them.
const NOT_COUNTED: usize = 256;
const IDLE: usize = 5_000;
/// Seconds of silence before the memory is read.
const SETTLE: u64 = 8;

/// A certificate in files for the server, and the clients' trust in it.
struct Tls {
    folder: Folder,
    trust: Arc<ClientConfig>,
}

impl Tls {
    fn new() -> Outcome<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let folder = Folder::new()?;
        std::fs::write(folder.0.join("certificate.pem"), made.cert.pem())?;
        std::fs::write(folder.0.join("key.pem"), made.signing_key.serialize_pem())?;
        Ok(Self { trust: trust(made.cert.der().clone())?, folder })
    }
}

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let tls = Tls::new()?;
    let modes = [("plain", None), ("tls", Some(&tls))];
    let mut deliveries = [Vec::new(), Vec::new()];
    // They take turns, so that other work on the machine slows both down.
    for round in 1..=context.size(ROUNDS, 1) {
        for ((mode, tls), rounds) in modes.iter().zip(&mut deliveries) {
            context.progress(format!("TLS, deliveries, round {round}: {mode}"));
            rounds.push(delivery(context, *tls)?);
        }
    }
    let mut rows = Vec::new();
    for ((mode, tls), cpu_us) in modes.iter().zip(deliveries) {
        context.progress(format!("TLS, members: {mode}"));
        let (connect_us, per_second, each) = members(context, *tls)?;
        rows.push(json!({
            "mode": mode, "cpu_us": cpu_us, "connect_us": connect_us, "per_second": per_second, "each": each,
        }));
    }
    Ok(json!({ "rows": rows, "members": MEMBERS, "idle": context.size(IDLE, 1_000) }))
}

/// Starts a server with a room, and again with its certificate or without, so that both have read the same before.
fn start(context: &Context, members: usize, tls: Option<&Tls>) -> Outcome<(Server, Load<'static>)> {
    let server = Server::start(context, Kind::Madang, members, members)?;
    let files = tls.map(|tls| [path(&tls.folder, "certificate.pem"), path(&tls.folder, "key.pem")]);
    let mut settings = UNLIMITED.to_vec();
    if let Some([certificate, key]) = &files {
        settings.extend([("TLS_CERT", certificate.as_str()), ("TLS_KEY", key)]);
    }
    let server = server.restart(context, &settings)?;
    let load = Load::new(server.process.port)?.with_tls(tls.map(|tls| Arc::clone(&tls.trust)));
    Ok((server, load))
}

fn path(folder: &Folder, name: &str) -> String {
    Path::new(&folder.0).join(name).display().to_string()
}

/// Returns the processor time of a delivery.
fn delivery(context: &Context, tls: Option<&Tls>) -> Outcome<f64> {
    let (server, mut load) = start(context, MEMBERS, tls)?;
    load.add_members(&server, 0..MEMBERS);
    load.join_all(AT_ONCE)?;
    let send = |load: &mut Load<'_>| -> Outcome<()> {
        let number = load.deliveries.sending();
        load.send(0, &server.message(0, number, &"x".repeat(64)))
    };
    for _ in 0..WARM_UP {
        send(&mut load)?;
        load.wait_delivered()?;
    }
    let pause = Duration::from_secs(1) * MEMBERS as u32 / DELIVERIES_A_SECOND;
    let count = (context.window(6).as_secs_f64() / pause.as_secs_f64()) as u32;
    let cpu_us = load.cost_of_delivery(&server.process, count, pause, send)?;
    match load.deliveries.faults(0) {
        0 => Ok(cpu_us),
        lost => Err(format!("{lost} deliveries lost, doubled or disordered").into()),
    }
}

/// Returns the processor time of a connect, how many there are in a second, and the memory of an idle member.
fn members(context: &Context, tls: Option<&Tls>) -> Outcome<(f64, f64, f64)> {
    let members = context.size(IDLE, 1_000);
    let (server, mut load) = start(context, members, tls)?;
    load.add_members(&server, 0..NOT_COUNTED);
    load.join_all(AT_ONCE)?;
    load.run_for(context.window(SETTLE))?;
    let before = server.process.memory()?;
    load.add_members(&server, NOT_COUNTED..members);
    let count = members - NOT_COUNTED;
    let (cpu, started) = (server.process.cpu()?, Instant::now());
    load.join_all(AT_ONCE)?;
    let per_second = count as f64 / started.elapsed().as_secs_f64();
    let connect_us = micros_each(server.process.cpu()? - cpu, count as u64);
    load.run_for(context.window(SETTLE))?;
    let each = server.process.memory()?.saturating_sub(before) as f64 / count as f64;
    Ok((connect_us, per_second, each))
}
