-- The chat: users, sessions, rooms, members, bans, messages, files.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
-- Ids are 16 bytes, big-endian, so that they sort by age. Times are milliseconds since 1970 UTC.
-- Booleans are the integers 0 and 1.

CREATE TABLE meta (
  key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value TEXT COLLATE "C" NOT NULL
);

-- The colour has no column: it is a pure function of the id.
CREATE TABLE users (
  id BYTEA NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  email TEXT COLLATE "C",
  email_folded TEXT COLLATE "C",
  password_hash TEXT COLLATE "C",
  picture TEXT COLLATE "C",
  created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX users_email ON users (email_folded) WHERE email_folded IS NOT NULL;

CREATE TABLE sessions (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  user_id BYTEA NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  agent TEXT COLLATE "C",
  ip TEXT COLLATE "C"
);

CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_seen ON sessions (seen_at);

-- public_rev is the rev of the last change that every member may see; rev counts whispers too.
CREATE TABLE rooms (
  id BYTEA NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  title_folded TEXT COLLATE "C" NOT NULL,
  max BIGINT NOT NULL,
  password_hash TEXT COLLATE "C",
  owner_id BYTEA REFERENCES users (id),
  ephemeral BIGINT NOT NULL,
  member_count BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  public_rev BIGINT NOT NULL,
  epoch TEXT COLLATE "C" NOT NULL,
  active_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX rooms_active ON rooms (active_at, id) WHERE kind = 'open';
CREATE INDEX rooms_ephemeral ON rooms (id) WHERE ephemeral = 1;

CREATE TABLE members (
  room_id BYTEA NOT NULL REFERENCES rooms (id),
  user_id BYTEA NOT NULL REFERENCES users (id),
  role TEXT COLLATE "C" NOT NULL,
  joined_at BIGINT NOT NULL,
  joined_rev BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id)
);

CREATE INDEX members_joined ON members (room_id, joined_at, user_id);
CREATE INDEX members_user ON members (user_id, room_id);

CREATE TABLE bans (
  room_id BYTEA NOT NULL REFERENCES rooms (id),
  user_id BYTEA NOT NULL REFERENCES users (id),
  by_user_id BYTEA NOT NULL REFERENCES users (id),
  reason TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id)
);

-- number is internal to the database; reply_to holds the number of the message replied to. system is
-- small JSON that SQL never reads. Messages and files have no foreign keys: because their indexes are
-- partial, removing a room would scan the whole table for child rows. The code that removes a room
-- removes these in the same transaction.
CREATE TABLE messages (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id BYTEA NOT NULL,
  room_id BYTEA NOT NULL,
  seq BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  user_id BYTEA,
  to_user_id BYTEA,
  text TEXT COLLATE "C" NOT NULL,
  system TEXT COLLATE "C",
  reply_to BIGINT,
  file_count BIGINT NOT NULL,
  key TEXT COLLATE "C",
  edited_at BIGINT,
  deleted_at BIGINT,
  created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE UNIQUE INDEX messages_key ON messages (user_id, key) WHERE key IS NOT NULL;

-- A reader sees three ranges: public messages, whispers to the reader and whispers from the reader.
-- Each has its own index by seq and by rev, so whispers between others never make a page slower.
CREATE UNIQUE INDEX messages_public_seq ON messages (room_id, seq) WHERE to_user_id IS NULL;
CREATE UNIQUE INDEX messages_public_rev ON messages (room_id, rev) WHERE to_user_id IS NULL;
CREATE UNIQUE INDEX messages_received_seq ON messages (room_id, to_user_id, seq) WHERE to_user_id IS NOT NULL;
CREATE UNIQUE INDEX messages_received_rev ON messages (room_id, to_user_id, rev) WHERE to_user_id IS NOT NULL;
CREATE UNIQUE INDEX messages_whispered_seq ON messages (room_id, user_id, seq) WHERE to_user_id IS NOT NULL;
CREATE UNIQUE INDEX messages_whispered_rev ON messages (room_id, user_id, rev) WHERE to_user_id IS NOT NULL;

-- hash and thumb_hash name the stored bytes; several rows may share them. A row without a message
-- is an upload that is not yet attached.
CREATE TABLE files (
  id BYTEA NOT NULL PRIMARY KEY,
  hash TEXT COLLATE "C" NOT NULL,
  thumb_hash TEXT COLLATE "C",
  name TEXT COLLATE "C" NOT NULL,
  media_type TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  width BIGINT,
  height BIGINT,
  animated BIGINT,
  placeholder TEXT COLLATE "C",
  user_id BYTEA NOT NULL,
  room_id BYTEA,
  message_number BIGINT,
  place BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX files_message ON files (message_number, place) WHERE message_number IS NOT NULL;
CREATE INDEX files_pending ON files (created_at) WHERE message_number IS NULL;
CREATE INDEX files_room ON files (room_id) WHERE room_id IS NOT NULL;
CREATE INDEX files_hash ON files (hash);
CREATE INDEX files_thumb_hash ON files (thumb_hash) WHERE thumb_hash IS NOT NULL;
