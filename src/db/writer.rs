//! The one thread that writes: it takes whatever is waiting, commits it in one transaction, tells the
//! facts, and only then answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::{mem, thread};

use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpoints;
use super::fault::Fault;
use super::index::Pending;
use super::migrate::Copies;
use super::readers::Readers;
use super::sqlite::Connection;
use super::{Doubt, Options, Tx, migrate};
use crate::clock::now_ms;
use crate::error::{Code, Error, Result};
use crate::sabotage::{self, Bug, Place};

/// How many acts share one fsync at most; more would only make the first of them wait.
const BATCH: usize = 256;

pub(super) enum Order<F> {
    Act(Box<dyn Act<F>>),
    /// Give back the memory of caches, if there was nothing else to do since the last time.
    Rest,
    /// Finish what was ordered before, then stop and say so.
    Close(oneshot::Sender<()>),
}

/// An act with the way to its asker. It is run once and answered once, after the commit.
pub(super) trait Act<F>: Send {
    /// Runs; `false` when nothing of it may stay.
    fn run(&mut self, tx: &mut Tx<'_, F>) -> bool;
    /// Answers with what the run brought, or with why it came to nothing.
    fn answer(self: Box<Self>, refused: Option<Error>);
}

pub(super) fn act<F, T, W>(work: W, asker: oneshot::Sender<Result<T>>) -> Box<dyn Act<F>>
where
    T: Send + 'static,
    W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
{
    Box::new(Asked { work: Some(work), outcome: Err(Code::Internal.into()), asker })
}

struct Asked<W, T> {
    work: Option<W>,
    outcome: Result<T>,
    asker: oneshot::Sender<Result<T>>,
}

impl<F, T, W> Act<F> for Asked<W, T>
where
    T: Send,
    W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_, F>) -> bool {
        if let Some(work) = self.work.take() {
            self.outcome = work(tx);
        }
        self.outcome.is_ok()
    }

    fn answer(self: Box<Self>, refused: Option<Error>) {
        // An asker that has gone away needs no answer.
        let _ = self.asker.send(refused.map_or(self.outcome, Err));
    }
}

/// Opens the writing connection, which keeps `log` true.
fn open(options: &Options, log: &Arc<AtomicU32>) -> Result<Connection, Fault> {
    let mut connection = Connection::open(&options.path, options.busy_timeout)?;
    let log = Arc::clone(log);
    connection.on_log(move |pages| log.store(pages, Ordering::Relaxed))?;
    Ok(connection)
}

/// Who learns of writes.
pub(super) struct World<C> {
    /// Hears the facts of each batch.
    pub(super) committed: C,
    pub(super) doubt: Doubt,
    /// Rises with each batch, before it is told or answered.
    pub(super) generation: Arc<AtomicU64>,
}

pub(super) struct Writer<F, C> {
    options: Options,
    /// `None` after an I/O error, until the store has been opened anew and checked.
    connection: Option<Connection>,
    /// All connections beside this one, but that of a checkpoint.
    readers: [Arc<Readers>; 2],
    orders: mpsc::Receiver<Order<F>>,
    world: World<C>,
    checkpoints: Checkpoints,
    /// Pages of the log, as the connection tells after each commit.
    log: Arc<AtomicU32>,
    /// Whether something was written since the last rest.
    is_warm: bool,
}

