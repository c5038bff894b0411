//! The rows of the catalogue: what is tried, and the limits of the proof.

use super::Row;

const ONE_NODE: &str = "There is one node, so nothing has to be sent to others.";

pub(super) const A: &[Row] = &[
    (1, "many passwords for one account, one password for many accounts", ""),
    (
        2,
        "telling known e-mail addresses from unknown ones",
        "Both take the same time: an unknown address verifies a dummy hash.",
    ),
    (3, "a flood of log-ins, each of which costs memory", ""),
    (4, "passwords that are too long, too short, malformed or common", ""),
    (5, "session fixation before the log-in", ""),
    (6, "a cookie readable by scripts, other hosts or plain HTTP", ""),
    (7, "using an open socket after the session's end", ONE_NODE),
    (8, "a session that ends while its socket is open", ""),
    (9, "guessing a token, or using a connection's id as one", ""),
    (10, "tokens in addresses, pages or the log", ""),
    (11, "one-time links and invites used twice, in a race, guessed, or redirecting elsewhere", ""),
    (12, "concurrent sign-ups for one e-mail address in different spellings", ""),
    (13, "unlimited guests from one address, and impersonating a guest", ""),
    (14, "a stranger who is first to reach a new server", ""),
    (15, "an incoming webhook used after its end, or found in the database or the log", ""),
    (16, "signing up with somebody else's address of a domain that is allowed", ""),
];

pub(super) const Z: &[Row] = &[
    (1, "guessing a room's password through every entry point", "Empty and missing ones count as wrong: see Z2."),
    (2, "joining or reading by a path without the password check", ""),
    (3, "a new password while members are in the room", "Only membership lets a user back in."),
    (4, "fifty users racing for the last slot, two tabs, everyone reconnecting at once", ONE_NODE),
    (5, "acting while being kicked", ""),
    (6, "receiving anything after being kicked", ONE_NODE),
    (7, "kicking a user whose connection stalls", ""),
    (8, "reconnecting on the same connection after a log-out", ""),
    (9, "direct rooms: of two others, with a blocked user, with one who left, with oneself", ""),
    (10, "edits, reactions, quotes and previews of invisible messages", ""),
    (11, "counts, lists, presence and typing of rooms without membership", ""),
    (12, "finding out which rooms exist", ""),
    (13, "permissions: every role over every other", ""),
    (14, "a room removed while in use", ""),
    (15, "a bot beyond its rights, its owner or its key", ""),
];

pub(super) const M: &[Row] = &[
    (1, "markup in every text that users write", ""),
    (2, "deceptive addresses", "A host that is not plain ASCII is not linked."),
    (3, "breaking out of data within a page", "No page carries data in a script."),
    (4, "excessively deep or long markup", ""),
    (
        5,
        "regular expressions that never end",
        "No regular expression runs over texts, in the server or the browser; each text is read once.",
    ),
    (6, "breaking out of an attribute", ""),
    (7, "creating markup in the browser", ""),
    (8, "previews that reach into the server's network (SSRF)", ""),
    (9, "remote images that track readers", ""),
    (10, "framing, and windows that access their opener", ""),
    (11, "what programs post by incoming webhooks: markup, sizes, floods", ""),
    (12, "outgoing webhooks: programs that answer each other, addresses that do not answer", ""),
    (13, "push subscriptions that lead into the server's network, and push services that fail", ""),
    (14, "scheduled messages: times that do not exist, and what its sender may no longer say when it is due", ""),
];

pub(super) const Q: &[Row] = &[
    (1, "the full-text engine's own syntax", ""),
    (2, "patterns and operators of databases", ""),
    (3, "SQL in the query, the order or the cursor", ""),
    (4, "search terms that are too short, too long or too many", ""),
    (5, "finding invisible or deleted messages", ""),
    (6, "counts and excerpts that reveal hidden messages", ""),
    (7, "many searches at once", ""),
];

