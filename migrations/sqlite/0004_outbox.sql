-- Work outside the database after a commit. A row is written in the transaction of the act and removed
-- when its work is done or given up.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- number is the order. Without AUTOINCREMENT the number of a removed row could be reused, and a worker
-- still busy with the first row would remove the second.
-- target is the id within which order is kept: the message of a preview. due_at is the time of the next
-- attempt, and null while an earlier row of the same target is not done. So what is due is one range of
-- outbox_due, however much waits behind a failing target. user_id is set where pending work is counted
-- per user.
CREATE TABLE outbox (
  number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  target BLOB NOT NULL,
  user_id BLOB,
  payload TEXT NOT NULL,
  tries INTEGER NOT NULL,
  due_at INTEGER,
  created_at INTEGER NOT NULL
);

CREATE INDEX outbox_due ON outbox (due_at, number) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_target ON outbox (kind, target, number);
CREATE INDEX outbox_user ON outbox (user_id, kind) WHERE user_id IS NOT NULL;
