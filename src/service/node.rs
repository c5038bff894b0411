//! The other nodes: which of them run, where they are reached, and which one does what only one must do.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::store::renew_epochs_if_moved;
use super::{App, log_failure};
use crate::chat::node::{self, Node, NodeId};
use crate::chat::{Limits, Tx, bus, room};
use crate::db::Subject;
use crate::error::Result;

/// How long facts are kept for nodes that do not read. One that is later starts over.
const KEEP: Duration = Duration::from_secs(600);
/// How often the head is noted, to know later which facts are that old.
const NOTE_HEAD: Duration = Duration::from_secs(30);

/// This process as a node, and the others as they were last seen.
pub(super) struct Nodes {
    pub(super) me: Node,
    node_timeout: Duration,
    others: Mutex<HashMap<NodeId, OtherNode>>,
    /// Wakes the watch: a node has sent something that is not known yet.
    appeared: Notify,
    /// Where the database lived when it was last read.
    place: Mutex<Option<String>>,
    /// When the database was last read.
    read_at: Mutex<Instant>,
    /// The heads of the last minutes, and when they were read: clocks of other machines do not matter.
    heads: Mutex<VecDeque<(Instant, i64)>>,
}

struct OtherNode {
    node: Node,
    /// When its heartbeat last grew, by the clock of this process.
    seen_at: Instant,
    is_alive: bool,
}

/// What has changed since the last time.
#[derive(Default)]
struct Changes {
    has_new: bool,
    ended: Vec<NodeId>,
    /// Those that have ended long ago.
    removable: Vec<Node>,
}

/// What the database says of the nodes.
struct Found {
    nodes: Vec<Node>,
    head: i64,
    place: Option<String>,
}

fn read(tx: &mut Tx) -> Result<Found> {
    Ok(Found { nodes: node::all(tx)?, head: bus::head(tx)?, place: tx.place()? })
}

impl Nodes {
    pub(super) fn new(me: Node, node_timeout: Duration, place: Option<String>) -> Self {
        Self {
            me,
            node_timeout,
            others: Mutex::default(),
            appeared: Notify::new(),
            place: Mutex::new(place),
            read_at: Mutex::new(Instant::now()),
            heads: Mutex::default(),
        }
    }

    /// Returns the others, also those that have ended.
    pub(super) fn others(&self) -> Vec<NodeId> {
        self.others.lock().keys().copied().collect()
    }

    /// Notes that a node has sent something.
    pub(super) fn note_sender(&self, id: NodeId) {
        if !self.others.lock().contains_key(&id) {
            self.appeared.notify_one();
        }
    }

    /// Compares the nodes with those of the last time.
    fn compare(&self, nodes: Vec<Node>) -> Changes {
        let mut others = self.others.lock();
        let mut changes = Changes::default();
        let not_read_for = std::mem::replace(&mut *self.read_at.lock(), Instant::now()).elapsed();
        if not_read_for >= self.node_timeout / 2 {
            // The database was away, or this node hung: the others could show nothing, or were not seen.
            others.values_mut().for_each(|other| other.seen_at = Instant::now());
        }
        others.retain(|id, known| {
            let is_listed = nodes.iter().any(|node| node.id == *id && node.run_id == known.node.run_id);
            if !is_listed && known.is_alive {
                changes.ended.push(*id);
            }
            is_listed
        });
        for node in nodes.into_iter().filter(|node| node.run_id != self.me.run_id) {
            let known = others.entry(node.id).or_insert_with(|| {
                changes.has_new = true;
                // One that has ended without a word is noticed when its heartbeat does not grow.
                OtherNode { node: node.clone(), seen_at: Instant::now(), is_alive: true }
            });
            let has_grown = node.heartbeat != known.node.heartbeat;
            known.node = node;
            if has_grown {
                known.seen_at = Instant::now();
                changes.has_new |= !std::mem::replace(&mut known.is_alive, true);
            }
            let silence = known.seen_at.elapsed();
            if silence >= self.node_timeout && std::mem::take(&mut known.is_alive) {
                changes.ended.push(known.node.id);
            }
            if silence >= self.node_timeout * 3 {
                changes.removable.push(known.node.clone());
            }
        }
        changes
    }

