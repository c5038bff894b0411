//! The bus between the nodes of one database: what each commits, all publish, in the order of the commits.
//!
//! The facts are rows of the database (`chat/bus.rs`), written in their own transaction. Hints by Redis bring them
//! earlier; without hints they are read a few times a second. See docs/decisions/0022.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::node::Nodes;
use super::{App, log_failure};
use crate::chat::node::{self, Node, NodeEvent, NodeId};
use crate::chat::{Fact, Tx, bus, instance};
use crate::clock::now_ms;
use crate::config::NodeConfig;
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::hints::Hints;
use crate::ids::{self, RoomId, UserId};
use crate::realtime::{CommitOrder, Realtime};

/// Bytes of facts in a hint; longer ones are read from the database.
const HINT_MAX: usize = 8 * 1024;
/// How long a reader waits until its node has published what is committed.
const CATCH_UP: Duration = Duration::from_secs(5);
/// Events of one transaction.
const ANNOUNCEMENTS: usize = 500;
/// How often everyone who is connected is announced at most, however many nodes ask.
const ALL_AT_MOST: Duration = Duration::from_secs(1);
/// The pause when the database does not answer.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// The facts and hints exchanged with other nodes.
pub(super) struct Bus {
    pub(super) nodes: Nodes,
    config: NodeConfig,
    order: CommitOrder,
    realtime: Arc<Realtime>,
    hints: OnceLock<Hints>,
    /// The facts of the transaction that is about to be committed, with its number.
    uncommitted: Mutex<Option<(i64, String)>>,
    /// Users who may have changed on another node whether they hide their presence.
    privacy_changed: Mutex<Vec<UserId>>,
}

impl Bus {
    /// Runs at the end of each transaction: its facts become a row.
    fn before_commit(&self, tx: &mut Tx, facts: &[Fact]) -> Result<()> {
        let facts = bus::encode(facts)?;
        let number = bus::append(tx, now_ms(), self.nodes.me.id, &facts)?;
        *self.uncommitted.lock() = Some((number, facts));
        Ok(())
    }

    /// Publishes the facts of a commit of this node when their turn has come, and gives the others a hint.
    pub(super) fn committed(&self, facts: Vec<Fact>) {
        let Some((number, encoded)) = self.uncommitted.lock().take() else { return self.realtime.publish(facts) };
        if let Some(hints) = self.hints.get() {
            hints.send(if encoded.len() <= HINT_MAX { format!("{number} {encoded}") } else { number.to_string() });
        }
        self.add(number, facts);
    }

    fn add(&self, number: i64, facts: Vec<Fact>) {
        self.order.add(number, facts, |facts| self.publish(facts));
    }

    fn publish(&self, facts: Vec<Fact>) {
        let mut others = Vec::with_capacity(facts.len());
        for fact in facts {
            match fact {
                Fact::NodeEvents { node_id, events } if node_id != self.nodes.me.id => self.receive(node_id, events),
                Fact::NodeEvents { .. } => {}
                fact => others.push(fact),
            }
        }
        self.realtime.publish(others);
    }

    fn receive(&self, node_id: NodeId, events: Vec<NodeEvent>) {
        self.nodes.note_sender(node_id);
        for event in events {
            if let NodeEvent::PrivacyChanged { user_id } = event {
                self.privacy_changed.lock().push(user_id);
            }
            self.realtime.receive(node_id, event);
        }
    }

    /// Publishes stored facts, when their turn has come. A node of a later version may have facts that this one does not
    /// know: then the clients load the present state.
    fn add_stored(&self, number: i64, facts: &str) {
        if number <= self.order.reached() {
            return;
        }
        let facts = bus::decode(facts).unwrap_or_else(|| {
            tracing::warn!("another node has published what this version does not know");
            self.realtime.resync();
            Vec::new()
        });
        self.add(number, facts);
    }

    fn hinted(&self, hint: &str) {
        match hint.split_once(' ') {
            Some((number, facts)) => {
                if let Ok(number) = number.parse() {
                    self.add_stored(number, facts);
                }
            }
            None => self.order.gap_found.notify_one(),
        }
    }

    /// Starts over after a transaction, because those between are lost. Clients load the present state.
    pub(super) fn start_over(&self, head: i64) {
        // Before anything later is published, and again for sockets that joined just before.
        self.realtime.resync();
        self.order.jump(head);
        self.realtime.resync();
        for id in self.nodes.others() {
            self.realtime.node_ended(id);
        }
        self.ask_for_presence();
    }

    /// Asks the other nodes who is connected to them.
    pub(super) fn ask_for_presence(&self) {
        self.realtime.announce(|| NodeEvent::PresenceWanted);
    }

    /// Waits until a transaction was published here.
    ///
    /// # Errors
    /// `unavailable`.
    pub(super) async fn wait_for(&self, number: i64) -> Result<()> {
        timeout(CATCH_UP, self.order.wait_for(number)).await.map_err(|_| Code::Unavailable.into())
    }

    /// Returns the number of the last transaction that was published here.
    pub(super) fn reached(&self) -> i64 {
        self.order.reached()
    }
}

