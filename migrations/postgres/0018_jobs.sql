-- Jobs of the outbox are claimed by the server that runs them, and those that were given up are kept for admins.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- claimed_by is the node that runs the job (0: the only server), and due_at is then when its claim ends.
ALTER TABLE outbox ADD COLUMN claimed_by BIGINT;

-- By kind, so that a kind with a long queue does not hide the others.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (kind, due_at, number) WHERE due_at IS NOT NULL;

CREATE TABLE dead_jobs (
  number BIGINT NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  target BYTEA NOT NULL,
  user_id BYTEA,
  payload TEXT COLLATE "C" NOT NULL,
  tries BIGINT NOT NULL,
  why TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  died_at BIGINT NOT NULL
);

CREATE INDEX dead_jobs_died ON dead_jobs (died_at);
