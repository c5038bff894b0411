-- Outgoing webhooks: addresses that are told what happens in a room.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- A hook with a url is an outgoing one. events are names with spaces between them. failures counts those since the last
-- success.
ALTER TABLE hooks ADD COLUMN url TEXT COLLATE "C";
ALTER TABLE hooks ADD COLUMN events TEXT COLLATE "C";
ALTER TABLE hooks ADD COLUMN signing_key TEXT COLLATE "C";
ALTER TABLE hooks ADD COLUMN hears_bots BIGINT NOT NULL DEFAULT 0;
ALTER TABLE hooks ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE hooks ADD COLUMN paused_at BIGINT;

-- What was or is to be sent: the event and the message, whose text is read when it is sent. status is the last answer's.
CREATE TABLE deliveries (
  id BYTEA NOT NULL PRIMARY KEY,
  hook_id BYTEA NOT NULL REFERENCES hooks (id),
  event TEXT COLLATE "C" NOT NULL,
  message_number BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  status BIGINT,
  why TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);

CREATE INDEX deliveries_hook ON deliveries (hook_id, id);
CREATE INDEX deliveries_created ON deliveries (created_at);
