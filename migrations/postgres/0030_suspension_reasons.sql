-- Why a user is suspended; it is shown at the log-in.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

ALTER TABLE users ADD COLUMN suspended_reason TEXT;
