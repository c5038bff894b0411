-- Several servers (nodes) may share one database, a PostgreSQL; in SQLite these tables stay empty.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- A running server. heartbeat grows while it runs; others watch it. seen_at is for people only.
CREATE TABLE nodes (
  id INTEGER NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL,
  url TEXT NOT NULL,
  version TEXT NOT NULL,
  heartbeat INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
);

-- What each transaction published, as JSON. number is the order of the commits, without a gap.
CREATE TABLE published_facts (
  number INTEGER NOT NULL PRIMARY KEY,
  node_id INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  facts TEXT NOT NULL
);

-- Contents that a node stores or removes now: none is removed while another node stores it.
CREATE TABLE file_claims (
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  node_id INTEGER NOT NULL,
  is_removal INTEGER NOT NULL,
  PRIMARY KEY (id, hash)
);

CREATE INDEX file_claims_hash ON file_claims (hash);
