-- Whether a user keeps to themselves how far they have read, and the people whose messages do not notify them.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
ALTER TABLE users ADD COLUMN hides_reads BIGINT NOT NULL DEFAULT 0;

CREATE TABLE notification_mutes (
  user_id BYTEA NOT NULL REFERENCES users (id),
  muted_id BYTEA NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, muted_id)
);
CREATE INDEX notification_mutes_muted ON notification_mutes (muted_id);
