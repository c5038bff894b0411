//! Hints between nodes by Redis or Valkey: texts on one channel, to all who are subscribed at that moment. A hint may be
//! lost; what it says is in the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::secret::Secret;

/// Hints that wait to be sent; with more, they are lost.
const QUEUE: usize = 1_024;
/// How often a node sends itself a hint, to see that both its connections work.
const PROBE: Duration = Duration::from_secs(1);
/// After how long without a hint the subscription is taken for broken.
const SILENCE: Duration = Duration::from_secs(4);
/// How long connecting, subscribing or sending may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The pause before the next attempt to connect.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// The text of a hint that only shows that the connections work.
const PROBE_TEXT: &str = "-";

/// Sends hints. They are received by the function given to [`Hints::start`], also those of this process.
pub(crate) struct Hints {
    queue: mpsc::Sender<String>,
    is_subscribed: Arc<AtomicBool>,
}

/// A connection to the first of the addresses that answers.
struct Channel {
    clients: Vec<Client>,
    name: String,
}

impl Hints {
    /// Connects in the background, and again whenever the connection is lost. `received` is called with each hint;
    /// `subscribed` when hints begin to arrive, as some may have been lost before.
    ///
    /// # Errors
    /// A sentence for the operator: the address is not one. Several are separated by commas.
    pub(crate) fn start(
        urls: &Secret,
        name: String,
        received: impl Fn(&str) + Send + 'static,
        subscribed: impl Fn() + Send + 'static,
    ) -> Result<Self, String> {
        let channel = Arc::new(Channel::new(urls, name)?);
        let (queue, hints) = mpsc::channel(QUEUE);
        let is_subscribed = Arc::new(AtomicBool::new(false));
        tokio::spawn(send_all(Arc::clone(&channel), hints));
        tokio::spawn(receive_all(channel, Arc::clone(&is_subscribed), received, subscribed));
        Ok(Self { queue, is_subscribed })
    }

    /// Sends a hint, unless too many wait already. Never waits.
    pub(crate) fn send(&self, hint: String) {
        let _ = self.queue.try_send(hint);
    }

    /// Whether hints arrive now.
    pub(crate) fn is_subscribed(&self) -> bool {
        self.is_subscribed.load(Ordering::Relaxed)
    }
}

impl Channel {
    fn new(urls: &Secret, name: String) -> Result<Self, String> {
        let clients = urls.reveal().split(',').map(|url| Client::open(url.trim()));
        let clients = clients.collect::<RedisResult<Vec<_>>>();
        // The reason could show the password.
        let clients = clients.map_err(|_| "REDIS_URL must be redis://… or rediss://… (user:password@host:port/0)")?;
        Ok(Self { clients, name })
    }

    async fn publisher(&self) -> Option<MultiplexedConnection> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(TIMEOUT)).set_response_timeout(Some(TIMEOUT));
        for client in &self.clients {
            if let Ok(connection) = client.get_multiplexed_async_connection_with_config(&config).await {
                return Some(connection);
            }
        }
        None
    }

    async fn publish(&self, connection: &mut MultiplexedConnection, hint: &str) -> RedisResult<()> {
        redis::cmd("PUBLISH").arg(&self.name).arg(hint).exec_async(connection).await
    }

    /// Subscribes by the first address that allows it. The error says why the last one does not.
    async fn subscriber(&self) -> Result<PubSub, &'static str> {
        let mut why = "there is none";
        for client in &self.clients {
            let subscribe = async {
                let mut connection = client.get_async_pubsub().await?;
                connection.subscribe(&self.name).await.map(|()| connection)
            };
            match timeout(TIMEOUT, subscribe).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => why = reason(&error),
                Err(_) => why = "it does not answer in time",
            }
        }
        Err(why)
    }
}

/// Names an error without the words of the server, which could repeat the command.
fn reason(error: &RedisError) -> &'static str {
    match error.kind() {
        _ if error.is_connection_refusal() => "nothing listens there",
        ErrorKind::AuthenticationFailed => "it does not take the user and the password",
        _ if error.code() == Some("NOPERM") => "its ACL does not allow SUBSCRIBE",
        _ if error.code() == Some("NOAUTH") || error.code() == Some("WRONGPASS") => {
            "it does not take the user and the password"
        }
        ErrorKind::Io => "the connection failed",
        _ => "it refuses SUBSCRIBE",
    }
}

/// Sends one hint to itself, as nodes do, and returns how long that took.
///
/// # Errors
/// A sentence for the operator: the address is not one, or the hint does not arrive.
pub(crate) async fn round_trip(urls: &Secret, name: String) -> Result<Duration, String> {
    let channel = Channel::new(urls, name)?;
    let subscribed = channel.subscriber().await;
    let mut subscriber =
        subscribed.map_err(|why| format!("no address of REDIS_URL lets this server subscribe: {why}"))?;
    let mut publisher = channel.publisher().await.ok_or("no address of REDIS_URL lets this server connect")?;
    let begin = Instant::now();
    // The reason of the server could repeat the command.
    channel.publish(&mut publisher, PROBE_TEXT).await.map_err(|_| "the server refuses PUBLISH")?;
    match timeout(TIMEOUT, subscriber.on_message().next()).await {
        Ok(Some(_)) => Ok(begin.elapsed()),
        _ => Err("what is published does not arrive; all nodes need the same server".into()),
    }
}

/// Sends until the last sender is gone. Hints that cannot be sent are lost.
async fn send_all(channel: Arc<Channel>, mut hints: mpsc::Receiver<String>) {
    let mut probes = interval(PROBE);
    let mut connection = None;
    let mut tried_at: Option<Instant> = None;
    loop {
        let hint = tokio::select! {
            hint = hints.recv() => match hint {
                Some(hint) => hint,
                None => return,
            },
            _ = probes.tick() => PROBE_TEXT.to_owned(),
        };
        if connection.is_none() && tried_at.is_none_or(|at| at.elapsed() >= RETRY_DELAY) {
            tried_at = Some(Instant::now());
            connection = channel.publisher().await;
        }
        if let Some(open) = &mut connection
            && channel.publish(open, &hint).await.is_err()
        {
            connection = None;
        }
    }
}

async fn receive_all(
    channel: Arc<Channel>,
    is_subscribed: Arc<AtomicBool>,
    received: impl Fn(&str),
    subscribed: impl Fn(),
) {
    let mut was_lost = false;
    loop {
        if let Ok(mut connection) = channel.subscriber().await {
            is_subscribed.store(true, Ordering::Relaxed);
            if std::mem::take(&mut was_lost) {
                tracing::info!("hints between nodes arrive again");
            }
            subscribed();
            let mut messages = connection.on_message();
            while let Ok(Some(message)) = timeout(SILENCE, messages.next()).await {
                match message.get_payload::<String>() {
                    Ok(hint) if hint != PROBE_TEXT => received(&hint),
                    _ => {}
                }
            }
        }
        if is_subscribed.swap(false, Ordering::Relaxed) || !was_lost {
            was_lost = true;
            tracing::warn!("Redis does not answer: nodes read the database more often until it does");
        }
        sleep(RETRY_DELAY).await;
    }
}
