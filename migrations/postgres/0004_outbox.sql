-- What is to happen outside of the store once an act is committed: it is written in the transaction
-- of the act, and goes when it has happened or is given up.
--
-- Its twin in migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- number is the order.
-- target is the id of that within which order is kept: the message of a preview. due_at is when to try
-- next, and null while an earlier row of the same target is not done: so what is due is one range of
-- outbox_due, however much waits behind a target that does not answer. user_id is the person whose act
-- it was, where what waits is counted for each.
CREATE TABLE outbox (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind TEXT NOT NULL,
  target BYTEA NOT NULL,
  user_id BYTEA,
  payload TEXT NOT NULL,
  tries BIGINT NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL
);

CREATE INDEX outbox_due ON outbox (due_at, number) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_target ON outbox (kind, target, number);
CREATE INDEX outbox_user ON outbox (user_id, kind) WHERE user_id IS NOT NULL;
