-- Messages by their words: one row for each that can be found, its rowid the number of the message.
--
-- The words are made by the program (see src/text/token.rs), with spaces between; the table keeps
-- where they are and not the text. The tokenizer is `ascii` and not `unicode61`, as it takes every
-- character beyond ASCII as a letter and so leaves our words as they are: `unicode61` would cut them
-- at what the Unicode of 2012 did not know.
CREATE VIRTUAL TABLE search USING fts5(
  words,
  content = '',
  contentless_delete = 1,
  detail = none,
  tokenize = 'ascii'
);
