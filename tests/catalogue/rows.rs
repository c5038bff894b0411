//! The rows: the attack, and the limits of its test.

use super::Row;

const ONE_NODE: &str = "There is one node: no second one has to be told.";

pub(super) const A: &[Row] = &[
    (1, "many passwords for one account, one password for many accounts", ""),
    (2, "telling known e-mails from unknown ones", "The time is equal by the same work: a dummy is verified."),
    (3, "a flood of log-ins, each of which costs memory", ""),
    (4, "passwords that are too long, too short, odd or everybody's", ""),
    (5, "a session that was planted before the log-in", ""),
    (6, "a cookie that scripts, other hosts or plain HTTP could have", ""),
    (7, "going on by an open socket after the session's end", ONE_NODE),
    (8, "a session that ends while its socket is open", ""),
    (9, "guessing a token, or getting by with a connection's id", ""),
    (10, "tokens in addresses, pages or the log", ""),
    (11, "one-time links and invites used twice, raced for, guessed, or pointing elsewhere", ""),
    (12, "many sign-ups at once for one e-mail, however it is written", ""),
    (13, "guests without end from one address, and being another guest", ""),
    (14, "a stranger who comes first to a new house", ""),
];

pub(super) const Z: &[Row] = &[
    (1, "guessing a room's password over every door", "Empty and missing ones count as wrong: see Z2."),
    (2, "coming in, or seeing anything, by a way that forgets the password", ""),
    (3, "a new password while people are inside", "Coming back is by membership alone: there is no other ticket."),
    (4, "fifty who want the last seat, two tabs, all coming back at once", ONE_NODE),
    (5, "acting in the moment of being shown out", ""),
    (6, "hearing anything after having been shown out", ONE_NODE),
    (7, "showing out somebody who takes nothing in", ""),
    (8, "connecting again by the same connection after a log-out", ""),
    (9, "the conversation of two others, a blocked person, one who has left, oneself", ""),
    (10, "changes, reactions, quotes and previews of what one may not see", ""),
    (11, "counts, lists, presence and typing of rooms one is not in", ""),
    (12, "learning which rooms there are", ""),
    (13, "powers: everybody's over everybody", ""),
    (14, "a room removed while people talk in it", ""),
];

pub(super) const M: &[Row] = &[
    (1, "markup in everything that people write", ""),
    (2, "addresses that are not what they seem", "A host that is not plain ASCII is no link at all."),
    (3, "breaking out of data within a page", "No page carries data in a script."),
    (4, "markup that is deep or long for its own sake", ""),
    (5, "patterns that never end", "There are no patterns over texts, here or in the browser: each is walked once."),
    (6, "breaking out of an attribute", ""),
    (7, "making markup in the browser", ""),
    (8, "previews that make the server reach into its own network", ""),
    (9, "pictures of elsewhere as a trace of who reads", ""),
    (10, "frames, and windows that hold on to their opener", ""),
];

pub(super) const Q: &[Row] = &[
    (1, "the full-text engine's own syntax", ""),
    (2, "patterns and operators of databases", ""),
    (3, "SQL in the words, the order or the cursor", ""),
    (4, "words that are too short, too long or too many", ""),
    (5, "finding what one may not see, or what is no more", ""),
    (6, "counts and excerpts that tell of what is hidden", ""),
    (7, "many searches at once", ""),
];

pub(super) const H: &[Row] = &[
    (1, "a protocol version that is missing, old, new or nonsense", ""),
    (2, "a transport that is missing, unknown or named twice", ""),
    (3, "opening a session by anything but GET", ""),
    (4, "a session's id that is unknown, malformed, long or not text", "Another's id is H5."),
    (5, "another's session id, with another cookie or none", ""),
    (6, "a foreign page at the sockets and at every other door", ""),
    (7, "origins that look like ours", "None at all is let in, as browsers leave it out on GET."),
    (8, "a WebSocket handshake without its parts", ""),
    (9, "heads that are sent a byte now and then, by many", ""),
    (10, "heads of too many headers or too many bytes", "A cookie of 8 KiB fits: the head as a whole has 16 KiB."),
    (11, "handshakes without end from one address", ""),
    (12, "a session that joins nothing, or leaves and only pongs", ""),
    (13, "two opinions on where a request ends", ""),
    (14, "the floods of HTTP/2", "HTTP/2 is not spoken."),
    (15, "an address that is only claimed", ""),
];

pub(super) const P: &[Row] = &[
    (1, "a body that is no packet", ""),
    (2, "two polls at once, a poll that is hung up", ""),
    (3, "bodies that are too large or never end", ""),
    (4, "a million empty packets", ""),
    (5, "base 64 that is none", ""),
    (6, "a packet that begins in the middle of a character", ""),
    (7, "text that is not UTF-8", ""),
    (8, "frames that RFC 6455 forbids", ""),
    (9, "a frame that says it is huge", ""),
    (10, "a message one byte over the limit, in one frame or in thousands", ""),
    (11, "thousands of fragments of nothing", ""),
    (12, "a flood of pings, pongs and noops", ""),
    (13, "packets of the handshake outside of it", ""),
    (14, "upgrades that never end, come twice, or cross a poll", ""),
    (15, "an upgrade with messages under way, cut at each step", ""),
    (16, "a bomb of compressed frames", "No compression is negotiated."),
    (17, "readers that stall, drip, or only pong", ""),
    (18, "a session without pongs", ""),
    (19, "odd codes and reasons of closing", ""),
];

