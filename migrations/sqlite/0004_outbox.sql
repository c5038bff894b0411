-- What is to happen outside of the store once an act is committed: it is written in the transaction
-- of the act, and goes when it has happened or is given up.
--
-- Its twin in migrations/postgres has the same tables, columns and indexes; a test compares them.

-- number is the order. Without AUTOINCREMENT the number of a row that is gone could be given to
-- another, and who is still at work on the first would end the second.
-- target is the id of that within which order is kept: the message of a preview. due_at is when to try
-- next, and null while an earlier row of the same target is not done: so what is due is one range of
-- outbox_due, however much waits behind a target that does not answer. user_id is the person whose act
-- it was, where what waits is counted for each.
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
