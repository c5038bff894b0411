//! The catalogue of abuse: which test proves which row. docs/abuse.md is generated from the tests: a
//! Rust test names its rows in a doc line, `/// Abuse: Z4, Z5`, and a browser test at the end of its
//! title, `… (Z4)`. A row without a test fails here, and so does an unknown row. An ignored test
//! proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::reference::is_current;

mod rows;

/// The number of a row, the attempt, and a remark on the limits of the proof.
type Row = (u8, &'static str, &'static str);

/// Every row of every group must be proven.
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
    ('B', "What one network may take", rows::B),
    ('D', "Moderation", rows::D),
];

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
    assert!(proofs.is_empty(), "rows that the catalogue does not have: {proofs:#?}");
    is_current("abuse.md", &paper);
}

/// Each test that docs/security.md names is a proof of the catalogue.
#[test]
fn the_attacks_are_held_by_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paper = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let known: BTreeSet<String> = proofs().into_values().flatten().map(|(_, name)| name).collect();
    let is_test =
        |name: &&str| name.matches('_').count() > 2 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let named: Vec<&str> = paper.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 20, "{named:?}");
    let wrong: Vec<_> = named.iter().filter(|name| !known.contains(**name)).collect();
    assert!(wrong.is_empty(), "tests that prove nothing: {wrong:#?}");
}

const HEAD: &str = "# Abuse, and the tests against it\n\n\
What somebody may try at each entry point, and the tests that try it. Generated from the tests\n\
(`make reference`); `tests/catalogue` fails while a row has no test. [security.md](security.md) has the\n\
attacks of a review with their figures, before and now.\n";

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

/// Returns the tests by row.
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

/// Returns the tests with a doc line of rows. It may stand above or below the test's attributes.
fn rust_tests(source: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let (mut is_test, mut is_ignored, mut rows) = (false, false, Vec::new());
    for line in source.lines().map(str::trim) {
        if let Some(list) = line.strip_prefix("/// Abuse: ") {
            rows = list.split(", ").map(|row| self::row(row).unwrap_or_else(|| panic!("not a row: {line}"))).collect();
        } else if line.starts_with('#') {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            is_ignored |= line.starts_with("#[ignore");
        } else if !line.starts_with("///") {
            let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let Some(name) = name.filter(|_| !rows.is_empty() && !is_ignored) {
                assert!(is_test, "the rows of something that is not a test: {line}");
                let name = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((std::mem::take(&mut rows), name));
            }
            (is_test, is_ignored, rows) = (false, false, Vec::new());
        }
    }
    found
}

/// Returns the browser tests whose titles end with rows in brackets.
fn browser_tests(source: &str) -> Vec<(Vec<String>, String)> {
    let titles = source.lines().filter_map(|line| line.trim().strip_prefix("test(\"")?.split('"').next());
    let numbered = titles.filter_map(|title| {
        let (_, rows) = title.strip_suffix(')')?.rsplit_once('(')?;
        let rows: Option<Vec<_>> = rows.split(", ").map(row).collect();
        Some((rows?, title.to_owned()))
    });
    numbered.collect()
}

/// Checks the form of a row, for example `Z4`.
fn row(part: &str) -> Option<String> {
    let number = part.get(1..)?;
    let is_row = part.starts_with(|c: char| c.is_ascii_uppercase())
        && !number.is_empty()
        && number.len() < 3
        && number.bytes().all(|digit| digit.is_ascii_digit());
    is_row.then(|| part.to_owned())
}

#[test]
fn rows_are_read_from_doc_lines_and_titles() {
    let found = rust_tests(concat!(
        "/// A race.\n///\n/// Abuse: Z5, Z10\n/// Delivery: D10\n#[tokio::test(flavor = \"x\")]\nasync fn a_race() {}\n",
        "#[test]\nfn plain() {}\n/// Abuse: P4\n#[test]\n#[ignore = \"slow\"]\nfn some_day() {}\n",
    ));
    assert_eq!(found, [(vec!["Z5".to_owned(), "Z10".to_owned()], "a_race".to_owned())]);
    let found = browser_tests("test(\"kick (Z6, M1)\", async () => {\ntest(\"no row (at all)\", x");
    assert_eq!(found, [(vec!["Z6".to_owned(), "M1".to_owned()], "kick (Z6, M1)".to_owned())]);
}
