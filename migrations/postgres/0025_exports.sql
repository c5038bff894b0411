-- Archives of users' own data: asked for, made by a job, and kept for some days under the hash of their bytes.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
CREATE TABLE exports (
  user_id BYTEA NOT NULL PRIMARY KEY REFERENCES users (id),
  requested_at BIGINT NOT NULL,
  hash TEXT COLLATE "C",
  size BIGINT,
  ends_at BIGINT
);
CREATE INDEX exports_hash ON exports (hash) WHERE hash IS NOT NULL;
