-- Acts of admins, moderators and commands. Rows are only ever added, and each has the hash of the one before.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- by_user_id is null for commands. subject is the id of what was acted on. No texts of users are in it.
CREATE TABLE audit (
  number INTEGER NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  by_user_id BLOB,
  action TEXT NOT NULL,
  room_id BLOB,
  subject TEXT NOT NULL,
  hash TEXT NOT NULL
);
