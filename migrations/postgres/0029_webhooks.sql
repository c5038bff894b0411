-- Webhooks of the server, events that outlive their message, commands of webhooks, silent messages, and jobs that a server had
-- no capacity for.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- How many of a job's claims were no tries.
ALTER TABLE outbox ADD COLUMN deferrals BIGINT NOT NULL DEFAULT 0;

-- A hook whose room_id is all zeros is one of the server. Only an incoming hook has a secret. left_out counts the events that
-- were not queued, as too many waited.
ALTER TABLE hooks RENAME COLUMN hears_bots TO includes_bots;
ALTER TABLE hooks ADD COLUMN revoked_at BIGINT;
ALTER TABLE hooks ADD COLUMN left_out BIGINT NOT NULL DEFAULT 0;
UPDATE hooks SET revoked_at = created_at WHERE secret_hash IS NULL;
UPDATE hooks SET secret_hash = NULL WHERE url IS NOT NULL;
CREATE INDEX hooks_by ON hooks (by_user_id);

-- What an event is about: a message, which may be gone when it is sent, a report, or a room. room_id is null for a report from a
-- direct room or none.
ALTER TABLE deliveries ADD COLUMN room_id BYTEA;
ALTER TABLE deliveries ADD COLUMN message_id BYTEA;
ALTER TABLE deliveries ADD COLUMN seq BIGINT;
ALTER TABLE deliveries ADD COLUMN report_id BYTEA;
UPDATE deliveries SET room_id = (SELECT m.room_id FROM messages m WHERE m.number = message_number),
  message_id = (SELECT m.id FROM messages m WHERE m.number = message_number),
  seq = (SELECT m.seq FROM messages m WHERE m.number = message_number);
ALTER TABLE deliveries DROP COLUMN message_number;

-- Slash commands of outgoing hooks.
CREATE TABLE hook_commands (
  hook_id BYTEA NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  name TEXT COLLATE "C" NOT NULL,
  hint_ko TEXT COLLATE "C" NOT NULL,
  hint_en TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (hook_id, name)
);

-- Addresses at which a program answers a command later, for a short time.
CREATE TABLE command_answers (
  secret_hash BYTEA NOT NULL PRIMARY KEY,
  hook_id BYTEA NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  room_id BYTEA NOT NULL,
  user_id BYTEA NOT NULL,
  uses BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX command_answers_ends ON command_answers (ends_at);
CREATE INDEX command_answers_hook ON command_answers (hook_id);

-- A silent message notifies nobody.
ALTER TABLE messages ADD COLUMN is_silent BIGINT NOT NULL DEFAULT 0;
