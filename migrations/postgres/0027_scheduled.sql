-- Messages that are sent later, and reminders.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- One of the kind 'message' is sent when it is due; one of the kind 'reminder' is whispered to its user. local_time and zone are
-- what the user has chosen, due_at is the moment that follows from them. reply_to is a seq of the room. refused is the
-- error code with which it could not be sent: then it is a draft. The room may be gone.
CREATE TABLE scheduled_messages (
  id BYTEA NOT NULL PRIMARY KEY,
  user_id BYTEA NOT NULL REFERENCES users (id),
  room_id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  reply_to BIGINT,
  local_time TEXT COLLATE "C" NOT NULL,
  zone TEXT COLLATE "C" NOT NULL,
  due_at BIGINT NOT NULL,
  lang TEXT COLLATE "C" NOT NULL,
  refused TEXT COLLATE "C",
  created_at BIGINT NOT NULL
);

CREATE INDEX scheduled_messages_user ON scheduled_messages (user_id, due_at);
