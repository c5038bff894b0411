//! One run: users talk while faults are injected, then everything settles and is checked.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::Result;
use crate::check::{Evidence, Posted, Violation, check};
use crate::fault::{Fault, inject_into_backends, inject_into_network, inject_into_server};
use crate::fixtures::Fixtures;
use crate::history::{Event, Recorder, UserIndex};
use crate::instance::Instance;
use crate::proxy::{Network, Proxy};
use crate::quiet_end;
use crate::receiver::Receiver;
use crate::replica::{Decoder, Replica};
use crate::stock_client::StockClient;
use crate::store::{Store, check_integrity};
use crate::user::{Phase, User};

/// How long the users may take to settle after the last fault, and for the last resume.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(45);
/// A little more than the store is allowed for its recovery.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(11);
/// How long deliveries may take after the last fault.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a shutdown may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);
/// The highest number of passes before a crash point strikes.
const MAX_HITS: u64 = 120;

/// The parameters of a run. Everything else follows from the seed.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    pub(crate) seed: u64,
    /// How many nodes there are on PostgreSQL and Redis; 0: one server on SQLite.
    pub(crate) nodes: usize,
    pub(crate) duration: Duration,
    pub(crate) senders: usize,
    /// The approximate pause between two operations of a user, in milliseconds.
    pub(crate) pause_ms: u64,
    /// The average time between two faults.
    pub(crate) fault_interval: Duration,
    pub(crate) longest_fault: Duration,
    pub(crate) faults: Vec<Fault>,
    /// Failpoints of every server of the run.
    pub(crate) failpoints: String,
    /// Whether the data folder of a run that breaks an invariant is kept.
    pub(crate) keeps_evidence: bool,
    /// The folder of the stock client's script, if it takes part.
    pub(crate) stock_client: Option<PathBuf>,
}

/// The result of a run.
pub(crate) struct Run {
    pub(crate) events: Vec<Event>,
    pub(crate) store: Store,
    /// The final replicas of each user.
    pub(crate) replicas: Vec<HashMap<u8, Replica>>,
    pub(crate) log: String,
    pub(crate) posted: Posted,
    pub(crate) violations: Vec<Violation>,
    pub(crate) faults: BTreeMap<Fault, u32>,
    pub(crate) starts: u32,
    pub(crate) took: Duration,
    /// The data folder. It is kept if an invariant is broken.
    pub(crate) folder: PathBuf,
}

impl Run {
    pub(crate) fn evidence(&self) -> Evidence<'_> {
        Evidence { store: &self.store, replicas: &self.replicas, log: &self.log, received: Some(&self.posted) }
    }
}

/// A run in progress.
struct Running<'a> {
    plan: &'a Plan,
    server: Instance,
    proxies: Vec<Proxy>,
    recorder: Recorder,
    rng: Rng,
    faults: BTreeMap<Fault, u32>,
    rush: watch::Sender<u32>,
    /// Whether the running server has a crash point, which may strike during a shutdown too.
    may_crash: bool,
}

