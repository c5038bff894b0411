-- Incoming webhooks: addresses by which programs post into a room.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- user_id is the bot that its messages are by. secret_hash is null once the hook is revoked: the row stays as long as
-- the room, as the bot's messages do.
CREATE TABLE hooks (
  id BLOB NOT NULL PRIMARY KEY,
  room_id BLOB NOT NULL,
  user_id BLOB NOT NULL REFERENCES users (id),
  by_user_id BLOB NOT NULL REFERENCES users (id),
  secret_hash BLOB,
  created_at INTEGER NOT NULL,
  used_at INTEGER
);

CREATE UNIQUE INDEX hooks_secret ON hooks (secret_hash) WHERE secret_hash IS NOT NULL;
CREATE INDEX hooks_room ON hooks (room_id);
