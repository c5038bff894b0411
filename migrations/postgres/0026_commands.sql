-- Slash commands of bots.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

CREATE TABLE commands (
  user_id BYTEA NOT NULL REFERENCES bots (user_id) ON DELETE CASCADE,
  name TEXT COLLATE "C" NOT NULL,
  hint_ko TEXT COLLATE "C" NOT NULL,
  hint_en TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, name)
);
