-- The search index: one row for each message that can be found, its rowid the number of the message.
--
-- The program makes the tokens (src/text/token.rs) and separates them by spaces; the table stores their
-- positions, not the text. The tokenizer is `ascii` because it treats every character beyond ASCII as a
-- letter and so leaves our tokens unchanged. `unicode61` would split them at characters that Unicode
-- did not have in 2012.
CREATE VIRTUAL TABLE search USING fts5(
  words,
  content = '',
  contentless_delete = 1,
  detail = none,
  tokenize = 'ascii'
);
