-- Push to browsers that are closed, and mail for what was missed.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.

-- A browser that a push service reaches at endpoint. It ends with its session. public_key and auth are its keys, in base64url;
-- last_error says why the last push failed, and failures counts those in a row.
CREATE TABLE push_subscriptions (
  id BLOB NOT NULL PRIMARY KEY,
  user_id BLOB NOT NULL REFERENCES users (id),
  session BLOB NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
  endpoint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  auth TEXT NOT NULL,
  lang TEXT NOT NULL,
  agent TEXT,
  hides_text INTEGER NOT NULL,
  last_error TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  pushed_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX push_subscriptions_endpoint ON push_subscriptions (endpoint);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_session ON push_subscriptions (session);

-- The last message of the room that a member was notified of, and when; the last that a mail told of.
ALTER TABLE members ADD COLUMN notified_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN notified_at INTEGER;
ALTER TABLE members ADD COLUMN mailed_seq INTEGER NOT NULL DEFAULT 0;

-- After how many minutes away a user gets a mail, and in which language. Only a confirmed address gets any.
ALTER TABLE users ADD COLUMN digest_minutes INTEGER;
ALTER TABLE users ADD COLUMN digest_lang TEXT;
ALTER TABLE users ADD COLUMN email_confirmed_at INTEGER;

CREATE INDEX users_digest ON users (id) WHERE digest_minutes IS NOT NULL;
