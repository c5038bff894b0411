-- Few messages are ever changed: those that never were have their seq as rev, and are found by it.
--
-- Its twin in migrations/sqlite has the same tables, columns and indexes; a test compares them.
DROP INDEX messages_public_rev;
CREATE UNIQUE INDEX messages_changed_rev ON messages (room_id, rev) WHERE to_user_id IS NULL AND rev > seq;
