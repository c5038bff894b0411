-- A direct room that a stranger has opened waits apart until its other user accepts it.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
ALTER TABLE members ADD COLUMN is_request INTEGER NOT NULL DEFAULT 0;
