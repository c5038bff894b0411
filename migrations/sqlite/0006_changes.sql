-- Few messages are ever changed. A message that never was has its seq as rev, and is found by seq.
--
-- The files in migrations/postgres have the same tables, columns and indexes; a test compares them.
DROP INDEX messages_public_rev;
CREATE UNIQUE INDEX messages_changed_rev ON messages (room_id, rev) WHERE to_user_id IS NULL AND rev > seq;

-- The search index merges its segments at eight of a size instead of four: that is less work for
-- each message, while a search reads a few segments more. PostgreSQL has no such setting.
INSERT INTO search (search, rank) VALUES ('automerge', 8);
