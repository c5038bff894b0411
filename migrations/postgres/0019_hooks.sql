-- Incoming webhooks: addresses by which programs post into a room.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- user_id is the bot that its messages are by. secret_hash is null once the hook is revoked: the row stays as long as
-- the room, as the bot's messages do.
CREATE TABLE hooks (
  id BYTEA NOT NULL PRIMARY KEY,
  room_id BYTEA NOT NULL,
  user_id BYTEA NOT NULL REFERENCES users (id),
  by_user_id BYTEA NOT NULL REFERENCES users (id),
  secret_hash BYTEA,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE UNIQUE INDEX hooks_secret ON hooks (secret_hash) WHERE secret_hash IS NOT NULL;
CREATE INDEX hooks_room ON hooks (room_id);
