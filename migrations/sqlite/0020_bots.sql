-- Bots: users of kind 'bot' that belong to an account. Their keys are sessions.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- rights are names with spaces between them.
CREATE TABLE bots (
  user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
  owner_id BLOB NOT NULL REFERENCES users (id),
  rights TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE INDEX bots_owner ON bots (owner_id);
