-- Jobs that a server had no capacity for.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- How many of a job's claims were no tries.
ALTER TABLE outbox ADD COLUMN deferrals BIGINT NOT NULL DEFAULT 0;
