-- Links to sign up are for an address that has no user yet.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

ALTER TABLE links ADD COLUMN email TEXT;
