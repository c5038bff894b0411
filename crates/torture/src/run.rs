//! One run: a house and its people, faults for a while, then peace, and then the questions.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::Outcome;
use crate::cast::Cast;
use crate::check::{Seen, Violation, check};
use crate::fault::{Fault, hurt_house, hurt_wires};
use crate::history::{Event, Recorder, Who};
use crate::house::House;
use crate::person::{Person, Phase};
use crate::proxy::{Proxy, Wire};
use crate::reader::{Held, Reader};
use crate::rest::Rest;
use crate::stock::Stock;
use crate::store::{Store, check_integrity};

/// How long peace may take to come, and the last resume.
const PEACE: Duration = Duration::from_secs(45);
/// A little more than a store may take to heal.
const HEALING: Duration = Duration::from_secs(11);
/// How long an orderly end may take.
const END: Duration = Duration::from_secs(30);
/// Writes that a life which is to die at a named place may see before.
const DEATHS: u64 = 120;

/// What is to be done in a run; the seed says the rest.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) madang: PathBuf,
    pub(crate) seed: u64,
    pub(crate) lasting: Duration,
    pub(crate) senders: usize,
    /// Milliseconds between two acts of a person, about.
    pub(crate) pace: u64,
    /// The time between two faults, on average, and how long one lasts at most.
    pub(crate) between: Duration,
    pub(crate) longest: Duration,
    pub(crate) faults: Vec<Fault>,
    /// Bugs that are planted in every life.
    pub(crate) sabotage: String,
    /// The folder of the stock client's script, where it takes part.
    pub(crate) stock: Option<PathBuf>,
}

/// What came of a run.
pub(crate) struct Run {
    pub(crate) events: Vec<Event>,
    pub(crate) store: Store,
    pub(crate) held: Vec<HashMap<u8, Held>>,
    pub(crate) log: String,
    pub(crate) violations: Vec<Violation>,
    pub(crate) faults: BTreeMap<Fault, u32>,
    pub(crate) lives: u32,
    pub(crate) took: Duration,
    /// The data folder, kept when something is wrong.
    pub(crate) folder: PathBuf,
}

impl Run {
    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen { store: &self.store, held: &self.held, log: &self.log }
    }
}

/// A run while it goes on.
struct Running<'a> {
    plan: &'a Plan,
    house: House,
    wires: Vec<Proxy>,
    recorder: Recorder,
    rng: Rng,
    faults: BTreeMap<Fault, u32>,
    rush: watch::Sender<u32>,
}

/// Runs a plan to its end. An error is a failure of the run itself; what was found is in the answer.
pub(crate) async fn run(plan: &Plan) -> Outcome<Run> {
    let began = Instant::now();
    let mut house = House::new(&plan.madang)?;
    house.start(&plan.sabotage).await?;
    let rest = Rest(([127, 0, 0, 1], house.port.load(std::sync::atomic::Ordering::Relaxed)).into());
    let cast = Arc::new(Cast::make(&rest, plan.senders).await?);
    let recorder = Recorder::new();
    let (phase, watched) = watch::channel(Phase::Busy);
    let (settled, mut all_settled) = watch::channel(0);
    let (rush, rushed) = watch::channel(0);
    let mut wires = Vec::new();
    let mut people: Vec<JoinHandle<HashMap<u8, Held>>> = Vec::new();
    let reader = Reader(cast.clone());
    let people_of_ours = (0..cast.people.len() as Who).filter(|who| *who != cast.stock());
    for me in people_of_ours {
        let wire = Proxy::open(house.port.clone()).await?;
        let person = Person {
            me,
            cast: cast.clone(),
            reader: reader.clone(),
            address: wire.address,
            rng: Rng::with_seed(plan.seed.wrapping_mul(1_000).wrapping_add(u64::from(me))),
            recorder: recorder.clone(),
            phase: watched.clone(),
            settled: settled.clone(),
            rush: rushed.clone(),
            pace: plan.pace,
        };
        people.push(tokio::spawn(person.live()));
        wires.push(wire);
    }
    let stock = match &plan.stock {
        Some(folder) => {
            wires.push(Proxy::open(house.port.clone()).await?);
            Some(Stock::start(folder, reader, &wires[wires.len() - 1], &recorder).await?)
        }
        None => None,
    };
    let rng = Rng::with_seed(plan.seed);
    let mut running = Running { plan, house, wires, recorder: recorder.clone(), rng, faults: BTreeMap::new(), rush };
    running.hurt().await?;
    running.heal().await?;
    phase.send_replace(Phase::Settle);
    let everybody = people.len();
    let peace = timeout(PEACE, all_settled.wait_for(|count| *count >= everybody)).await.is_ok();
    let stock_holds = match stock {
        Some(stock) => stock.end(PEACE).await?,
        None => HashMap::new(),
    };
    phase.send_replace(Phase::Last);
    let mut held = Vec::new();
    for person in people {
        let ended = timeout(PEACE, person).await;
        held.push(ended.map_err(|_| "a person does not come to an end")??);
    }
    held.insert(usize::from(cast.stock()), stock_holds);
    let mut violations = running.end().await?;
    if !peace {
        violations.push(told("I8", format!("{} of {everybody} have not come to rest", *all_settled.borrow())));
    }
    let store = Store::read(&running.house.data(), &cast)?;
    let log = running.house.log();
    let events = recorder.take();
    violations.extend(check(&events, &Seen { store: &store, held: &held, log: &log }));
    running.house.folder.is_kept = !violations.is_empty() && plan.sabotage.is_empty();
    if running.house.folder.is_kept {
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        std::fs::write(running.house.folder.path.join("history"), lines)?;
    }
    let (lives, faults, folder) = (running.house.lives, running.faults, running.house.folder.path.clone());
    Ok(Run { events, store, held, log, violations, faults, lives, took: began.elapsed(), folder })
}

