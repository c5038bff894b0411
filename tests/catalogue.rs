//! The catalogue of abuse: which row is proven by which test. The table `docs/abuse.md` is made from
//! the names of the tests: in Rust they begin with the rows that they prove, `z4_two_tabs…`; in a
//! browser the title ends with them, `… (Z4)`. A row without a test fails here, and so does a name
//! with a row that is none.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::reference::is_current;

/// The number of a row, what is tried, and what a reader should know of the limits of the proof.
type Row = (u8, &'static str, &'static str);

/// The groups whose every row must be proven.
const GROUPS: &[(char, &str, &[Row])] = &[
    ('A', "Identity and sessions", A),
    ('Z', "Who may what, between rooms", Z),
    ('M', "Markup and what is shown", M),
    ('Q', "Search", Q),
];

const ONE_NODE: &str = "There is one node: no second one has to be told.";

const A: &[Row] = &[
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

const Z: &[Row] = &[
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

const M: &[Row] = &[
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

const Q: &[Row] = &[
    (1, "the full-text engine's own syntax", ""),
    (2, "patterns and operators of databases", ""),
    (3, "SQL in the words, the order or the cursor", ""),
    (4, "words that are too short, too long or too many", ""),
    (5, "finding what one may not see, or what is no more", ""),
    (6, "counts and excerpts that tell of what is hidden", ""),
    (7, "many searches at once", ""),
];

/// A test: its file, and its name or title.
type Proof = (PathBuf, String);

#[test]
fn the_reference_of_abuse_names_every_row_and_every_proof() {
    let mut proofs = proofs();
    let mut paper = HEAD.to_owned();
    let mut unproven = Vec::new();
    for (group, title, rows) in GROUPS {
        writeln!(paper, "\n## {group}. {title}\n\n| Row | What is tried | Proven by |\n|---|---|---|").unwrap();
        for (number, tried, remark) in *rows {
            let row = format!("{group}{number}");
            let found = proofs.remove(&row).unwrap_or_default();
            if found.is_empty() {
                unproven.push(row.clone());
            }
            writeln!(paper, "| {row} | {tried} | {} |", cell(&found, remark)).unwrap();
        }
    }
    assert!(unproven.is_empty(), "rows without a test: {unproven:?}");
    let listed = |row: &str| GROUPS.iter().any(|(group, ..)| row.starts_with(*group));
    let unknown: Vec<_> = proofs.iter().filter(|(row, _)| listed(row)).collect();
    assert!(unknown.is_empty(), "rows that the catalogue does not have: {unknown:#?}");
    is_current("abuse.md", &paper);
}

const HEAD: &str = "# The catalogue of abuse, and where each row is proven\n\n\
Made from the names of the tests (`make reference`); `tests/catalogue.rs` fails while a row has no test.\n\
Handshakes, packets, events, REST, uploads and operation (H, P, S, E, R, U, N) carry their numbers in the\n\
names of their tests as well, and come into this table later.\n";

fn cell(proofs: &[Proof], remark: &str) -> String {
    let mut files: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    for (path, name) in proofs {
        files.entry(path).or_default().push(format!("`{name}`"));
    }
    let mut parts: Vec<_> =
        files.iter().map(|(path, names)| format!("{}: {}", path.display(), names.join(", "))).collect();
    if !remark.is_empty() {
        parts.push(remark.to_owned());
    }
    parts.join("<br>")
}

/// All tests that name a row, by row.
fn proofs() -> BTreeMap<String, Vec<Proof>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut proofs: BTreeMap<String, Vec<Proof>> = BTreeMap::new();
    let mut folders: Vec<_> = ["src", "tests", "crates", "e2e"].map(|folder| root.join(folder)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !matches!(name, "node_modules" | "target") {
                folders.push(path);
                continue;
            }
            let found = match name {
                _ if name.ends_with(".rs") => rust_tests(&std::fs::read_to_string(&path).unwrap()),
                _ if name.ends_with(".test.mjs") => browser_tests(&std::fs::read_to_string(&path).unwrap()),
                _ => continue,
            };
            for (rows, test) in found {
                let path = path.strip_prefix(root).unwrap();
                for row in rows {
                    proofs.entry(row).or_default().push((path.to_owned(), test.clone()));
                }
            }
        }
    }
    proofs.values_mut().for_each(|proofs| proofs.sort());
    proofs
}

/// The functions below an attribute of a test whose names begin with rows.
fn rust_tests(source: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        let line = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = line.strip_prefix("fn ") {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let rows: Vec<_> = name.split('_').map_while(row).collect();
            if is_test && !rows.is_empty() {
                found.push((rows, name));
            }
        }
        is_test = line.starts_with("#[test]") || line.starts_with("#[tokio::test") || is_test && line.starts_with('#');
    }
    found
}

/// The tests whose titles end with rows in brackets.
fn browser_tests(source: &str) -> Vec<(Vec<String>, String)> {
    let titles = source.lines().filter_map(|line| line.trim().strip_prefix("test(\"")?.split('"').next());
    let numbered = titles.filter_map(|title| {
        let (_, rows) = title.strip_suffix(')')?.rsplit_once('(')?;
        let rows: Option<Vec<_>> = rows.split(", ").map(row).collect();
        Some((rows?, title.to_owned()))
    });
    numbered.collect()
}

/// A row as it stands in a name, `z4` say.
fn row(part: &str) -> Option<String> {
    let number = part.get(1..)?;
    let is_row = part.starts_with(|c: char| c.is_ascii_alphabetic())
        && !number.is_empty()
        && number.len() < 3
        && number.bytes().all(|digit| digit.is_ascii_digit());
    is_row.then(|| part.to_uppercase())
}

#[test]
fn names_are_read_as_they_are_meant() {
    let source =
        "#[tokio::test(flavor = \"x\")]\nasync fn z5_d10_a_race() {}\nfn a1_helper() {}\n#[test]\nfn plain() {}";
    let found = rust_tests(source);
    assert_eq!(found, [(vec!["Z5".to_owned(), "D10".to_owned()], "z5_d10_a_race".to_owned())]);
    let found = browser_tests("test(\"kick (Z6, M1)\", async () => {\ntest(\"no row (at all)\", x");
    assert_eq!(found, [(vec!["Z6".to_owned(), "M1".to_owned()], "kick (Z6, M1)".to_owned())]);
}
