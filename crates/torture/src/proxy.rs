//! A proxy between a client and the server that can cut, pause, lose, slice and delay what passes.
//! Each user has one, at an address that stays the same when servers are restarted.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::Result;
use crate::hint_loss::lose_some;

/// The pause between two bytes of a trickle.
const TRICKLE_PAUSE: Duration = Duration::from_millis(100);

/// The state of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    #[default]
    Clear,
    /// Everything waits.
    Paused,
    /// Everything is lost without an error: a half-open connection.
    HalfOpen,
    /// Everything from the server is lost.
    LostResponses,
    /// Everything from the server waits: the client does not read.
    Stalled,
    /// The client reads a byte now and then.
    Trickling,
    /// A few bytes at a time.
    Sliced,
    /// Everything arrives late.
    Slow,
    /// Some of the messages that Redis pushes are lost.
    HintLoss,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Conditions {
    network: Network,
    /// How many cuts there were. Connections from before a cut end.
    cuts: u32,
}

/// The ports of the servers behind a proxy; 0 where none runs.
pub(crate) struct Ports {
    ports: Vec<AtomicU16>,
    turn: AtomicUsize,
}

impl Ports {
    pub(crate) fn new(ports: impl IntoIterator<Item = u16>) -> Arc<Self> {
        Arc::new(Self { ports: ports.into_iter().map(AtomicU16::new).collect(), turn: AtomicUsize::new(0) })
    }

    pub(crate) fn set(&self, server: usize, port: u16) {
        self.ports[server].store(port, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, server: usize) -> u16 {
        self.ports[server].load(Ordering::Relaxed)
    }

    /// Connects to the server whose turn it is, or to the next one that runs, as a load balancer does.
    async fn connect(&self) -> Option<TcpStream> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for server in first..first + self.ports.len() {
            let port = self.get(server % self.ports.len());
            if let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                return Some(stream);
            }
        }
        None
    }
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    conditions: watch::Sender<Conditions>,
}

impl Proxy {
    /// Starts a proxy to the ports that `upstream` holds when a client connects.
    pub(crate) async fn open(upstream: Arc<Ports>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (conditions, watched) = watch::channel(Conditions::default());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(join(client, upstream.clone(), watched.clone()));
            }
        });
        Ok(Self { address, conditions })
    }

    pub(crate) fn set(&self, network: Network) {
        self.conditions.send_modify(|conditions| conditions.network = network);
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        self.conditions.send_modify(|conditions| conditions.cuts += 1);
    }
}

/// The direction of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    ToServer,
    FromServer,
}

impl Direction {
    fn waits(self, network: Network) -> bool {
        network == Network::Paused || self == Self::FromServer && network == Network::Stalled
    }

    fn loses(self, network: Network) -> bool {
        network == Network::HalfOpen || self == Self::FromServer && network == Network::LostResponses
    }
}

async fn join(client: TcpStream, upstream: Arc<Ports>, conditions: watch::Receiver<Conditions>) {
    let cuts = conditions.borrow().cuts;
    // To the client a server that is down is the same as a cut.
    let Some(server) = upstream.connect().await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let cut = {
        let mut conditions = conditions.clone();
        async move { drop(conditions.wait_for(|conditions| conditions.cuts != cuts).await) }
    };
    tokio::select! {
        () = cut => {}
        () = pump(client_reads, server_writes, conditions.clone(), Direction::ToServer) => {}
        () = pump(server_reads, client_writes, conditions, Direction::FromServer) => {}
    }
}

/// Copies bytes in one direction until it ends. A network that loses them does not end.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut conditions: watch::Receiver<Conditions>,
    direction: Direction,
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut is_lost = false;
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        if conditions.wait_for(|conditions| !direction.waits(conditions.network)).await.is_err() {
            return;
        }
        let network = conditions.borrow().network;
        let piece = if network == Network::Sliced { 7 } else { count };
        is_lost |= direction.loses(network);
        if is_lost {
            // For good: TCP does not lose bytes and then go on.
            continue;
        }
        if network == Network::Slow {
            sleep(Duration::from_millis(60)).await;
        }
        if network == Network::HintLoss && direction == Direction::FromServer {
            if to.write_all(&lose_some(&buffer[..count])).await.is_err() {
                return;
            }
            continue;
        }
        let Ok(rest) = trickle(&buffer[..count], &mut to, direction, &conditions).await else { return };
        for piece in rest.chunks(piece) {
            if to.write_all(piece).await.is_err() {
                return;
            }
            if network == Network::Sliced {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Copies a byte now and then while the network trickles. Returns the bytes that are left.
async fn trickle<'a>(
    mut bytes: &'a [u8],
    to: &mut OwnedWriteHalf,
    direction: Direction,
    conditions: &watch::Receiver<Conditions>,
) -> std::io::Result<&'a [u8]> {
    let trickles = || direction == Direction::FromServer && conditions.borrow().network == Network::Trickling;
    while let Some((byte, others)) = bytes.split_first().filter(|_| trickles()) {
        to.write_all(&[*byte]).await?;
        bytes = others;
        sleep(TRICKLE_PAUSE).await;
    }
    Ok(bytes)
}
