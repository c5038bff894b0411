-- A direct room that a stranger has opened waits apart until its other user accepts it.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
ALTER TABLE members ADD COLUMN is_request BIGINT NOT NULL DEFAULT 0;
