-- Few messages are ever changed: those that never were have their seq as rev, and are found by it.
--
-- Its twin in migrations/postgres has the same tables, columns and indexes; a test compares them.
DROP INDEX messages_public_rev;
CREATE UNIQUE INDEX messages_changed_rev ON messages (room_id, rev) WHERE to_user_id IS NULL AND rev > seq;

-- The index of words puts its segments together at eight of a size instead of four: that is less work for
-- each message, and a search looks into a few segments more. PostgreSQL has no such number.
INSERT INTO search (search, rank) VALUES ('automerge', 8);