pub(super) const H: &[Row] = &[
    (1, "a protocol version that is missing, old, new or nonsense", ""),
    (2, "a transport that is missing, unknown or given twice", ""),
    (3, "opening a session by anything but GET", ""),
    (4, "a session id that is unknown, malformed, long or not text", "For another session's id see H5."),
    (5, "another user's session id, with another cookie or none", ""),
    (6, "a foreign page at the sockets and at every other entry point", ""),
    (7, "origins that look like ours", "A missing origin is accepted, because browsers omit it on GET."),
    (8, "a WebSocket handshake without its parts", ""),
    (9, "many request heads sent a byte at a time", ""),
    (10, "heads of too many headers or too many bytes", "A cookie of 8 KiB fits; the whole head may have 16 KiB."),
    (11, "unlimited handshakes from one address", ""),
    (12, "a session that joins nothing, or leaves and only sends pongs", ""),
    (13, "request smuggling: two readings of where a request ends", ""),
    (14, "the floods of HTTP/2", "HTTP/2 is not spoken."),
    (15, "a forged client address", ""),
];

pub(super) const P: &[Row] = &[
    (1, "a body that is not a packet", ""),
    (2, "two polls at once, an aborted poll", ""),
    (3, "bodies that are too large or never end", ""),
    (4, "a million empty packets", ""),
    (5, "invalid base64", ""),
    (6, "a packet that begins in the middle of a character", ""),
    (7, "text that is not UTF-8", ""),
    (8, "frames that RFC 6455 forbids", ""),
    (9, "a frame that announces a huge length", ""),
    (10, "a message one byte over the limit, in one frame or in thousands", ""),
    (11, "thousands of empty fragments", ""),
    (12, "a flood of pings, pongs and noops", ""),
    (13, "handshake packets outside the handshake", ""),
    (14, "upgrades that never end, come twice, or cross a poll", ""),
    (15, "an upgrade with messages in flight, cut at each step", ""),
    (16, "a compression bomb in frames", "No compression is negotiated."),
    (17, "readers that stall, trickle, or only send pongs", ""),
    (18, "a session without pongs", ""),
    (19, "invalid close codes and reasons", ""),
];

pub(super) const S: &[Row] = &[
    (1, "text that is not a packet", ""),
    (2, "a second CONNECT, ten thousand times", ""),
    (3, "events to a namespace that was not joined", ""),
    (4, "CONNECT to a thousand unknown namespaces", ""),
    (5, "an invalid handshake payload", ""),
    (6, "CONNECT_ERROR from a client, acks for nothing, ids out of range", ""),
    (7, "an excessive number of attachments", ""),
    (8, "a packet whose attachments do not come, or text in their place", ""),
    (9, "attachments without a packet", ""),
    (10, "placeholders that name no attachment, or one attachment twice", ""),
    (11, "JSON that is nested a hundred thousand deep", ""),
    (12, "keys, numbers and strings that parsers disagree on", ""),
    (13, "events with reserved names", "There are no metrics that a client's event name could label."),
    (14, "a hundred thousand events a second", ""),
    (15, "a hundred events in one packet burst", ""),
    (16, "never answering what the server asks", "The chat requests no acks from clients."),
    (17, "the packets of another parser", "MessagePack is not spoken."),
    (18, "recovering another user's session", "Membership is checked again on reconnect: see Z2."),
];

pub(super) const E: &[Row] = &[
    (1, "fields that are missing, unknown, null or of another type", ""),
    (2, "texts that are empty, too long, only marks, or with direction overrides", ""),
    (3, "keys that are missing, empty, long, another user's, or used elsewhere", ""),
    (4, "a hundred copies of one send at once", ONE_NODE),
    (5, "resuming from an invalid, too high or foreign-epoch rev, again and again", ""),
    (6, "ids of rooms that are paths, SQL, emoji, or very long", ""),
    (
        7,
        "changing messages of others, deleted ones, or in a room one has left",
        "Changes carry no version that could be stale.",
    ),
    (8, "unlimited reactions and mentions, mentioning everyone", ""),
    (9, "setting fields that only the server sets", ""),
    (10, "names with markup, line breaks or direction overrides, too long, or like an admin's", ""),
    (11, "unlimited typing events, or in another room", "Outside the room it is refused, not dropped."),
    (12, "joining ten thousand rooms", ""),
];

pub(super) const R: &[Row] = &[
    (1, "JSON under another content type, other content as JSON", ""),
    (2, "changing something by GET, or by a method override", ""),
    (3, "requests with the cookie from another site", ""),
    (
        4,
        "bodies that are too large, too deep, malformed, with repeated fields or in another encoding",
        "A field given twice is 422, with its name.",
    ),
    (5, "limits and cursors that are invalid, or of another list", ""),
    (6, "paths that traverse, use escapes or never end", ""),
    (7, "an error that echoes the request, or describes the server", ""),
    (8, "a shared cache between two users", ""),
    (9, "another host's name", ""),
    (10, "an open redirect after a form", ""),
    (11, "a large body where none is expected", ""),
    (12, "a parameter given twice", ""),
];

