//! pgbench with the rows of a message: what PostgreSQL does without Madang.

use std::process::Command;
use std::time::Duration;

use testkit::postgres::Cluster;

use crate::Outcome;
use crate::process::{Folder, on_all_cores};

/// One row of a room for each two clients, as in the rooms of the other figures.
const TABLES: &str = "
    CREATE TABLE rooms (id bigint PRIMARY KEY, rev bigint NOT NULL, epoch text NOT NULL, active_at bigint NOT NULL);
    CREATE TABLE messages (number bigserial PRIMARY KEY, id bytea NOT NULL, room_id bigint NOT NULL, rev bigint NOT NULL,
        user_id bigint NOT NULL, key text NOT NULL, text text NOT NULL, created_at bigint NOT NULL);
    CREATE UNIQUE INDEX messages_rev ON messages (room_id, rev);
    CREATE UNIQUE INDEX messages_key ON messages (user_id, key);
    CREATE TABLE search (number bigint PRIMARY KEY, words tsvector NOT NULL);
    CREATE INDEX search_words ON search USING gin (words);
    INSERT INTO rooms SELECT number, 0, 'epoch', 0 FROM generate_series(0, 99) number;";
const TRANSACTION: &str = r"
\set room :client_id / 2
BEGIN;
UPDATE rooms SET rev = rev + 1 WHERE id = :room RETURNING rev \gset
INSERT INTO messages (id, room_id, rev, user_id, key, text, created_at)
  VALUES (decode(md5(random()::text), 'hex'), :room, :rev, :client_id, 'k' || :rev, 'Are you coming to the courtyard tonight?', :rev)
  RETURNING number \gset
INSERT INTO search VALUES (:number, array_to_tsvector(string_to_array('are you coming to the courtyard tonight', ' ')));
COMMIT;
";

/// Returns transactions a second of so many connections.
pub(super) fn transactions(database: &Cluster, connections: usize, window: Duration) -> Outcome<f64> {
    database.run("postgres", "CREATE DATABASE pgbench");
    database.run("pgbench", TABLES);
    let folder = Folder::new()?;
    let script = folder.0.join("message.sql");
    std::fs::write(&script, TRANSACTION)?;
    let mut command = Command::new("pgbench");
    command.args(["-h", "127.0.0.1", "-U", "postgres", "-n", "-M", "prepared", "-p"]).arg(database.port().to_string());
    command.arg("-c").arg(connections.to_string()).arg("-T").arg(window.as_secs().to_string()).arg("-f").arg(&script);
    let output = on_all_cores(|| command.arg("pgbench").output())?;
    let output = output.map_err(|error| format!("cannot start pgbench (run: scripts/setup.sh): {error}"))?;
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.ok_or_else(|| format!("pgbench failed: {error}").into())
}
