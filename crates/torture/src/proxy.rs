//! What lies between a client and the program: a wire that can be cut, paused, swallowed, sliced or
//! slow. Each person has one of their own, at an address that stays while the program comes and
//! goes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::Outcome;

/// Between two bytes to a reader that trickles.
const TRICKLE: Duration = Duration::from_millis(100);

/// How the wire is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wire {
    #[default]
    Clear,
    /// Nothing comes through; it comes later.
    Paused,
    /// What is sent is lost, and nobody is told: a half-open connection.
    Swallowing,
    /// The same for what comes from the program alone.
    Deaf,
    /// What the program says waits, while what the client says comes through: a stalled reader.
    Stalled,
    /// The same, but for a byte now and then: a trickling reader.
    Trickling,
    /// A few bytes at a time.
    Sliced,
    /// Everything a while later.
    Slow,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weather {
    wire: Wire,
    /// Connections of an earlier number are cut.
    cuts: u32,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// A wire to whatever listens on the port that `upstream` names at the time.
    pub(crate) async fn open(upstream: Arc<AtomicU16>) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (weather, watched) = watch::channel(Weather::default());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(join(client, upstream.load(Ordering::Relaxed), watched.clone()));
            }
        });
        Ok(Self { address, weather })
    }

    pub(crate) fn set(&self, wire: Wire) {
        self.weather.send_modify(|weather| weather.wire = wire);
    }

    /// Cuts everything that is open, wherever in a frame it stands.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }
}

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ToProgram,
    FromProgram,
}

impl Way {
    fn waits(self, wire: Wire) -> bool {
        wire == Wire::Paused || self == Self::FromProgram && wire == Wire::Stalled
    }

    fn swallows(self, wire: Wire) -> bool {
        wire == Wire::Swallowing || self == Self::FromProgram && wire == Wire::Deaf
    }
}

async fn join(client: TcpStream, port: u16, weather: watch::Receiver<Weather>) {
    let cuts = weather.borrow().cuts;
    // Nobody there is the same to the client as a wire that is cut.
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let cut = {
        let mut weather = weather.clone();
        async move { drop(weather.wait_for(|weather| weather.cuts != cuts).await) }
    };
    tokio::select! {
        () = cut => {}
        () = pump(client_reads, server_writes, weather.clone(), Way::ToProgram) => {}
        () = pump(server_reads, client_writes, weather, Way::FromProgram) => {}
    }
}

/// Carries bytes one way until that way ends; on wires that swallow them it does not.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>, way: Way) {
    let mut buffer = vec![0; 16 * 1024];
    let mut is_deaf = false;
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        if weather.wait_for(|weather| !way.waits(weather.wire)).await.is_err() {
            return;
        }
        let wire = weather.borrow().wire;
        let piece = if wire == Wire::Sliced { 7 } else { count };
        is_deaf |= way.swallows(wire);
        if is_deaf {
            // For good: no TCP loses bytes and then goes on.
            continue;
        }
        if wire == Wire::Slow {
            sleep(Duration::from_millis(60)).await;
        }
        let Ok(rest) = trickle(&buffer[..count], &mut to, way, &weather).await else { return };
        for piece in rest.chunks(piece) {
            if to.write_all(piece).await.is_err() {
                return;
            }
            if wire == Wire::Sliced {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Carries a byte now and then while the wire lets no more through; what is left of them then.
async fn trickle<'a>(
    mut bytes: &'a [u8],
    to: &mut OwnedWriteHalf,
    way: Way,
    weather: &watch::Receiver<Weather>,
) -> std::io::Result<&'a [u8]> {
    let trickles = || way == Way::FromProgram && weather.borrow().wire == Wire::Trickling;
    while let Some((byte, others)) = bytes.split_first().filter(|_| trickles()) {
        to.write_all(&[*byte]).await?;
        bytes = others;
        sleep(TRICKLE).await;
    }
    Ok(bytes)
}
