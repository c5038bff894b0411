-- What admins do with rooms, users and sign-ups.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- Nobody joins or writes in a closed room; its members may read it.
ALTER TABLE rooms ADD COLUMN closed_at BIGINT;

-- When a suspension ends by itself; null where it does not.
ALTER TABLE users ADD COLUMN suspended_until BIGINT;

CREATE INDEX users_suspended ON users (suspended_until) WHERE suspended_until IS NOT NULL;

-- Invites to sign up. code is stored in clear, because admins may read it again. uses_left is null if unlimited.
CREATE TABLE server_invites (
  code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  by_user_id BYTEA NOT NULL REFERENCES users (id),
  uses_left BIGINT,
  ends_at BIGINT,
  created_at BIGINT NOT NULL
);
