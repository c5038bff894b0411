-- How much each room notifies a member, and the hours in which a user is not notified: minutes of their local day.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
ALTER TABLE members ADD COLUMN notify TEXT COLLATE "C" NOT NULL DEFAULT 'all';
ALTER TABLE users ADD COLUMN quiet_from BIGINT;
ALTER TABLE users ADD COLUMN quiet_until BIGINT;
ALTER TABLE users ADD COLUMN quiet_minutes_east BIGINT;
