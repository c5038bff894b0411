-- Why a user is suspended, which is shown at the log-in; and invites to sign up that a command has made, whose by_user_id is null.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

ALTER TABLE users ADD COLUMN suspended_reason TEXT;
ALTER TABLE server_invites ALTER COLUMN by_user_id DROP NOT NULL;
