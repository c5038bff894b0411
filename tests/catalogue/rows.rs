//! The rows: the attempt, and a remark on the limits of the proof.

use super::Row;

const ONE_NODE: &str = "There is one node; nothing has to reach a second one.";

pub(super) const A: &[Row] = &[
    (1, "many passwords for one account, one password for many accounts", ""),
    (
        2,
        "finding out which e-mail addresses have an account",
        "An unknown address costs the same time: a dummy hash is verified.",
    ),
    (3, "a flood of log-ins, each of which takes memory", ""),
    (4, "passwords that are too long, too short, odd or common", ""),
    (5, "session fixation: a session planted before the log-in", ""),
    (6, "a cookie that scripts, other hosts or plain HTTP could have", ""),
    (7, "using an open socket after the session has ended", ONE_NODE),
    (8, "a session that ends while its socket is open", ""),
    (9, "guessing a token, or using a connection's id instead", ""),
    (10, "tokens in addresses, pages or the log", ""),
    (11, "one-time links and invites used twice, at the same time, guessed, or leading elsewhere", ""),
    (12, "many sign-ups at once for one e-mail, however it is written", ""),
    (13, "endless guests from one address, and posing as another guest", ""),
    (14, "a stranger who reaches a new server before its admin", ""),
];

pub(super) const Z: &[Row] = &[
    (1, "guessing a room's password at every entry point", "Empty and missing ones count as wrong: see Z2."),
    (2, "joining or reading through a path that skips the password", ""),
    (3, "a new password while members are in the room", "Members come back by their membership alone."),
    (4, "fifty users who join for the last place, two tabs, everybody reconnecting at once", ONE_NODE),
    (5, "acting at the moment of a kick", ""),
    (6, "receiving anything after a kick", ONE_NODE),
    (7, "kicking a client that does not read", ""),
    (8, "connecting again on the same connection after a log-out", ""),
    (9, "the direct room of two others, of a blocked user, of one who has left, of oneself", ""),
    (10, "edits, reactions, quotes and previews of hidden messages", ""),
    (11, "counts, lists, presence and typing of rooms that the user is not in", ""),
    (12, "finding out which rooms exist", ""),
    (13, "permissions of every role over every other", ""),
    (14, "a room that is removed while it is in use", ""),
];

pub(super) const M: &[Row] = &[
    (1, "markup in everything that users write", ""),
    (2, "links that are not what they seem", "A host that is not plain ASCII does not become a link."),
    (3, "breaking out of data in a page", "No page carries data in a script."),
    (4, "markup that is very deep or very long", ""),
    (
        5,
        "regular expressions that never end",
        "No regular expression runs over user text, on the server or in the browser.",
    ),
    (6, "breaking out of an attribute", ""),
    (7, "creating markup in the browser", ""),
    (8, "previews that make the server reach into its own network", ""),
    (9, "remote pictures that track readers", ""),
    (10, "frames, and windows that hold on to their opener", ""),
];

pub(super) const Q: &[Row] = &[
    (1, "the full-text engine's own syntax", ""),
    (2, "patterns and operators of databases", ""),
    (3, "SQL in the query, the order or the cursor", ""),
    (4, "queries that are too short, too long or have too many words", ""),
    (5, "finding hidden or deleted messages", ""),
    (6, "counts and excerpts that reveal hidden messages", ""),
    (7, "many searches at once", ""),
];

pub(super) const H: &[Row] = &[
    (1, "a protocol version that is missing, old, new or nonsense", ""),
    (2, "a transport that is missing, unknown or named twice", ""),
    (3, "opening a session by anything but GET", ""),
    (4, "a session's id that is unknown, malformed, long or not text", "Another's id is H5."),
    (5, "another's session id, with another cookie or none", ""),
    (6, "a foreign page at the sockets and every other entry point", ""),
    (7, "origins that look like ours", "A request without an origin is accepted, as browsers omit it on GET."),
    (8, "a WebSocket handshake without its parts", ""),
    (9, "many request heads that are sent a byte now and then", ""),
    (10, "heads of too many headers or too many bytes", "A cookie of 8 KiB fits: the head as a whole has 16 KiB."),
    (11, "endless handshakes from one address", ""),
    (12, "a session that joins no namespace, or leaves and only answers pings", ""),
    (13, "request smuggling: two readings of where a request ends", ""),
    (14, "the floods of HTTP/2", "HTTP/2 is not spoken."),
    (15, "a forged client address", ""),
];

pub(super) const P: &[Row] = &[
    (1, "a body that is no packet", ""),
    (2, "two polls at once, an aborted poll", ""),
    (3, "bodies that are too large or never end", ""),
    (4, "a million empty packets", ""),
    (5, "invalid base64", ""),
    (6, "a packet that begins in the middle of a character", ""),
    (7, "text that is not UTF-8", ""),
    (8, "frames that RFC 6455 forbids", ""),
    (9, "a frame that declares a huge length", ""),
    (10, "a message one byte over the limit, in one frame or in thousands", ""),
    (11, "thousands of empty fragments", ""),
    (12, "a flood of pings, pongs and noops", ""),
    (13, "packets of the handshake outside of it", ""),
    (14, "upgrades that never end, come twice, or cross a poll", ""),
    (15, "an upgrade with messages under way, cut at each step", ""),
    (16, "a bomb of compressed frames", "No compression is negotiated."),
    (17, "clients that do not read, read a byte now and then, or only answer pings", ""),
    (18, "a session without pongs", ""),
    (19, "odd close codes and reasons", ""),
];

