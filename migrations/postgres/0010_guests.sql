-- What guests leave behind no longer stays for good, and no network can fill the lobby.
--
-- migrations/sqlite has the same tables, columns and indexes; a test compares them.

-- Whether a user was ever a member of a room. A guest who never was and does not come back is removed.
ALTER TABLE users ADD COLUMN has_joined BIGINT NOT NULL DEFAULT 0;

UPDATE users SET has_joined = 1;

-- The kind of a room's creator and the network that somebody came from last. The lobby shows a few rooms of each first.
ALTER TABLE rooms ADD COLUMN network TEXT COLLATE "C";

CREATE INDEX rooms_network ON rooms (network, kind, is_listed, id) WHERE network IS NOT NULL;

CREATE INDEX users_strangers ON users (created_at) WHERE has_joined = 0 AND kind = 'guest';

-- Removing a user looks for them here.
CREATE INDEX rooms_owner ON rooms (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX bans_user ON bans (user_id);
CREATE INDEX bans_by ON bans (by_user_id);
CREATE INDEX invites_by ON invites (by_user_id);
CREATE INDEX blocks_blocked ON blocks (blocked_id);
