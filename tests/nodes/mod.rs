//! Several servers on one PostgreSQL, with Redis and without.

mod fault;
mod job;
mod polling;
mod story;

use std::sync::Arc;
use std::time::Duration;

use madang::config::{Config, NodeConfig};
use madang::secret::Secret;
use testkit::postgres::Database;
use testkit::redis::Redis;

use crate::support::{App, Client, ConnectOptions, Person, Room};

type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;

/// Servers of one instance.
struct Nodes {
    apps: Vec<App>,
    database: Arc<Database>,
    redis: Option<String>,
    change: Change,
}

/// Shortens the periods that tests wait for.
fn config(redis: Option<&str>) -> NodeConfig {
    NodeConfig {
        redis: redis.map(Secret::new),
        heartbeat: Duration::from_millis(100),
        // Longer than a loaded machine stops a process for.
        node_timeout: Duration::from_secs(3),
        announce_interval: Duration::from_millis(10),
        ..NodeConfig::default()
    }
}

impl Nodes {
    async fn start(count: usize, redis: Option<&Redis>) -> Self {
        Self::start_with(count, redis, |_| {}).await
    }

    /// Starts servers with other settings.
    async fn start_with(
        count: usize,
        redis: Option<&Redis>,
        change: impl Fn(&mut Config) + Send + Sync + 'static,
    ) -> Self {
        let (redis, database) = (redis.map(Redis::url), Arc::new(Database::new()));
        let mut nodes = Self { apps: Vec::new(), database, redis, change: Arc::new(change) };
        for _ in 0..count {
            nodes.add().await;
        }
        nodes
    }

    /// Starts one more.
    async fn add(&mut self) {
        let (redis, change) = (self.redis.clone(), Arc::clone(&self.change));
        let change = move |config: &mut Config| {
            config.nodes = Some(self::config(redis.as_deref()));
            config.exit_grace = Duration::from_millis(300);
            change(config);
        };
        let app = App::on(Some(Arc::clone(&self.database)), Arc::new(change)).await;
        assert_eq!(app.get("/readyz").send().await.status, 200);
        self.apps.push(app);
    }

    fn node(&self, number: usize) -> &App {
        &self.apps[number % self.apps.len()]
    }

    /// Opens a member's socket on a node.
    async fn enter(&self, number: usize, who: &Person, room: &Room) -> Client {
        let client = self.node(number).open_socket(ConnectOptions::of(who).room(room)).await;
        client.take("joined").await;
        client
    }
}
