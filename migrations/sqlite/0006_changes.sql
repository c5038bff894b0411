-- Few messages are ever changed. An unchanged message has its seq as rev and is found by seq.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
DROP INDEX messages_public_rev;
CREATE UNIQUE INDEX messages_changed_rev ON messages (room_id, rev) WHERE to_user_id IS NULL AND rev > seq;

-- The search index merges eight segments of a size instead of four: less work for each message, and a
-- search reads a few more segments. PostgreSQL has no such setting.
INSERT INTO search (search, rank) VALUES ('automerge', 8);
