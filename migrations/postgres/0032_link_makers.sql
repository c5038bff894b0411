-- The admin who has made a link; null for the server and for a command.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

ALTER TABLE links ADD COLUMN by_user_id BYTEA REFERENCES users (id);
