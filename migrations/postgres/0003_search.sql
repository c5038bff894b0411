-- The search index: one row for each message that can be found, by the number of the message.
--
-- The program makes the tokens (src/text/token.rs); array_to_tsvector takes them, so that no dictionary
-- of the engine changes them. Only this table differs from migrations/sqlite, where it is a virtual
-- table of FTS5.
CREATE TABLE search (
  number BIGINT NOT NULL PRIMARY KEY,
  words TSVECTOR NOT NULL
);

CREATE INDEX search_words ON search USING GIN (words);
