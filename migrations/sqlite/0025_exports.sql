-- Archives of users' own data: asked for, made by a job, and kept for some days under the hash of their bytes.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
CREATE TABLE exports (
  user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
  requested_at INTEGER NOT NULL,
  hash TEXT,
  size INTEGER,
  ends_at INTEGER
) WITHOUT ROWID;
CREATE INDEX exports_hash ON exports (hash) WHERE hash IS NOT NULL;
