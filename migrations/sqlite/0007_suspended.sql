-- When an operator suspended an account; it cannot log in until they lift that.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
ALTER TABLE users ADD COLUMN suspended_at INTEGER;