fn told(invariant: &'static str, told: String) -> Violation {
    Violation { invariant, about: Default::default(), told }
}

impl Running<'_> {
    /// One fault after the other until the time is over.
    async fn hurt(&mut self) -> Outcome<()> {
        let until = Instant::now() + self.plan.lasting;
        // From a deck and not by dice, so that none is left out of a short run.
        let mut deck = Vec::new();
        while Instant::now() < until {
            // Between half and three halves of the average.
            let pause = self.plan.between.mul_f64(0.5 + self.rng.f64());
            self.watch(pause.min(until.saturating_duration_since(Instant::now()))).await?;
            if deck.is_empty() {
                deck = self.plan.faults.clone();
                self.rng.shuffle(&mut deck);
            }
            let Some(fault) = deck.pop() else { continue };
            *self.faults.entry(fault).or_default() += 1;
            self.recorder.world(format!("{fault:?}"));
            self.strike(fault).await?;
        }
        Ok(())
    }

    async fn strike(&mut self, fault: Fault) -> Outcome<()> {
        let lasting = self.plan.longest.mul_f64(self.rng.f64());
        match fault {
            Fault::Kill => {
                self.house.kill().await?;
                self.rise("").await
            }
            Fault::DieAt => {
                let places = ["before-commit", "after-commit", "after-telling", "after-answers"];
                let place = places[self.rng.usize(0..places.len())];
                // The first few belong to the start.
                let passing = self.rng.u64(8..DEATHS);
                self.house.kill().await?;
                self.rise(&format!("die={place}:{passing}")).await
            }
            Fault::Clock => {
                let by = if self.rng.bool() { 3_600_000 } else { -3_600_000 };
                self.house.kill().await?;
                self.rise(&format!("clock={by}:300")).await
            }
            Fault::Terminate => {
                self.terminate().await?;
                self.rise("").await
            }
            Fault::Lock | Fault::FewFiles | Fault::FullDisk | Fault::BadWrite | Fault::BadSync => {
                hurt_house(fault, &self.house, lasting).await?;
                self.recorder.world(crate::check::STORE_HEALED);
                self.until_acked().await
            }
            Fault::Rush => {
                self.rush.send_modify(|rushes| *rushes += 1);
                Ok(())
            }
            Fault::Cut
            | Fault::Pause
            | Fault::HalfOpen
            | Fault::Deaf
            | Fault::Stall
            | Fault::Trickle
            | Fault::Slice
            | Fault::Slow => {
                hurt_wires(fault, &self.wires, &mut self.rng, lasting).await;
                Ok(())
            }
        }
    }

    /// Lets the store show that it heals by itself, before anything else hurts.
    async fn until_acked(&mut self) -> Outcome<()> {
        let (before, until) = (self.recorder.acks(), Instant::now() + HEALING);
        while self.recorder.acks() == before && Instant::now() < until {
            self.watch(Duration::from_millis(20)).await?;
        }
        Ok(())
    }

    /// Lets time pass; a program that dies meanwhile, as it was told to, gets another life.
    async fn watch(&mut self, pause: Duration) -> Outcome<()> {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            sleep(Duration::from_millis(20).min(pause)).await;
            if let Some(status) = self.house.has_ended()? {
                self.recorder.world(format!("ended by itself: {status}"));
                self.rise("").await?;
            }
        }
        Ok(())
    }

    /// Another life, after a look at the database that the last one left.
    async fn rise(&mut self, sabotage: &str) -> Outcome<()> {
        check_integrity(&self.house.data())?;
        self.house.start(&[&*self.plan.sabotage, sabotage].join(",")).await?;
        self.recorder.world("started");
        Ok(())
    }

    /// I15: SIGTERM ends the program well and soon, whatever the clients do.
    async fn terminate(&mut self) -> Outcome<()> {
        if self.house.has_ended()?.is_some() {
            return Ok(());
        }
        let (status, took) = self.house.terminate().await?;
        self.recorder.world(format!("terminated in {} ms: {status}", took.as_millis()));
        if !status.success() || took > END {
            return Err(format!("I15: SIGTERM ended the program after {took:?} with {status}").into());
        }
        Ok(())
    }

    /// Everything is as it should be again: the wires are clear, and the program is one that lives.
    async fn heal(&mut self) -> Outcome<()> {
        self.wires.iter().for_each(|wire| wire.set(Wire::Clear));
        if self.house.has_ended()?.is_none() {
            self.house.kill().await?;
        }
        check_integrity(&self.house.data())?;
        // A planted bug stays to the end; a planted death would come into the peace.
        let lives: Vec<&str> = self.plan.sabotage.split(',').filter(|part| !part.starts_with("die=")).collect();
        self.house.start(&lives.join(",")).await?;
        self.recorder.world(crate::check::STORE_HEALED);
        Ok(())
    }

    async fn end(&mut self) -> Outcome<Vec<Violation>> {
        let mut violations = Vec::new();
        if let Err(error) = self.terminate().await {
            violations.push(told("I15", error.to_string()));
        }
        if let Err(error) = check_integrity(&self.house.data()) {
            violations.push(told("I17", error.to_string()));
        }
        if let Some(harm) = self.house.verify().await? {
            violations.push(told("I17", format!("`madang verify` finds: {harm}")));
        }
        Ok(violations)
    }
}
