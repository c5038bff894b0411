-- Messages by their words: one row for each that can be found, by the number of the message.
--
-- The words are made by the program (see src/text/token.rs) and come in by array_to_tsvector, so
-- that no dictionary of the engine touches them. This is the one table that differs from its twin in
-- migrations/sqlite, a virtual table of FTS5; src/db/index.rs is all that knows.
CREATE TABLE search (
  number BIGINT NOT NULL PRIMARY KEY,
  words TSVECTOR NOT NULL
);

CREATE INDEX search_words ON search USING GIN (words);
