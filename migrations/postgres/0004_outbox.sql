-- Work outside the database after a commit. A row is written in the transaction of the act and removed
-- when its work is done or given up.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- number is the order.
-- target is the id within which order is kept: the message of a preview. due_at is the time of the next
-- attempt, and null while an earlier row of the same target is not done. So what is due is one range of
-- outbox_due, however much waits behind a failing target. user_id is set where pending work is counted
-- per user.
CREATE TABLE outbox (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  target BYTEA NOT NULL,
  user_id BYTEA,
  payload TEXT COLLATE "C" NOT NULL,
  tries BIGINT NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL
);

CREATE INDEX outbox_due ON outbox (due_at, number) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_target ON outbox (kind, target, number);
CREATE INDEX outbox_user ON outbox (user_id, kind) WHERE user_id IS NOT NULL;
