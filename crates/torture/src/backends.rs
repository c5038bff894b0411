//! What several nodes share: a PostgreSQL and a Redis, each behind a proxy.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;
use testkit::postgres::Cluster;
use testkit::redis::Redis;
use tokio::net::TcpListener;

use crate::Result;
use crate::proxy::{Ports, Proxy};

const USER: &str = "postgres";
const DATABASE: &str = "chat";

pub(crate) struct Backends {
    pub(crate) database: Cluster,
    pub(crate) redis: Redis,
    pub(crate) to_database: Proxy,
    pub(crate) to_redis: Proxy,
    /// A port on which nothing listens: the bucket is away, and files are left out.
    bucket_port: u16,
}

/// The columns that the checker reads, by table.
const TABLES: [(&str, &[&str]); 5] = [
    ("hooks", &["room_id", "left_out"]),
    ("rooms", &["id", "rev", "max", "member_count"]),
    ("members", &["room_id", "user_id"]),
    (
        "messages",
        &[
            "room_id",
            "seq",
            "rev",
            "id",
            "user_id",
            "to_user_id",
            "text",
            "kind",
            "key",
            "deleted_at",
            "system",
            "number",
        ],
    ),
    ("files", &["hash", "thumb_hash", "message_number", "place"]),
];

impl Backends {
    pub(crate) async fn start() -> Result<Self> {
        let (database, redis) = tokio::task::spawn_blocking(|| {
            let database = Cluster::start(&[]);
            database.run("postgres", &format!("CREATE DATABASE {DATABASE}"));
            (database, Redis::start())
        })
        .await?;
        let to_database = Proxy::open(Ports::new([database.port()])).await?;
        let to_redis = Proxy::open(Ports::new([redis.port()])).await?;
        let bucket_port = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port();
        Ok(Self { database, redis, to_database, to_redis, bucket_port })
    }

    /// Returns the settings of a node.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", format!("postgres://{USER}@{}/{DATABASE}", self.to_database.address)),
            ("REDIS_URL", format!("redis://{}", self.to_redis.address)),
            ("S3_BUCKET", "none".into()),
            ("S3_ENDPOINT", format!("http://127.0.0.1:{}", self.bucket_port)),
            ("AWS_ACCESS_KEY_ID", "none".into()),
            ("AWS_SECRET_ACCESS_KEY", "none".into()),
        ]
    }

    /// Locks the rooms, and then asks for the lock of the writers. A node that writes meanwhile has that lock and waits for a room,
    /// so one of the two loses.
    pub(crate) fn deadlock(&self) {
        let (database, busiest) = (&self.database, "SELECT id FROM rooms ORDER BY rev DESC LIMIT 1");
        database.run(
            DATABASE,
            &format!(
                "SET deadlock_timeout = '5s'; BEGIN; UPDATE rooms SET max = max WHERE id = ({busiest}); SELECT pg_sleep(0.2);
                 SELECT pg_advisory_xact_lock(x'6d616401'::integer, hashtext(current_schema())); COMMIT"
            ),
        );
    }

    /// Runs a query that counts something.
    pub(crate) fn count(&self, sql: &str) -> Result<i64> {
        let rows = self.database.rows(DATABASE, sql);
        let count = rows.into_iter().flatten().next().flatten().ok_or("nothing was counted")?;
        Ok(count.parse()?)
    }

    /// Copies what the checker reads into a file, in which it is read as that of one server.
    pub(crate) fn copy_to(&self, data: &Path) -> Result<()> {
        for folder in ["files", "incoming"] {
            std::fs::create_dir_all(data.join(folder))?;
        }
        let copy = Connection::open(data.join("madang.db"))?;
        for (table, columns) in TABLES {
            copy.execute_batch(&format!("CREATE TABLE {table} ({})", columns.join(", ")))?;
            let marks: Vec<String> = (1..=columns.len()).map(|number| format!("?{number}")).collect();
            let mut insert = copy.prepare(&format!("INSERT INTO {table} VALUES ({})", marks.join(", ")))?;
            for row in self.database.rows(DATABASE, &format!("SELECT {} FROM {table}", columns.join(", "))) {
                insert.execute(rusqlite::params_from_iter(row.into_iter().map(value)))?;
            }
        }
        Ok(())
    }
}

/// Reads a value as PostgreSQL prints it.
fn value(text: Option<String>) -> Value {
    let Some(text) = text else { return Value::Null };
    if let Some(hex) = text.strip_prefix("\\x") {
        let digits: Vec<u8> =
            hex.bytes().filter_map(|digit| char::from(digit).to_digit(16)).map(|digit| digit as u8).collect();
        return Value::Blob(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect());
    }
    text.parse().map_or(Value::Text(text), Value::Integer)
}
