-- Admins are few: whoever chooses a name is told at once whether one of them has it.
--
-- Its twin in migrations/sqlite has the same tables, columns and indexes; a test compares them.
CREATE INDEX users_admins ON users (is_admin) WHERE is_admin = 1;