impl<F, C> Writer<F, C>
where
    F: Send + 'static,
    C: FnMut(Vec<F>) + Send + 'static,
{
    /// Opens the database here, so that the caller hears of a failure, then starts the thread.
    pub(super) fn start(
        options: Options,
        orders: mpsc::Receiver<Order<F>>,
        readers: [Arc<Readers>; 2],
        world: World<C>,
    ) -> Result<(), Fault> {
        let log = Arc::new(AtomicU32::new(0));
        let connection = open(&options, &log)?;
        let copies = Copies { database: &options.path, folder: &options.copies };
        migrate::migrate(&connection, now_ms(), &copies)?;
        let checkpoints = Checkpoints::new(&options);
        let connection = Some(connection);
        let writer = Self { options, connection, readers, orders, world, checkpoints, log, is_warm: true };
        thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.run())
            .map_err(|error| Fault::Unavailable(error.to_string()))?;
        Ok(())
    }

    /// Ends when asked to, or when the last handle of the store is gone.
    fn run(mut self) {
        let mut closing = Vec::new();
        let mut acts = Vec::new();
        let mut were_many = false;
        while let Some(order) = self.orders.blocking_recv() {
            if were_many {
                // On a busy core others are about to ask too: let them, and one commit does for more.
                thread::yield_now();
            }
            let mut next = Some(order);
            while let Some(order) = next.take() {
                match order {
                    Order::Act(act) => acts.push(act),
                    Order::Rest => self.rest(),
                    Order::Close(done) => {
                        // What is in the queue is still done; nothing more gets in.
                        self.orders.close();
                        closing.push(done);
                    }
                }
                if acts.len() < BATCH {
                    next = self.orders.try_recv().ok();
                }
            }
            were_many = acts.len() > 1;
            self.batch(mem::take(&mut acts));
            if let Some(connection) = &self.connection {
                self.checkpoints.committed(connection, self.log.load(Ordering::Relaxed));
            }
        }
        self.checkpoints.wait();
        self.readers.iter().for_each(|readers| readers.close());
        if let Some(connection) = self.connection.take()
            && let Err(fault) = connection.checkpoint()
        {
            tracing::warn!(%fault, "the log was not tidied away; the next start does it");
        }
        for done in closing {
            // Who asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    fn rest(&mut self) {
        if !mem::replace(&mut self.is_warm, false)
            && let Some(connection) = &self.connection
            && let Err(fault) = connection.shrink()
        {
            tracing::warn!(%fault, "the caches were not given back");
        }
    }

    /// One transaction. Its acts are answered after the facts were told, or all refused.
    fn batch(&mut self, mut acts: Vec<Box<dyn Act<F>>>) {
        if acts.is_empty() {
            return;
        }
        self.is_warm = true;
        let done = self.prepare(&mut acts).and_then(|facts| self.commit(facts, &mut acts));
        // Also where it failed, as it may be found committed after all.
        self.world.generation.fetch_add(1, Ordering::Release);
        match done {
            Ok(facts) => {
                sabotage::pass(Place::AfterCommit);
                self.tell(facts);
                sabotage::pass(Place::AfterTelling);
                acts.into_iter().for_each(|act| act.answer(None));
                sabotage::pass(Place::AfterAnswers);
            }
            Err(fault) => {
                tracing::error!(%fault, acts = acts.len(), "nothing of a batch was committed");
                self.undo(&fault);
                acts.into_iter().for_each(|act| act.answer(Some(Code::Unavailable.into())));
            }
        }
    }

    fn tell(&mut self, facts: Vec<F>) {
        if !facts.is_empty() && catch_unwind(AssertUnwindSafe(|| (self.world.committed)(facts))).is_err() {
            // The store is whole; who listens heals by asking what it missed.
            tracing::error!("hearing the facts of a commit panicked");
        }
    }

    /// Makes what was prepared durable, and hands on what is to be told of it.
    fn commit(&mut self, mut facts: Vec<F>, acts: &mut Vec<Box<dyn Act<F>>>) -> Result<Vec<F>, Fault> {
        if sabotage::has(Bug::TellBeforeCommit) {
            self.tell(mem::take(&mut facts));
        }
        if sabotage::has(Bug::AckBeforeCommit) {
            mem::take(acts).into_iter().for_each(|act| act.answer(None));
        }
        sabotage::slow_disk();
        sabotage::pass(Place::BeforeCommit);
        let connection = self.connection.as_ref().ok_or_else(|| Fault::Broken("the store is closed".into()))?;
        connection.run("COMMIT")?;
        Ok(facts)
    }

    /// Runs the acts of a batch in one transaction, which stays open.
    fn prepare(&mut self, acts: &mut [Box<dyn Act<F>>]) -> Result<Vec<F>, Fault> {
        let has_index = self.options.has_index;
        let connection = match &self.connection {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        connection.run("BEGIN IMMEDIATE")?;
        let (mut facts, mut index) = (Vec::new(), Pending::default());
        // An act that is alone has the transaction for itself.
        let is_shared = acts.len() > 1;
        for act in acts {
            connection.begin_act(is_shared);
            let mut tx = Tx::new(connection, has_index);
            let is_done = catch_unwind(AssertUnwindSafe(|| act.run(&mut tx))).unwrap_or_else(|_| {
                tracing::error!("an act panicked while writing");
                false
            });
            if tx.is_broken() {
                return Err(Fault::Broken("an act met an I/O error".into()));
            }
            if !connection.in_transaction() {
                return Err(Fault::Unavailable("the engine ended the transaction".into()));
            }
            if is_done {
                connection.keep_act()?;
                let (mut told, indexed) = tx.into_asked();
                facts.append(&mut told);
                index.add(indexed);
            } else {
                connection.undo_act()?;
            }
        }
        index.write(connection, has_index)?;
        Ok(facts)
    }

    /// After a failed fsync the kernel may have dropped the very pages it could not write, so
    /// nothing is promised before the file was opened anew and looked at.
    fn reopen(&mut self) -> Result<&Connection, Fault> {
        self.readers.iter().for_each(|readers| readers.renew());
        self.checkpoints.wait();
        self.checkpoints = Checkpoints::new(&self.options);
        let connection = open(&self.options, &self.log)?;
        connection.check()?;
        tracing::info!("the store was opened anew");
        // What was refused may be in the file after all, and nobody was told of it.
        if let Some(doubt) = self.world.doubt.get()
            && catch_unwind(AssertUnwindSafe(doubt)).is_err()
        {
            tracing::error!("what is done in doubt panicked");
        }
        Ok(self.connection.insert(connection))
    }

    fn undo(&mut self, fault: &Fault) {
        let Some(connection) = &self.connection else { return };
        let is_clean = !connection.in_transaction() || connection.run("ROLLBACK").is_ok();
        if fault.is_broken() || !is_clean {
            self.connection = None;
        }
    }
}
