-- Admins are few. A new name is compared with theirs, so that nobody can imitate an admin.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
CREATE INDEX users_admins ON users (is_admin) WHERE is_admin = 1;
