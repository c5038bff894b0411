//! The threat catalogue: which row is covered by which test. `docs/abuse.md` is generated from the
//! names of the tests: in Rust they begin with the rows that they cover, `z4_two_tabs…`; in a
//! browser test the title ends with them, `… (Z4)`. A row without a test fails here, and so does a
//! name with an unknown row. Ignored tests do not count.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::reference::is_current;

mod rows;

/// The number of a row, the attack, and the limits of its test.
type Row = (u8, &'static str, &'static str);

/// All groups. Every row must be covered.
const GROUPS: &[(char, &str, &[Row])] = &[
    ('H', "Handshake and HTTP", rows::H),
    ('P', "Polling and frames", rows::P),
    ('S', "Packets of Socket.IO", rows::S),
    ('E', "What events and calls are given", rows::E),
    ('R', "REST and pages", rows::R),
    ('U', "Uploads", rows::U),
    ('A', "Identity and sessions", rows::A),
    ('Z', "Who may what, between rooms", rows::Z),
    ('M', "Markup and what is shown", rows::M),
    ('Q', "Search", rows::Q),
    ('N', "Admins and operation", rows::N),
];

/// Names may also begin with promises of delivery (D) and invariants (I). Those are not rows.
const PROMISES: [char; 2] = ['D', 'I'];

/// A test: its file, and its name or title.
type Proof = (PathBuf, String);

#[test]
fn the_threat_catalogue_is_current_and_complete() {
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
    let unknown: Vec<_> = proofs.iter().filter(|(row, _)| !row.starts_with(PROMISES)).collect();
    assert!(unknown.is_empty(), "rows that the catalogue does not have: {unknown:#?}");
    is_current("abuse.md", &paper);
}

const HEAD: &str = "# The catalogue of abuse, and where each row is proven\n\n\
What a stranger may try at each door, and the tests that try it. Made from the names of the tests\n\
(`make reference`); `tests/catalogue.rs` fails while a row has no test.\n";

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

/// Returns all tests that name a row, by row.
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

/// Returns the functions with a test attribute whose names begin with rows. Other functions may
/// have such names too (`u16_be` reads a number), and ignored tests do not count.
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
        let begins = line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        is_test = begins || is_test && line.starts_with('#') && !line.starts_with("#[ignore");
    }
    found
}

/// Returns the tests whose titles end with rows in brackets.
fn browser_tests(source: &str) -> Vec<(Vec<String>, String)> {
    let titles = source.lines().filter_map(|line| line.trim().strip_prefix("test(\"")?.split('"').next());
    let numbered = titles.filter_map(|title| {
        let (_, rows) = title.strip_suffix(')')?.rsplit_once('(')?;
        let rows: Option<Vec<_>> = rows.split(", ").map(row).collect();
        Some((rows?, title.to_owned()))
    });
    numbered.collect()
}

/// Parses a row in a name, for example `z4`.
fn row(part: &str) -> Option<String> {
    let number = part.get(1..)?;
    let is_row = part.starts_with(|c: char| c.is_ascii_alphabetic())
        && !number.is_empty()
        && number.len() < 3
        && number.bytes().all(|digit| digit.is_ascii_digit());
    is_row.then(|| part.to_uppercase())
}

#[test]
fn names_of_tests_are_parsed() {
    let found = rust_tests(
        "#[tokio::test(flavor = \"x\")]\nasync fn z5_d10_a_race() {}\nfn a1_helper() {}\n#[test]\nfn plain() {}\n\
         fn u16_be() {}\n#[test]\n#[ignore = \"slow\"]\nfn p4_some_day() {}\n#[test]\nfn u128_is_large() {}",
    );
    assert_eq!(found, [(vec!["Z5".to_owned(), "D10".to_owned()], "z5_d10_a_race".to_owned())]);
    let found = browser_tests("test(\"kick (Z6, M1)\", async () => {\ntest(\"no row (at all)\", x");
    assert_eq!(found, [(vec!["Z6".to_owned(), "M1".to_owned()], "kick (Z6, M1)".to_owned())]);
}
