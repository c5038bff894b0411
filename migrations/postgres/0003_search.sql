-- The search index of messages: one row for each message that can be found, by the message's
-- number.
--
-- The program makes the tokens (see src/text/token.rs) and writes them with array_to_tsvector, so
-- that no dictionary of PostgreSQL changes them. This is the only table that differs from
-- migrations/sqlite, where it is a virtual table of FTS5.
CREATE TABLE search (
  number BIGINT NOT NULL PRIMARY KEY,
  words TSVECTOR NOT NULL
);

CREATE INDEX search_words ON search USING GIN (words);
