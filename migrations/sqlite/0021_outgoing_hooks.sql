-- Outgoing webhooks: addresses that are told what happens in a room.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- A hook with a url is an outgoing one. events are names with spaces between them. failures counts those since the last
-- success.
ALTER TABLE hooks ADD COLUMN url TEXT;
ALTER TABLE hooks ADD COLUMN events TEXT;
ALTER TABLE hooks ADD COLUMN signing_key TEXT;
ALTER TABLE hooks ADD COLUMN hears_bots INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hooks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hooks ADD COLUMN paused_at INTEGER;

-- What was or is to be sent: the event and the message, whose text is read when it is sent. status is the last answer's.
CREATE TABLE deliveries (
  id BLOB NOT NULL PRIMARY KEY,
  hook_id BLOB NOT NULL REFERENCES hooks (id),
  event TEXT NOT NULL,
  message_number INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  status INTEGER,
  why TEXT,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
);

CREATE INDEX deliveries_hook ON deliveries (hook_id, id);
CREATE INDEX deliveries_created ON deliveries (created_at);
