-- Accounts with a profile, one-time links, API keys, blocks; room settings and invites; reactions,
-- mentions and pins.
--
-- The files in migrations/postgres have the same tables, columns and indexes; a test compares them.

-- name_folded is the name as it is compared, name_initials its initial consonants (ㅎㄱㄷ of 홍길동); the
-- code that writes the name writes both. A deleted user keeps the row and nothing else, so that
-- their messages keep their sender. For existing users SQL folds the name as well as it can, until
-- they choose another one.
ALTER TABLE users ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN name_initials TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN bio TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN is_admin INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN hides_presence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN seen_at INTEGER;
ALTER TABLE users ADD COLUMN key_id BLOB;
ALTER TABLE users ADD COLUMN external_id TEXT;
ALTER TABLE users ADD COLUMN deleted_at INTEGER;

UPDATE users SET name_folded = lower(name);

CREATE INDEX users_name ON users (name_folded, id);
CREATE INDEX users_picture ON users (picture) WHERE picture IS NOT NULL;
CREATE UNIQUE INDEX users_external ON users (key_id, external_id) WHERE external_id IS NOT NULL;

-- One-time links: a new password, the first admin. The hash is that of the code in the link.
CREATE TABLE links (
  code_hash BLOB NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  user_id BLOB REFERENCES users (id),
  created_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) WITHOUT ROWID;

-- API keys of servers that bring their own users.
CREATE TABLE keys (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  key_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) WITHOUT ROWID;

CREATE UNIQUE INDEX keys_hash ON keys (key_hash);

CREATE TABLE blocks (
  user_id BLOB NOT NULL REFERENCES users (id),
  blocked_id BLOB NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, blocked_id)
) WITHOUT ROWID;

-- direct_pair names the two users of a direct room, so that there is only one for each pair.
-- history is 'all' or 'joined': whether a member sees messages from before they joined.
ALTER TABLE rooms ADD COLUMN is_listed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE rooms ADD COLUMN slow_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN history TEXT NOT NULL DEFAULT 'all';
ALTER TABLE rooms ADD COLUMN direct_pair TEXT;

CREATE UNIQUE INDEX rooms_direct ON rooms (direct_pair) WHERE direct_pair IS NOT NULL;

-- said_at is written only in slow mode.
ALTER TABLE members ADD COLUMN said_at INTEGER;

-- The code is stored itself, because the creator of an invite may look at it again. uses_left is
-- null for unlimited uses.
CREATE TABLE invites (
  code TEXT NOT NULL PRIMARY KEY,
  room_id BLOB NOT NULL REFERENCES rooms (id),
  by_user_id BLOB NOT NULL REFERENCES users (id),
  uses_left INTEGER,
  ends_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX invites_room ON invites (room_id);

-- The latest bans first, page by page.
CREATE INDEX bans_created ON bans (room_id, created_at, user_id);

-- Deleted rooms, kept for a while so that a request gets a clear answer. The room's row goes at
-- once, its content a few hundred rows at a time; is_swept says that nothing of it is left.
CREATE TABLE tombstones (
  room_id BLOB NOT NULL PRIMARY KEY,
  removed_at INTEGER NOT NULL,
  is_swept INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE INDEX tombstones_removed ON tombstones (removed_at);
CREATE INDEX tombstones_left ON tombstones (room_id) WHERE is_swept = 0;

-- mentions holds the ids of mentioned users, '*' for everybody, separated by spaces; reaction_count
-- says whether the reactions table has rows; preview is small JSON of a link's page.
ALTER TABLE messages ADD COLUMN mentions TEXT;
ALTER TABLE messages ADD COLUMN reaction_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN pinned_at INTEGER;
ALTER TABLE messages ADD COLUMN preview TEXT;

CREATE INDEX messages_pinned ON messages (room_id, pinned_at) WHERE pinned_at IS NOT NULL;

-- Like messages and files these two have no foreign keys; the code that deletes a room deletes
-- them.
CREATE TABLE reactions (
  message_number INTEGER NOT NULL,
  emoji TEXT NOT NULL,
  user_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (message_number, emoji, user_id)
) WITHOUT ROWID;

-- user_id is 16 zero bytes where everybody is mentioned.
CREATE TABLE mentions (
  room_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id, seq)
) WITHOUT ROWID;

-- The thumbnail's own type. A few older rows get a wrong one here, but browsers detect the type of
-- an image from its content.
ALTER TABLE files ADD COLUMN thumb_type TEXT;

UPDATE files SET thumb_type = CASE media_type WHEN 'image/jpeg' THEN 'image/jpeg' ELSE 'image/png' END
WHERE thumb_hash IS NOT NULL;

-- An image that the server encoded. The gallery of a room reads one kind by age; the bytes that a
-- user has stored are summed up from the user index.
ALTER TABLE files ADD COLUMN is_picture INTEGER NOT NULL DEFAULT 0;

UPDATE files SET is_picture = 1 WHERE width IS NOT NULL;

CREATE INDEX files_kind ON files (room_id, is_picture, id);
CREATE INDEX files_user ON files (user_id, message_number, size);
