-- Retention: for how many days messages and files are kept.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- Days; 0 as the server keeps them. removed_rev is the room's rev when messages went last: a reader who holds less may hold
-- messages that are not stored any more.
ALTER TABLE rooms ADD COLUMN keep_messages_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN keep_files_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN removed_rev BIGINT NOT NULL DEFAULT 0;