impl App {
    /// Makes this process a node, if the settings say that there are several. `url` is where others reach it.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn start_bus(&self, url: String) -> Result<(), String> {
        let Some(config) = self.config.nodes.clone() else { return Ok(()) };
        let url = config.url.clone().unwrap_or(url);
        let run_id = ids::random();
        let opened = {
            let (run_id, url) = (run_id.clone(), url.clone());
            self.write(Subject::Server, move |tx, _, now| {
                let id = node::register(tx, now, &run_id, &url)?;
                Ok((id, bus::head(tx)?, tx.place()?, instance::id(tx)?))
            })
        };
        let (id, head, place, instance) =
            opened.await.map_err(|error| format!("cannot become a node of this database: {error}"))?;
        let redis = config.redis.clone();
        let bus = Arc::new(Bus {
            nodes: Nodes::new(Node { id, run_id, url, heartbeat: 0 }, config.node_timeout, place),
            config,
            order: CommitOrder::after(head),
            realtime: Arc::clone(&self.realtime),
            hints: OnceLock::new(),
            uncommitted: Mutex::default(),
            privacy_changed: Mutex::default(),
        });
        if let Some(redis) = redis {
            let (hinted, subscribed) = (Arc::clone(&bus), Arc::clone(&bus));
            let hints = Hints::start(
                &redis,
                format!("madang:{instance}"),
                move |hint| hinted.hinted(hint),
                move || subscribed.order.gap_found.notify_one(),
            )?;
            let _ = bus.hints.set(hints);
        }
        let _ = self.bus.set(Arc::clone(&bus));
        let uncommitted = Arc::clone(&bus);
        self.db.before_commit(move |tx, facts| uncommitted.before_commit(tx, facts));
        self.watch_nodes().await.map_err(|error| format!("cannot read the other nodes: {error}"))?;
        tokio::spawn(run_reader(self.clone()));
        tokio::spawn(run_announcer(self.clone()));
        tokio::spawn(self.clone().run_watch(bus.config.heartbeat));
        tracing::info!(node = id.as_u16(), "this server is a node");
        Ok(())
    }

    /// Takes this process off the list of nodes.
    pub async fn leave_bus(&self) {
        let Some(bus) = self.bus.get() else { return };
        self.send_announcements(bus).await;
        let me = bus.nodes.me.clone();
        log_failure(
            "leaving the other nodes",
            self.write(Subject::Server, move |tx, _, now| node::leave(tx, now, &me)).await,
        );
    }

    /// Waits until everything that is committed now has been published here.
    ///
    /// # Errors
    /// `unavailable`.
    pub(super) async fn catch_up(&self) -> Result<()> {
        let Some(bus) = self.bus.get() else { return Ok(()) };
        bus.wait_for(self.db.read(bus::head).await?).await
    }

    /// Waits until everything that is committed now has been sent in a room; see [`Realtime::drained`].
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn drained(&self, room_id: RoomId) -> Result<()> {
        self.catch_up().await?;
        self.realtime.drained(room_id).await;
        Ok(())
    }

    /// Reads and publishes what was committed since the last time.
    async fn read_facts(&self, bus: &Bus) -> Result<()> {
        loop {
            let after = bus.order.reached();
            let found = self.db.read(move |tx| bus::after(tx, after)).await?;
            let Some(first) = found.first() else { return Ok(()) };
            if first.number != after + 1 {
                tracing::warn!("this node was away for too long");
                let head = self.db.read(bus::head).await?;
                bus.start_over(head);
                return Ok(());
            }
            found.iter().for_each(|published| bus.add_stored(published.number, &published.facts));
        }
    }

    async fn send_announcements(&self, bus: &Bus) {
        let mut events = bus.realtime.take_announcements();
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(ANNOUNCEMENTS));
            let (node_id, sent) = (bus.nodes.me.id, events.clone());
            let publish = self.write(Subject::Server, move |tx, _, _| {
                tx.publish(Fact::NodeEvents { node_id, events: sent.clone() });
                Ok(())
            });
            if publish.await.is_err() {
                events.extend(rest);
                return bus.realtime.put_back_announcements(events);
            }
            events = rest;
        }
    }
}

/// Reads what others commit: when a hint says so, and in intervals, more often without hints.
async fn run_reader(app: App) {
    let Some(bus) = app.bus.get() else { return };
    loop {
        let has_hints = bus.hints.get().is_some_and(Hints::is_subscribed);
        let wait = if has_hints { bus.config.poll_interval_with_hints } else { bus.config.poll_interval };
        // A timeout is a turn, too.
        let _ = timeout(wait, bus.order.gap_found.notified()).await;
        if app.read_facts(bus).await.is_err() {
            sleep(RETRY_DELAY).await;
        }
    }
}

async fn run_announcer(app: App) {
    let Some(bus) = app.bus.get() else { return };
    let mut last_all = None;
    loop {
        sleep(bus.config.announce_interval).await;
        if last_all.is_none_or(|at: Instant| at.elapsed() >= ALL_AT_MOST) {
            last_all = Some(Instant::now());
            bus.realtime.announce_rooms_if_wanted();
        }
        app.send_announcements(bus).await;
        let changed = std::mem::take(&mut *bus.privacy_changed.lock());
        for user_id in changed {
            let applied = app.apply_privacy(user_id).await;
            if applied.is_err() {
                // It is tried again.
                bus.privacy_changed.lock().push(user_id);
            }
            log_failure("applying what a user hides", applied);
        }
    }
}
