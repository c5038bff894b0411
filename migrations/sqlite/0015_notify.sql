-- How much each room notifies a member, and the hours in which a user is not notified: minutes of their local day.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
ALTER TABLE members ADD COLUMN notify TEXT NOT NULL DEFAULT 'all';
ALTER TABLE users ADD COLUMN quiet_from INTEGER;
ALTER TABLE users ADD COLUMN quiet_until INTEGER;
ALTER TABLE users ADD COLUMN quiet_minutes_east INTEGER;
