-- Several servers (nodes) may share one database, a PostgreSQL; in SQLite these tables stay empty.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- A running server. heartbeat grows while it runs; others watch it. seen_at is for people only.
CREATE TABLE nodes (
  id BIGINT NOT NULL PRIMARY KEY,
  run_id TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  heartbeat BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);

-- What each transaction published, as JSON. number is the order of the commits, without a gap.
CREATE TABLE published_facts (
  number BIGINT NOT NULL PRIMARY KEY,
  node_id BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  facts TEXT COLLATE "C" NOT NULL
);

-- Contents that a node stores or removes now: none is removed while another node stores it.
CREATE TABLE file_claims (
  id TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  node_id BIGINT NOT NULL,
  is_removal BIGINT NOT NULL,
  PRIMARY KEY (id, hash)
);

CREATE INDEX file_claims_hash ON file_claims (hash);
