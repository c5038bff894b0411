-- Acts of admins, moderators and commands. Rows are only ever added, and each has the hash of the one before.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- by_user_id is null for commands. subject is the id of what was acted on. No texts of users are in it.
CREATE TABLE audit (
  number BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  by_user_id BYTEA,
  action TEXT COLLATE "C" NOT NULL,
  room_id BYTEA,
  subject TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL
);
