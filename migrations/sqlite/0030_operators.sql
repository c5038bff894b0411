-- Why a user is suspended, which is shown at the log-in; and invites to sign up that a command has made, whose by_user_id is null.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

ALTER TABLE users ADD COLUMN suspended_reason TEXT;

CREATE TABLE new_server_invites (
  code TEXT NOT NULL PRIMARY KEY,
  by_user_id BLOB REFERENCES users (id),
  uses_left INTEGER,
  ends_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO new_server_invites SELECT code, by_user_id, uses_left, ends_at, created_at FROM server_invites;
DROP TABLE server_invites;
ALTER TABLE new_server_invites RENAME TO server_invites;
