-- Who may open a direct room with a user: everybody, known (who shares a room with them), accounts, nobody. Whether the
-- directory lists them. And up to which rev a member has hidden a direct room from their list.
--
-- migrations/postgres has the same tables, columns and indexes; a test compares them.
ALTER TABLE users ADD COLUMN direct_from TEXT NOT NULL DEFAULT 'everybody';
ALTER TABLE users ADD COLUMN is_listed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN hidden_rev INTEGER;
