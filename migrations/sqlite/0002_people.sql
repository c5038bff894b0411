-- Accounts with a profile, one-time links, server keys, blocks; rooms with more settings and invites;
-- messages with reactions, mentions and pins.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- name_folded is the name as it is compared, name_initials its first consonants (ㅎㄱㄷ of 홍길동);
-- both are written with the name. A deleted user keeps an empty row, so that their messages keep
-- their place. Existing users are folded as well as SQL can, until they choose another name.
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

-- One-time links: a new password, the first admin. The hash is of the code in the link.
CREATE TABLE links (
  code_hash BLOB NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  user_id BLOB REFERENCES users (id),
  created_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Server keys: other servers bring their own users with them.
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

-- direct_pair names the two users of a direct room, so that there is one for each pair. history is
-- 'all' or 'joined': what a member may see from before they joined.
ALTER TABLE rooms ADD COLUMN is_listed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE rooms ADD COLUMN slow_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN history TEXT NOT NULL DEFAULT 'all';
ALTER TABLE rooms ADD COLUMN direct_pair TEXT;

CREATE UNIQUE INDEX rooms_direct ON rooms (direct_pair) WHERE direct_pair IS NOT NULL;

-- said_at is written only in slow mode.
ALTER TABLE members ADD COLUMN said_at INTEGER;

-- code is stored in clear, because its creator may read it again. uses_left is null if unlimited.
CREATE TABLE invites (
  code TEXT NOT NULL PRIMARY KEY,
  room_id BLOB NOT NULL REFERENCES rooms (id),
  by_user_id BLOB NOT NULL REFERENCES users (id),
  uses_left INTEGER,
  ends_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX invites_room ON invites (room_id);

-- Bans are listed newest first, in pages.
CREATE INDEX bans_created ON bans (room_id, created_at, user_id);

-- Removed rooms, kept for a while so that requests get `gone`. The room is removed at once, its content
-- a few hundred rows at a time; is_swept says that nothing is left.
CREATE TABLE tombstones (
  room_id BLOB NOT NULL PRIMARY KEY,
  removed_at INTEGER NOT NULL,
  is_swept INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE INDEX tombstones_removed ON tombstones (removed_at);
CREATE INDEX tombstones_left ON tombstones (room_id) WHERE is_swept = 0;

-- mentions holds the ids of mentioned users, '*' for everyone, separated by spaces; reaction_count
-- says whether there are rows in reactions; preview is small JSON about a linked page.
ALTER TABLE messages ADD COLUMN mentions TEXT;
ALTER TABLE messages ADD COLUMN reaction_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN pinned_at INTEGER;
ALTER TABLE messages ADD COLUMN preview TEXT;

CREATE INDEX messages_pinned ON messages (room_id, pinned_at) WHERE pinned_at IS NOT NULL;

-- Like messages and files, these two have no foreign keys; the code that removes a room removes them.
CREATE TABLE reactions (
  message_number INTEGER NOT NULL,
  emoji TEXT NOT NULL,
  user_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (message_number, emoji, user_id)
) WITHOUT ROWID;

-- user_id is 16 zero bytes where everyone is mentioned.
CREATE TABLE mentions (
  room_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id, seq)
) WITHOUT ROWID;

-- The thumbnail's own type. For a few existing rows it is wrong, which does no harm: browsers read
-- the type from the content.
ALTER TABLE files ADD COLUMN thumb_type TEXT;

UPDATE files SET thumb_type = CASE media_type WHEN 'image/jpeg' THEN 'image/jpeg' ELSE 'image/png' END
WHERE thumb_hash IS NOT NULL;

-- An image that we encoded. The gallery of a room reads one kind by age; the storage a user takes is
-- summed from the index files_user alone.
ALTER TABLE files ADD COLUMN is_picture INTEGER NOT NULL DEFAULT 0;

UPDATE files SET is_picture = 1 WHERE width IS NOT NULL;

CREATE INDEX files_kind ON files (room_id, is_picture, id);
CREATE INDEX files_user ON files (user_id, message_number, size);
