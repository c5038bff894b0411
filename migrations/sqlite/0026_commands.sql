-- Slash commands of bots.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

CREATE TABLE commands (
  user_id BLOB NOT NULL REFERENCES bots (user_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hint_ko TEXT NOT NULL,
  hint_en TEXT NOT NULL,
  PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