pub(super) const S: &[Row] = &[
    (1, "text that is no packet", ""),
    (2, "a second CONNECT, ten thousand times", ""),
    (3, "events to a namespace that was not joined", ""),
    (4, "CONNECTs to a thousand namespaces that are none", ""),
    (5, "a handshake's payload of another form", ""),
    (6, "CONNECT_ERROR from a client, answers to nothing, ids out of range", ""),
    (7, "attachments in numbers that nobody sends", ""),
    (8, "a packet whose attachments do not come, or text in their place", ""),
    (9, "attachments without a packet", ""),
    (10, "placeholders that name no attachment, or one twice", ""),
    (11, "JSON that is nested a hundred thousand deep", ""),
    (12, "keys, numbers and strings that parsers disagree on", ""),
    (13, "events with the names of the client's own", "No name of a client is a label of any count: there are none."),
    (14, "a hundred thousand events a second", ""),
    (15, "a hundred events in one breath", ""),
    (16, "never answering what the server asks", "The chat asks its clients nothing."),
    (17, "the packets of another parser", "MessagePack is not spoken."),
    (18, "recovering somebody else's session", "Who comes back is asked for their membership again: see Z2."),
];

pub(super) const E: &[Row] = &[
    (1, "fields that are missing, unknown, null or of another type", ""),
    (2, "texts of nothing, of too much, of marks and of turned direction", ""),
    (3, "keys that are missing, empty, long, another's, or used elsewhere", ""),
    (4, "a hundred copies of one send at once", ONE_NODE),
    (5, "coming back from a rev that is none, too far, or of another epoch, again and again", ""),
    (6, "ids of rooms that are paths, SQL, emoji, or very long", ""),
    (7, "changing what is another's, deleted, or of a room one has left", "A change names no version to be stale."),
    (8, "reactions and names without end, calling everybody", ""),
    (9, "giving oneself what only the server gives", ""),
    (10, "names with markup, line ends and turned direction, too long, or like an admin's", ""),
    (11, "typing without end, or where one is not", "It is refused, not dropped, where one is not in the room."),
    (12, "joining ten thousand rooms", ""),
];

pub(super) const R: &[Row] = &[
    (1, "JSON under another name, another thing under JSON's", ""),
    (2, "changing something by GET, or by another method's name", ""),
    (3, "the cookie from another site", ""),
    (4, "bodies too large, deep, broken, doubled or in another encoding", "A field given twice is 422, with its name."),
    (5, "limits and cursors that are none, or another list's", ""),
    (6, "paths that climb, hide or never end", ""),
    (7, "an error that says what was asked, or what the server is", ""),
    (8, "a shared cache between two people", ""),
    (9, "another host's name", ""),
    (10, "being led elsewhere after a form", ""),
    (11, "a large body where none is read", ""),
    (12, "a parameter given twice", ""),
];

pub(super) const U: &[Row] = &[
    (
        1,
        "pages, scripts and documents under a picture's name",
        "What is no picture is kept as it came, for saving alone.",
    ),
    (2, "a flood of pixels in a few bytes", ""),
    (3, "animations without end", ""),
    (4, "pictures that are cut, bent, or break their decoder", "What follows a picture is not kept."),
    (5, "more than was said or may be, or slower than one must", ""),
    (6, "names that are paths, end a header, or are somebody's device", ""),
    (7, "a stored file opened as a page", ""),
    (8, "a file's address in the hands of who may not see it", "There are no signed addresses."),
    (9, "places, profiles and scripts inside a picture", ""),
    (10, "a great many small files, fifty at once", ""),
    (11, "uploading where one is not, taking another's upload, or one upload twice", ""),
    (12, "an upload that breaks off, with its client or with the server", "Files lie in a folder; there is no S3."),
    (
        13,
        "a folder that is a link, a disk that is full",
        "A full disk is 503, with a sentence: it may have room later.",
    ),
    (14, "archives, disguised or nested", "Nothing is ever unpacked."),
    (15, "a picture in a thousand sizes", ""),
];

pub(super) const N: &[Row] = &[
    (1, "everything, in everybody's name", ""),
    (
        2,
        "an admin's hand led from elsewhere, an admin's eyes shown markup",
        "There is no log of admins' acts and no export.",
    ),
    (3, "asking the server about itself", "There are no metrics."),
    (4, "settings that would leave the door open", "There is no secret to choose: every token is random."),
    (5, "lines of the log that somebody else writes", ""),
    (6, "an older state under clients that hold a newer one", ""),
    (7, "a panic in one place", ""),
    (
        8,
        "taking out more than one may see",
        "There is no export and no import but the operator's own copy of the folder.",
    ),
];
