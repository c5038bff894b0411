-- What admins do with rooms, users and sign-ups.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- Nobody joins or writes in a closed room; its members may read it.
ALTER TABLE rooms ADD COLUMN closed_at INTEGER;

-- When a suspension ends by itself; null where it does not.
ALTER TABLE users ADD COLUMN suspended_until INTEGER;

CREATE INDEX users_suspended ON users (suspended_until) WHERE suspended_until IS NOT NULL;

-- Invites to sign up. code is stored in clear, because admins may read it again. uses_left is null if unlimited.
CREATE TABLE server_invites (
  code TEXT NOT NULL PRIMARY KEY,
  by_user_id BLOB NOT NULL REFERENCES users (id),
  uses_left INTEGER,
  ends_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
