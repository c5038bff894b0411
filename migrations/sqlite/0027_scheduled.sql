-- Messages that are sent later, and reminders.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- One of the kind 'message' is sent when it is due; one of the kind 'reminder' is whispered to its user. local_time and zone are
-- what the user has chosen, due_at is the moment that follows from them. reply_to is a seq of the room. refused is the
-- error code with which it could not be sent: then it is a draft. The room may be gone.
CREATE TABLE scheduled_messages (
  id BLOB NOT NULL PRIMARY KEY,
  user_id BLOB NOT NULL REFERENCES users (id),
  room_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  reply_to INTEGER,
  local_time TEXT NOT NULL,
  zone TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  lang TEXT NOT NULL,
  refused TEXT,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX scheduled_messages_user ON scheduled_messages (user_id, due_at);
