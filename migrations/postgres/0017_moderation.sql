-- Moderation: reports, hidden messages, members who are muted, bans that end, and who may write in a room.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- When a ban ends by itself; null where it does not.
ALTER TABLE bans ADD COLUMN ends_at BIGINT;

CREATE INDEX bans_end ON bans (ends_at) WHERE ends_at IS NOT NULL;

-- Who may write: all, moderators, owner. Until joins_locked_until nobody new comes in.
ALTER TABLE rooms ADD COLUMN writers TEXT COLLATE "C" NOT NULL DEFAULT 'all';
ALTER TABLE rooms ADD COLUMN joins_locked_until BIGINT;

-- A muted user reads and does not write in a room. It outlives a membership, so that nobody leaves to speak again.
CREATE TABLE mutes (
  room_id BYTEA NOT NULL REFERENCES rooms (id),
  user_id BYTEA NOT NULL REFERENCES users (id),
  by_user_id BYTEA NOT NULL REFERENCES users (id),
  reason TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id)
);

CREATE INDEX mutes_end ON mutes (ends_at);

-- What a hidden message held. The message itself is as one that was deleted, so that no query can show it by mistake; its
-- files keep their rows. by_user_id is null where the word filter hid it.
CREATE TABLE hidden_messages (
  message_number BIGINT NOT NULL PRIMARY KEY,
  room_id BYTEA NOT NULL,
  user_id BYTEA,
  text TEXT COLLATE "C" NOT NULL,
  mentions TEXT COLLATE "C",
  file_count BIGINT NOT NULL,
  by_user_id BYTEA,
  hidden_at BIGINT NOT NULL
);

CREATE INDEX hidden_messages_room ON hidden_messages (room_id);

-- A report of a message, or of a user where message_id is null. by_user_id is null where the word filter reports. context
-- is JSON: the message and some around it, as they were. is_private says that only admins see it: it is of a direct room
-- or a whisper.
CREATE TABLE reports (
  id BYTEA NOT NULL PRIMARY KEY,
  room_id BYTEA,
  message_id BYTEA,
  user_id BYTEA NOT NULL,
  by_user_id BYTEA,
  reason TEXT COLLATE "C" NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  context TEXT COLLATE "C" NOT NULL,
  is_private BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by BYTEA,
  decision TEXT COLLATE "C"
);

CREATE INDEX reports_room ON reports (room_id, id) WHERE room_id IS NOT NULL;
CREATE INDEX reports_open ON reports (by_user_id, user_id) WHERE decided_at IS NULL;
