-- Accounts with a profile, one-time links, server keys, blocks; rooms with more settings and invites;
-- messages with reactions, mentions and pins.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- name_folded is the name as it is compared, name_initials its first consonants (ㅎㄱㄷ of 홍길동);
-- both are written with the name. A deleted user keeps an empty row, so that their messages keep
-- their place. Existing users are folded as well as SQL can, until they choose another name.
ALTER TABLE users ADD COLUMN name_folded TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN name_initials TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN bio TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN is_admin BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN hides_presence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN seen_at BIGINT;
ALTER TABLE users ADD COLUMN key_id BYTEA;
ALTER TABLE users ADD COLUMN external_id TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

UPDATE users SET name_folded = lower(name);

CREATE INDEX users_name ON users (name_folded, id);
CREATE INDEX users_picture ON users (picture) WHERE picture IS NOT NULL;
CREATE UNIQUE INDEX users_external ON users (key_id, external_id) WHERE external_id IS NOT NULL;

-- One-time links: a new password, the first admin. The hash is of the code in the link.
CREATE TABLE links (
  code_hash BYTEA NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  user_id BYTEA REFERENCES users (id),
  created_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);

-- Server keys: other servers bring their own users with them.
CREATE TABLE keys (
  id BYTEA NOT NULL PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  key_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);

CREATE UNIQUE INDEX keys_hash ON keys (key_hash);

CREATE TABLE blocks (
  user_id BYTEA NOT NULL REFERENCES users (id),
  blocked_id BYTEA NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, blocked_id)
);

-- direct_pair names the two users of a direct room, so that there is one for each pair. history is
-- 'all' or 'joined': what a member may see from before they joined.
ALTER TABLE rooms ADD COLUMN is_listed BIGINT NOT NULL DEFAULT 1;
ALTER TABLE rooms ADD COLUMN slow_seconds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN history TEXT COLLATE "C" NOT NULL DEFAULT 'all';
ALTER TABLE rooms ADD COLUMN direct_pair TEXT COLLATE "C";

CREATE UNIQUE INDEX rooms_direct ON rooms (direct_pair) WHERE direct_pair IS NOT NULL;

-- said_at is written only in slow mode.
ALTER TABLE members ADD COLUMN said_at BIGINT;

-- code is stored in clear, because its creator may read it again. uses_left is null if unlimited.
CREATE TABLE invites (
  code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  room_id BYTEA NOT NULL REFERENCES rooms (id),
  by_user_id BYTEA NOT NULL REFERENCES users (id),
  uses_left BIGINT,
  ends_at BIGINT,
  created_at BIGINT NOT NULL
);

CREATE INDEX invites_room ON invites (room_id);

-- Bans are listed newest first, in pages.
CREATE INDEX bans_created ON bans (room_id, created_at, user_id);

-- Removed rooms, kept for a while so that requests get `gone`. The room is removed at once, its content
-- a few hundred rows at a time; is_swept says that nothing is left.
CREATE TABLE tombstones (
  room_id BYTEA NOT NULL PRIMARY KEY,
  removed_at BIGINT NOT NULL,
  is_swept BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX tombstones_removed ON tombstones (removed_at);
CREATE INDEX tombstones_left ON tombstones (room_id) WHERE is_swept = 0;

-- mentions holds the ids of mentioned users, '*' for everyone, separated by spaces; reaction_count
-- says whether there are rows in reactions; preview is small JSON about a linked page.
ALTER TABLE messages ADD COLUMN mentions TEXT COLLATE "C";
ALTER TABLE messages ADD COLUMN reaction_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN pinned_at BIGINT;
ALTER TABLE messages ADD COLUMN preview TEXT COLLATE "C";

CREATE INDEX messages_pinned ON messages (room_id, pinned_at) WHERE pinned_at IS NOT NULL;

-- Like messages and files, these two have no foreign keys; the code that removes a room removes them.
CREATE TABLE reactions (
  message_number BIGINT NOT NULL,
  emoji TEXT COLLATE "C" NOT NULL,
  user_id BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (message_number, emoji, user_id)
);

-- user_id is 16 zero bytes where everyone is mentioned.
CREATE TABLE mentions (
  room_id BYTEA NOT NULL,
  user_id BYTEA NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id, seq)
);

-- The thumbnail's own type. For a few existing rows it is wrong, which does no harm: browsers read
-- the type from the content.
ALTER TABLE files ADD COLUMN thumb_type TEXT COLLATE "C";

UPDATE files SET thumb_type = CASE media_type WHEN 'image/jpeg' THEN 'image/jpeg' ELSE 'image/png' END
WHERE thumb_hash IS NOT NULL;

-- An image that we encoded. The gallery of a room reads one kind by age; the storage a user takes is
-- summed from the index files_user alone.
ALTER TABLE files ADD COLUMN is_picture BIGINT NOT NULL DEFAULT 0;

UPDATE files SET is_picture = 1 WHERE width IS NOT NULL;

CREATE INDEX files_kind ON files (room_id, is_picture, id);
CREATE INDEX files_user ON files (user_id, message_number, size);
