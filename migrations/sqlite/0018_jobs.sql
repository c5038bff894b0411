-- Jobs of the outbox are claimed by the server that runs them, and those that were given up are kept for admins.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- claimed_by is the node that runs the job (0: the only server), and due_at is then when its claim ends.
ALTER TABLE outbox ADD COLUMN claimed_by INTEGER;

-- By kind, so that a kind with a long queue does not hide the others.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (kind, due_at, number) WHERE due_at IS NOT NULL;

CREATE TABLE dead_jobs (
  number INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  target BLOB NOT NULL,
  user_id BLOB,
  payload TEXT NOT NULL,
  tries INTEGER NOT NULL,
  why TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL
);

CREATE INDEX dead_jobs_died ON dead_jobs (died_at);
