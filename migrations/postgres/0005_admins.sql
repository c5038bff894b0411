-- There are few admins, so a chosen name is compared with all of theirs.
--
-- The files in migrations/sqlite have the same tables, columns and indexes; a test compares them.
CREATE INDEX users_admins ON users (is_admin) WHERE is_admin = 1;