pub(super) const U: &[Row] = &[
    (
        1,
        "pages, scripts and documents named like an image",
        "A file that is not an image is stored unchanged and only offered for download.",
    ),
    (2, "a pixel flood: a huge image in a few bytes", ""),
    (3, "endless animations", ""),
    (4, "images that are truncated, corrupt, or attack the decoder", "Data after an image is not stored."),
    (5, "more bytes than announced or allowed, or slower than required", ""),
    (6, "file names that are paths, inject a header, or are device names", ""),
    (7, "a stored file opened as a page", ""),
    (
        8,
        "a file's address used by a user who may not see it",
        "Only S3_LINKS=on gives out signed addresses, for 60 seconds.",
    ),
    (9, "locations, profiles and scripts inside an image", ""),
    (10, "a great many small files, fifty at once", ""),
    (11, "uploading into another room, using another user's upload, or one upload twice", ""),
    (
        12,
        "an upload interrupted by its client or by the server",
        "Uploads arrive in a local folder, whatever stores them.",
    ),
    (
        13,
        "a folder that is a link, a disk that is full",
        "A full disk is 503 with a message, because there may be space later.",
    ),
    (14, "archives, disguised or nested", "Nothing is ever decompressed."),
    (15, "an image requested in a thousand sizes", ""),
    (16, "uploads in progress by many guests of one network, or of many", "No quota counts them yet."),
];

pub(super) const N: &[Row] = &[
    (1, "every request, as every role", ""),
    (2, "forged admin requests, markup shown to an admin", ""),
    (3, "reading the server's internals", "There are no metrics."),
    (4, "insecure settings", "No secret has to be chosen: every token is random."),
    (5, "log injection", ""),
    (6, "an older state restored under clients that hold a newer one", ""),
    (7, "a panic in one place", ""),
    (
        8,
        "exporting more than one may see",
        "An archive has what is its user's own. There is no import, except the operator's own copy of the data folder.",
    ),
    (9, "a log that nobody reads or that has no space", ""),
    (10, "a database that can be read and no longer written", ""),
    (11, "a password or a link that crosses the network in the clear", ""),
    (12, "connections that use up all file handles", ""),
    (
        13,
        "reading deleted texts from the database file",
        "The index is rewritten a megabyte a minute; what was deleted before this version stays in free pages until VACUUM.",
    ),
    (14, "a clock that jumps, by which everything would expire", ""),
    (15, "mail to addresses whose owners did not ask for it, and mail that does not end", ""),
];

pub(super) const B: &[Row] = &[
    (1, "limits so tight that 300 people behind one address cannot come in", ""),
    (2, "rooms by many guests of one network", ""),
    (3, "messages and files by many guests of one network", "NETWORK_QUOTA_MB; accounts have four times as much."),
    (4, "a disk that is filled", "DISK_RESERVE_MB: guests stop storing first, then everybody; deletions go on."),
    (5, "guests where the operator wants none", ""),
    (6, "guesses that lock the owner of an account out", "A network from which the account has a session stays free."),
    (7, "searches and pages by one network that make others wait", ""),
    (
        8,
        "many rooms that push those of others out of the lobby",
        "Ten of a network come with the others, the rest after all.",
    ),
    (9, "guests and rooms that nobody can come back to", "Guests in no room go after a week."),
    (10, "an old invite by which a banned guest comes back", "A choice with a ban and with a new password."),
    (11, "direct rooms of strangers, one after the other", "They wait apart; refused, they stay away."),
    (12, "pages and lists read without end", ""),
    (13, "a network that uses up what the guests of all networks have", ""),
];

pub(super) const D: &[Row] = &[
    (1, "reports: false ones, of oneself, twice, by those who are reported", ""),
    (2, "writing while muted, unwanted words in disguise, links by newcomers, joining a locked room", ""),
    (
        3,
        "reading private messages by way of reports",
        "A report shows admins what its reporter saw: of a whisper only itself.",
    ),
];
