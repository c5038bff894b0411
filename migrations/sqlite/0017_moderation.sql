-- Moderation: reports, hidden messages, members who are muted, bans that end, and who may write in a room.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- When a ban ends by itself; null where it does not.
ALTER TABLE bans ADD COLUMN ends_at INTEGER;

CREATE INDEX bans_end ON bans (ends_at) WHERE ends_at IS NOT NULL;

-- Who may write: all, moderators, owner. Until joins_locked_until nobody new comes in.
ALTER TABLE rooms ADD COLUMN writers TEXT NOT NULL DEFAULT 'all';
ALTER TABLE rooms ADD COLUMN joins_locked_until INTEGER;

-- A muted user reads and does not write in a room. It outlives a membership, so that nobody leaves to speak again.
CREATE TABLE mutes (
  room_id BLOB NOT NULL REFERENCES rooms (id),
  user_id BLOB NOT NULL REFERENCES users (id),
  by_user_id BLOB NOT NULL REFERENCES users (id),
  reason TEXT,
  created_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id)
) WITHOUT ROWID;

CREATE INDEX mutes_end ON mutes (ends_at);

-- What a hidden message held. The message itself is as one that was deleted, so that no query can show it by mistake; its
-- files keep their rows. by_user_id is null where the word filter hid it.
CREATE TABLE hidden_messages (
  message_number INTEGER NOT NULL PRIMARY KEY,
  room_id BLOB NOT NULL,
  user_id BLOB,
  text TEXT NOT NULL,
  mentions TEXT,
  file_count INTEGER NOT NULL,
  by_user_id BLOB,
  hidden_at INTEGER NOT NULL
);

CREATE INDEX hidden_messages_room ON hidden_messages (room_id);

-- A report of a message, or of a user where message_id is null. by_user_id is null where the word filter reports. context
-- is JSON: the message and some around it, as they were. is_private says that only admins see it: it is of a direct room
-- or a whisper.
CREATE TABLE reports (
  id BLOB NOT NULL PRIMARY KEY,
  room_id BLOB,
  message_id BLOB,
  user_id BLOB NOT NULL,
  by_user_id BLOB,
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  context TEXT NOT NULL,
  is_private INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by BLOB,
  decision TEXT
) WITHOUT ROWID;

CREATE INDEX reports_room ON reports (room_id, id) WHERE room_id IS NOT NULL;
CREATE INDEX reports_open ON reports (by_user_id, user_id) WHERE decided_at IS NULL;
