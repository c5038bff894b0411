-- Few messages are ever changed. An unchanged message has its seq as rev and is found by seq.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
DROP INDEX messages_public_rev;
CREATE UNIQUE INDEX messages_changed_rev ON messages (room_id, rev) WHERE to_user_id IS NULL AND rev > seq;