/// Executes a run. An error is a failure of the harness; broken invariants are in the result.
pub(crate) async fn run(plan: &Plan) -> Result<Run> {
    let began = Instant::now();
    let mut server = match plan.nodes {
        0 => Instance::new(&plan.program)?,
        count => Instance::with_nodes(&plan.program, count).await?,
    };
    for node in 0..server.count() {
        server.start(node, &plan.failpoints).await?;
    }
    let receiver = Receiver::open().await?;
    let fixtures = Arc::new(Fixtures::create(server.address(), plan.senders, &receiver).await?);
    let recorder = Recorder::new();
    let (phase, watched) = watch::channel(Phase::Active);
    let (settled, mut all_settled) = watch::channel(0);
    let (rush, rushed) = watch::channel(0);
    let mut proxies = Vec::new();
    let mut users: Vec<JoinHandle<HashMap<u8, Replica>>> = Vec::new();
    let decoder = Decoder(fixtures.clone());
    let simulated = (0..fixtures.users.len() as UserIndex).filter(|user| *user != fixtures.stock_client());
    for me in simulated {
        let proxy = Proxy::open(server.ports.clone()).await?;
        let user = User {
            me,
            fixtures: fixtures.clone(),
            decoder: decoder.clone(),
            address: proxy.address,
            rng: Rng::with_seed(plan.seed.wrapping_mul(1_000).wrapping_add(u64::from(me))),
            recorder: recorder.clone(),
            phase: watched.clone(),
            settled: settled.clone(),
            rush: rushed.clone(),
            pause_ms: plan.pause_ms,
            has_files: plan.nodes == 0,
        };
        users.push(tokio::spawn(user.run()));
        proxies.push(proxy);
    }
    let stock_client = match &plan.stock_client {
        Some(folder) => {
            proxies.push(Proxy::open(server.ports.clone()).await?);
            Some(StockClient::start(folder, decoder, &proxies[proxies.len() - 1], &recorder).await?)
        }
        None => None,
    };
    let rng = Rng::with_seed(plan.seed);
    let mut running = Running {
        plan,
        server,
        proxies,
        recorder: recorder.clone(),
        rng,
        faults: BTreeMap::new(),
        rush,
        may_crash: plan.failpoints.contains("crash="),
    };
    running.inject_faults().await?;
    running.recover().await?;
    phase.send_replace(Phase::Settling);
    let count = users.len();
    let is_settled = timeout(SETTLE_TIMEOUT, all_settled.wait_for(|settled| *settled >= count)).await.is_ok();
    let stock_replicas = match stock_client {
        Some(stock_client) => stock_client.finish(SETTLE_TIMEOUT).await?,
        None => HashMap::new(),
    };
    let missed = quiet_end::check(&running.server, &fixtures).await?;
    phase.send_replace(Phase::LastResume);
    let mut replicas = Vec::new();
    for user in users {
        let ended = timeout(SETTLE_TIMEOUT, user).await;
        replicas.push(ended.map_err(|_| "a user does not finish")??);
    }
    replicas.insert(usize::from(fixtures.stock_client()), stock_replicas);
    running.wait_for_deliveries().await?;
    let mut violations = running.finish().await?;
    violations.extend(missed);
    if !is_settled {
        violations.push(violation("I8", format!("only {} of {count} users settled", *all_settled.borrow())));
    }
    if let Some(backends) = &running.server.backends {
        backends.copy_to(&running.server.data_dir())?;
    }
    let store = Store::read(&running.server.data_dir(), &fixtures)?;
    let log = running.server.log();
    let events = recorder.take();
    let posted = Posted { deliveries: receiver.deliveries(), pushes: receiver.pushes() };
    let evidence = Evidence { store: &store, replicas: &replicas, log: &log, received: Some(&posted) };
    violations.extend(check(&events, &evidence));
    if !violations.is_empty() && plan.keeps_evidence {
        running.server.folder.keep();
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        std::fs::write(running.server.folder.path().join("history"), lines)?;
    }
    let (starts, faults, folder) = (running.server.starts, running.faults, running.server.folder.path().to_owned());
    Ok(Run { events, store, replicas, log, posted, violations, faults, starts, took: began.elapsed(), folder })
}

fn violation(invariant: &'static str, message: String) -> Violation {
    Violation { invariant, about: Default::default(), message }
}

