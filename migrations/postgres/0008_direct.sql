-- Who may open a direct room with a user: everybody, known (who shares a room with them), accounts, nobody. Whether the
-- directory lists them. And up to which rev a member has hidden a direct room from their list.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.
ALTER TABLE users ADD COLUMN direct_from TEXT COLLATE "C" NOT NULL DEFAULT 'everybody';
ALTER TABLE users ADD COLUMN is_listed BIGINT NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN hidden_rev BIGINT;