    /// Notes the head, and returns the one of ten minutes ago.
    fn old_head(&self, head: i64) -> Option<i64> {
        let mut heads = self.heads.lock();
        if heads.back().is_none_or(|(at, _)| at.elapsed() >= NOTE_HEAD) {
            heads.push_back((Instant::now(), head));
        }
        let mut old = None;
        while heads.front().is_some_and(|(at, _)| at.elapsed() >= KEEP) {
            old = heads.pop_front().map(|(_, head)| head);
        }
        old
    }

    /// Whether this node does what only one must do: the running node with the lowest number. For a moment there may be
    /// two of them.
    fn is_leader(&self) -> bool {
        !self.others.lock().values().any(|other| other.is_alive && other.node.id < self.me.id)
    }
}

impl App {
    /// Returns the number of this node, if there are several.
    pub fn node_id(&self) -> Option<NodeId> {
        self.bus.get().map(|bus| bus.nodes.me.id)
    }

    /// Returns where another node is reached, if it runs.
    pub fn node_url(&self, id: NodeId) -> Option<String> {
        let others = self.bus.get()?.nodes.others.lock();
        others.get(&id).filter(|other| other.is_alive).map(|other| other.node.url.clone())
    }

    /// Whether this process does what only one node must do.
    pub fn is_leader(&self) -> bool {
        self.bus.get().is_none_or(|bus| bus.nodes.is_leader())
    }

    /// Shows the other nodes that this one runs, and reads which of them do.
    pub(super) async fn watch_nodes(&self) -> Result<()> {
        let Some(bus) = self.bus.get() else { return Ok(()) };
        let (nodes, me) = (&bus.nodes, bus.nodes.me.clone());
        if !self.write(Subject::Server, move |tx, _, now| node::heartbeat(tx, now, &me)).await? {
            // The others took this node for ended.
            self.realtime.want_presence();
        }
        // Before it is read: later facts may be published here meanwhile.
        let reached = bus.reached();
        let found = self.db.read(read).await?;
        if *nodes.place.lock() != found.place || found.head < reached {
            self.start_over_after_failover(reached).await?;
            *nodes.place.lock() = found.place;
            return Ok(());
        }
        let changes = nodes.compare(found.nodes);
        if !changes.ended.is_empty() {
            // What they published before they ended comes first.
            bus.wait_for(found.head).await?;
        }
        for id in changes.ended {
            tracing::warn!(node = id.as_u16(), "a node has ended");
            self.realtime.node_ended(id);
        }
        if changes.has_new {
            bus.ask_for_presence();
        }
        self.release_claims().await;
        if !nodes.is_leader() {
            return Ok(());
        }
        self.clean_up_after_nodes(changes.removable, nodes.old_head(found.head)).await
    }

    /// Gives rooms new epochs and closes all sockets: another server has the database now, or it went back in time.
    async fn start_over_after_failover(&self, reached: i64) -> Result<()> {
        let Some(bus) = self.bus.get() else { return Ok(()) };
        tracing::warn!("the database went back in time, or another server has it now");
        let renew = move |tx: &mut Tx| {
            renew_epochs_if_moved(tx)?;
            let head = bus::head(tx)?;
            if head < reached {
                room::renew_epochs(tx)?;
            }
            Ok(head)
        };
        let head = self.db.write(Subject::Server, renew).await?;
        bus.start_over(head);
        Ok(())
    }

    /// Removes what ended nodes left, and facts that all have read.
    async fn clean_up_after_nodes(&self, ended: Vec<Node>, old_head: Option<i64>) -> Result<()> {
        if !ended.is_empty() {
            let remove =
                move |tx: &mut Tx, _: &Limits, now| ended.iter().try_for_each(|node| node::remove_ended(tx, now, node));
            self.write(Subject::Server, remove).await?;
        }
        let Some(head) = old_head else { return Ok(()) };
        // In small steps, so that other acts run in between.
        while self.db.write(Subject::Server, move |tx| bus::forget(tx, head)).await? == bus::FORGOTTEN {}
        Ok(())
    }

    /// Watches the other nodes as long as the process runs.
    pub(super) async fn run_watch(self, heartbeat: Duration) {
        let Some(bus) = self.bus.get() else { return };
        loop {
            log_failure("watching the other nodes", self.watch_nodes().await);
            // A timeout is a turn, too.
            let _ = timeout(heartbeat, bus.nodes.appeared.notified()).await;
        }
    }
}