impl Running<'_> {
    /// Injects one fault after the other until the time is over.
    async fn inject_faults(&mut self) -> Result<()> {
        let until = Instant::now() + self.plan.duration;
        // A shuffled deck, so that even a short run has every fault.
        let mut deck = Vec::new();
        while Instant::now() < until {
            let pause = self.plan.fault_interval.mul_f64(0.5 + self.rng.f64());
            self.wait(pause.min(until.saturating_duration_since(Instant::now()))).await?;
            if deck.is_empty() {
                deck = self.plan.faults.clone();
                self.rng.shuffle(&mut deck);
            }
            let Some(fault) = deck.pop() else { continue };
            *self.faults.entry(fault).or_default() += 1;
            self.recorder.harness(format!("{fault:?}"));
            self.inject(fault).await?;
        }
        Ok(())
    }

    async fn inject(&mut self, fault: Fault) -> Result<()> {
        let duration = self.plan.longest_fault.mul_f64(self.rng.f64());
        let server = self.rng.usize(0..self.server.count());
        match fault {
            Fault::Kill => {
                self.server.kill(server)?;
                self.restart(server, "").await
            }
            Fault::Freeze => {
                self.server.freeze(server, true)?;
                sleep(duration).await;
                self.server.freeze(server, false)
            }
            Fault::RedisRestart
            | Fault::RedisCut
            | Fault::RedisHalfOpen
            | Fault::HintLoss
            | Fault::DatabaseCut
            | Fault::DatabasePause
            | Fault::DatabaseRestart
            | Fault::Deadlock => {
                if let Some(backends) = &mut self.server.backends {
                    inject_into_backends(fault, backends, duration).await;
                }
                self.recorder.harness(crate::check::STORE_RECOVERED);
                self.wait_for_ack().await
            }
            Fault::Crash => {
                let places = ["before-commit", "after-commit", "after-publish", "after-acks"];
                let place = places[self.rng.usize(0..places.len())];
                // The first few writes belong to the start.
                let pass = self.rng.u64(8..MAX_HITS);
                self.server.kill(server)?;
                self.restart(server, &format!("crash={place}:{pass}")).await
            }
            Fault::Clock => {
                let by = if self.rng.bool() { 3_600_000 } else { -3_600_000 };
                self.server.kill(server)?;
                self.restart(server, &format!("clock={by}:300")).await
            }
            Fault::Terminate => {
                self.terminate(server).await?;
                self.restart(server, "").await
            }
            Fault::Lock | Fault::FewFiles | Fault::FullDisk | Fault::BadWrite | Fault::BadSync => {
                inject_into_server(fault, &self.server, duration).await?;
                self.recorder.harness(crate::check::STORE_RECOVERED);
                self.wait_for_ack().await
            }
            Fault::Rush => {
                self.rush.send_modify(|rushes| *rushes += 1);
                Ok(())
            }
            Fault::Cut
            | Fault::Pause
            | Fault::HalfOpen
            | Fault::LostResponses
            | Fault::Stall
            | Fault::Trickle
            | Fault::Slice
            | Fault::Slow => {
                inject_into_network(fault, &self.proxies, &mut self.rng, duration).await;
                Ok(())
            }
        }
    }

    /// Waits until the store has recovered by itself, before the next fault.
    async fn wait_for_ack(&mut self) -> Result<()> {
        let (before, until) = (self.recorder.acks(), Instant::now() + RECOVERY_TIMEOUT);
        while self.recorder.acks() == before && Instant::now() < until {
            self.wait(Duration::from_millis(20)).await?;
        }
        Ok(())
    }

    /// Waits. A server that crashes meanwhile, at a failpoint, is started again.
    async fn wait(&mut self, pause: Duration) -> Result<()> {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            sleep(Duration::from_millis(20).min(pause)).await;
            for server in 0..self.server.count() {
                if let Some(status) = self.server.has_ended(server)? {
                    self.recorder.harness(format!("crashed: {status}"));
                    self.restart(server, "").await?;
                }
            }
        }
        Ok(())
    }

    /// Starts another server, after a check of the database that the last one left.
    async fn restart(&mut self, server: usize, failpoints: &str) -> Result<()> {
        self.check_integrity()?;
        let failpoints = [&*self.plan.failpoints, failpoints].join(",");
        self.may_crash = failpoints.contains("crash=");
        self.server.start(server, &failpoints).await?;
        self.recorder.harness("started");
        Ok(())
    }

    /// Checks the database file, if it is one. PostgreSQL checks its own.
    fn check_integrity(&self) -> Result<()> {
        match self.server.backends {
            Some(_) => Ok(()),
            None => check_integrity(&self.server.data_dir()),
        }
    }

    /// I15: SIGTERM ends the server without an error and in time, whatever the clients do.
    async fn terminate(&mut self, server: usize) -> Result<()> {
        if self.server.has_ended(server)?.is_some() {
            return Ok(());
        }
        let (status, took) = self.server.terminate(server).await?;
        self.recorder.harness(format!("terminated in {} ms: {status}", took.as_millis()));
        let has_crashed = self.may_crash && status.signal() == Some(Signal::ABORT.as_raw());
        if !status.success() && !has_crashed || took > SHUTDOWN_TIMEOUT {
            return Err(format!("I15: SIGTERM ended the server after {took:?} with {status}").into());
        }
        Ok(())
    }

    /// Ends every fault: the network is clear, and a server without crash points runs.
    async fn recover(&mut self) -> Result<()> {
        self.proxies.iter().for_each(|proxy| proxy.set(Network::Clear));
        for server in 0..self.server.count() {
            if self.server.has_ended(server)?.is_none() {
                self.server.kill(server)?;
            }
        }
        self.check_integrity()?;
        let failpoints: Vec<&str> =
            self.plan.failpoints.split(',').filter(|part| !part.starts_with("crash=")).collect();
        self.may_crash = false;
        for server in 0..self.server.count() {
            self.server.start(server, &failpoints.join(",")).await?;
        }
        self.recorder.harness(crate::check::STORE_RECOVERED);
        Ok(())
    }

    /// Waits until every delivery was made. One that a fault has failed is tried again after a minute.
    async fn wait_for_deliveries(&mut self) -> Result<()> {
        let until = Instant::now() + DELIVERY_TIMEOUT;
        while self.server.count_waiting_deliveries()? > 0 && Instant::now() < until {
            self.wait(Duration::from_millis(100)).await?;
        }
        Ok(())
    }

    /// Shuts the server down and checks what it left.
    async fn finish(&mut self) -> Result<Vec<Violation>> {
        let mut violations = Vec::new();
        for server in 0..self.server.count() {
            if let Err(error) = self.terminate(server).await {
                violations.push(violation("I15", error.to_string()));
            }
        }
        if self.server.backends.is_some() {
            return Ok(violations);
        }
        if let Err(error) = check_integrity(&self.server.data_dir()) {
            violations.push(violation("I17", error.to_string()));
        }
        if let Some(error) = self.server.verify().await? {
            violations.push(violation("I17", format!("`madang verify` finds: {error}")));
        }
        Ok(violations)
    }
}
