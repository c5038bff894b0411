-- What a message costs no longer grows with how many people have a name, or react.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- The name of a member as it is compared, copied from users: a mention looks only at the members of its room.
ALTER TABLE members ADD COLUMN name_folded TEXT COLLATE "C" NOT NULL DEFAULT '';

UPDATE members SET name_folded = (SELECT u.name_folded FROM users u WHERE u.id = members.user_id);

CREATE INDEX members_name ON members (room_id, name_folded, user_id);

-- One row for each emoji of a message, in the order of their first use. It counts the rows of reactions, of
-- which only the first few are read.
CREATE TABLE reaction_kinds (
  message_number BIGINT NOT NULL,
  emoji TEXT COLLATE "C" NOT NULL,
  place BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (message_number, emoji)
);

INSERT INTO reaction_kinds (message_number, emoji, place, count)
SELECT message_number, emoji,
  ROW_NUMBER() OVER (PARTITION BY message_number ORDER BY MIN(created_at), emoji), COUNT(*)
FROM reactions GROUP BY message_number, emoji;

CREATE INDEX reactions_first ON reactions (message_number, emoji, created_at, user_id);