pub(super) const S: &[Row] = &[
    (1, "text that is no packet", ""),
    (2, "a second CONNECT, ten thousand times", ""),
    (3, "events to a namespace that was not joined", ""),
    (4, "CONNECTs to a thousand unknown namespaces", ""),
    (5, "a handshake's payload of another form", ""),
    (6, "CONNECT_ERROR from a client, acks of nothing, ids out of range", ""),
    (7, "absurd numbers of attachments", ""),
    (8, "a packet whose attachments do not come, or text in their place", ""),
    (9, "attachments without a packet", ""),
    (10, "placeholders that name no attachment, or one twice", ""),
    (11, "JSON that is nested 100,000 levels deep", ""),
    (12, "keys, numbers and strings that parsers disagree on", ""),
    (13, "events with reserved names", "There are no metrics, so no name becomes a label."),
    (14, "a hundred thousand events a second", ""),
    (15, "a hundred events in one payload", ""),
    (16, "never acking the server's events", "The server asks for no acks."),
    (17, "the packets of another parser", "MessagePack is not spoken."),
    (18, "recovering somebody else's session", "Membership is checked again on every reconnect: see Z2."),
];

pub(super) const E: &[Row] = &[
    (1, "fields that are missing, unknown, null or of another type", ""),
    (2, "texts that are empty, too long, or full of combining marks and direction overrides", ""),
    (3, "keys that are missing, empty, long, another user's, or used elsewhere", ""),
    (4, "a hundred copies of one send at once", ONE_NODE),
    (5, "resuming from a rev that does not exist, is too far, or has another epoch, again and again", ""),
    (6, "ids of rooms that are paths, SQL, emoji, or very long", ""),
    (
        7,
        "changing a message that is another's, deleted, or in a room that the user has left",
        "A change names no version that could be stale.",
    ),
    (8, "endless reactions and mentions, mentioning everybody", ""),
    (9, "setting fields that only the server sets", ""),
    (10, "names with markup, line ends or direction overrides, too long, or like an admin's", ""),
    (
        11,
        "endless typing, or typing in a room that the user is not in",
        "It is refused, not dropped, outside of the room.",
    ),
    (12, "joining ten thousand rooms", ""),
];

pub(super) const R: &[Row] = &[
    (1, "JSON with another media type, other data with JSON's", ""),
    (2, "changing something by GET, or by a method override", ""),
    (3, "the cookie from another site", ""),
    (4, "bodies too large, deep, broken, doubled or in another encoding", "A field given twice is 422, with its name."),
    (5, "limits and cursors that are invalid, or of another list", ""),
    (6, "paths that leave the folder, are encoded, or never end", ""),
    (7, "errors that reveal the request or the server's software", ""),
    (8, "a shared cache between two users", ""),
    (9, "a forged host", ""),
    (10, "a redirect to another site after a form", ""),
    (11, "a large body where none is expected", ""),
    (12, "a parameter given twice", ""),
];

pub(super) const U: &[Row] = &[
    (
        1,
        "pages, scripts and documents named like a picture",
        "A file that is not a picture is stored unchanged and only served as a download.",
    ),
    (2, "a decompression bomb: many pixels in a few bytes", ""),
    (3, "endless animations", ""),
    (4, "pictures that are truncated, corrupted, or break their decoder", "Bytes after the picture are not kept."),
    (5, "uploads that are larger than declared or allowed, or too slow", ""),
    (6, "file names that are paths, end a header, or name a device", ""),
    (7, "a stored file opened as a page", ""),
    (8, "a file's address in the hands of somebody who may not see it", "There are no signed addresses."),
    (9, "locations, profiles and scripts inside a picture", ""),
    (10, "very many small files, fifty at once", ""),
    (11, "uploading to a room that the user is not in, using another's upload, or one upload twice", ""),
    (12, "an upload that is interrupted by its client or by the server", "Files lie in a folder; there is no S3."),
    (13, "a folder that is a link, a disk that is full", "A full disk is 503, as there may be space later."),
    (14, "archives, disguised or nested", "Nothing is ever unpacked."),
    (15, "a picture in a thousand sizes", ""),
];

pub(super) const N: &[Row] = &[
    (1, "every endpoint, as every kind of user", ""),
    (2, "requests forged in an admin's name, markup shown to an admin", "There is no audit log and no export."),
    (3, "asking the server for its internals", "There are no metrics."),
    (4, "insecure settings", "No secret is configured: every token is random."),
    (5, "forged log lines", ""),
    (6, "a restored older state while clients have a newer one", ""),
    (7, "a panic in one place", ""),
    (8, "exporting more than one may see", "There is no export or import except the operator's backup."),
];
