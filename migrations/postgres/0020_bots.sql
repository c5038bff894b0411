-- Bots: users of kind 'bot' that belong to an account. Their keys are sessions.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- rights are names with spaces between them.
CREATE TABLE bots (
  user_id BYTEA NOT NULL PRIMARY KEY REFERENCES users (id),
  owner_id BYTEA NOT NULL REFERENCES users (id),
  rights TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX bots_owner ON bots (owner_id);
