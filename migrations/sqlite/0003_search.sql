-- The search index of messages: one row for each message that can be found; its rowid is the
-- message's number.
--
-- The program makes the tokens (see src/text/token.rs), separated by spaces; the table stores where
-- they occur, not the text. The tokenizer is `ascii` and not `unicode61`, because it treats every
-- non-ASCII character as a letter and so leaves our tokens unchanged: `unicode61` would split them
-- at characters that the Unicode of 2012 did not know.
CREATE VIRTUAL TABLE search USING fts5(
  words,
  content = '',
  contentless_delete = 1,
  detail = none,
  tokenize = 'ascii'
);
