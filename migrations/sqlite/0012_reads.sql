-- Unread messages are counted in an index alone: the messages of a room lie far apart, and each costs a page.
-- seq is unique in a room, as it is the room's rev. PostgreSQL holds that too; here a column that is always NULL would make
-- every row differ from the others.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
DROP INDEX messages_public_seq;
CREATE INDEX messages_public_seq ON messages (room_id, seq, kind, user_id, deleted_at, to_user_id)
  WHERE to_user_id IS NULL;

-- The lobby reads no rooms that it does not show.
DROP INDEX rooms_active;
CREATE INDEX rooms_active ON rooms (active_at, id) WHERE kind = 'open' AND is_listed = 1;
