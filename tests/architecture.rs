//! The manners of the source: who may import whom, where SQL and the clock live, how long a file
//! may be. Everything here reads the tree as text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From the top down: a module may use what stands on a lower line, and itself.
const LAYERS: &[&[&str]] = &[
    &["main", "fuzzing"],
    &["app"],
    &["web", "socket"],
    &["state"],
    &["view", "live"],
    &["chat"],
    &["db", "text"],
    &["config", "words", "origin", "cookie", "image", "media", "fetch", "password"],
    &["workers"],
    &["error", "ids", "clock", "lock", "mail"],
    &["failpoint"],
];

/// Arrows that point elsewhere, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("web", "socket::wire", "REST answers in the shapes of the sockets"),
    ("config", "chat::Limits", "what chat may be told is chat's to say"),
    ("config", "image", "image::Limits, likewise"),
    ("config", "fetch", "fetch::Limits, likewise"),
    ("config", "origin", "a setting is read by who knows what it means"),
    ("words", "chat::message", "a system line is told from what was stored"),
    ("words", "chat::user", "in tests, somebody to tell of"),
    ("words", "chat::member::Presence", "each state has a word"),
    ("cookie", "chat::session::Token", "what the session cookie holds"),
    ("cookie", "words::Lang", "what the language cookie holds"),
];

/// Files that may be longer than [`LONGEST`], each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];
const LONGEST: usize = 400;

#[test]
fn nobody_imports_against_the_order() {
    let mut wrong = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (path, source) in sources("src") {
        let from = module(&path);
        for used in used_paths(&source) {
            let to = used.split("::").next().unwrap();
            let is_listed = |&&(a, b, _): &&(&str, &str, &str)| a == from && is_within(&used, b);
            if let Some(exception) = EXCEPTIONS.iter().find(is_listed) {
                seen.insert(exception.1);
            } else if to != from && layer(to) <= layer(&from) {
                wrong.insert(format!("{}: {from} must not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let idle: Vec<_> = EXCEPTIONS.iter().filter(|(_, path, _)| !seen.contains(path)).collect();
    assert!(idle.is_empty(), "exceptions that nobody needs any more: {idle:#?}");
}

#[test]
fn the_protocol_knows_nothing_of_the_house() {
    let sources = sources("crates/socketio/src");
    assert!(sources.len() > 10, "{}", sources.len());
    for (path, source) in sources {
        assert!(!code(&source).contains("madang"), "{} names the house", path.display());
    }
    let manifest = read("crates/socketio/Cargo.toml");
    assert!(!manifest.contains("{ path ="), "crates/socketio depends on a crate of ours");
}

#[test]
fn sql_is_in_chat_and_db_alone() {
    for (path, source) in sources("src") {
        if matches!(module(&path).as_str(), "chat" | "db") {
            continue;
        }
        for statement in ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA "] {
            assert!(!code(&source).contains(statement), "{} contains {statement}", path.display());
        }
    }
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let asks = concat!("SystemTime", "::now");
    for (path, source) in sources("src").into_iter().chain(sources("crates/socketio/src")) {
        assert!(!source.contains(asks) || module(&path) == "clock", "{} asks for the time", path.display());
    }
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let long = |path: &Path| LONG_FILES.iter().any(|(listed, _)| Path::new(listed) == path);
    let of_ours = |path: &Path| {
        ["src", "crates", "templates", "tests", "web/ts", "web/css", "migrations"]
            .iter()
            .any(|folder| path.starts_with(folder))
    };
    for path in tree().into_iter().filter(|path| of_ours(path) && !long(path)) {
        let Some(text) = text(&path) else { continue };
        let is_written_by_a_tool =
            ["Cargo.lock", "package-lock.json", "requirements.txt"].iter().any(|name| path.ends_with(name));
        assert!(text.lines().count() <= LONGEST || is_written_by_a_tool, "{} is too long", path.display());
    }
    for (path, reason) in LONG_FILES {
        assert!(read(path).lines().count() > LONGEST && !reason.is_empty(), "{path} need not be listed");
    }
}

#[test]
fn the_tree_names_no_place_of_one_machine() {
    for path in tree() {
        let Some(text) = text(&path) else { continue };
        for place in [["/wo", "rk/"], ["/ro", "ot/"], ["/tm", "p/"]].map(|halves| halves.concat()) {
            assert!(!text.contains(&place), "{} names {place}", path.display());
        }
    }
}

#[test]
fn sqlite_and_postgres_migrate_in_the_same_steps() {
    let names = |engine: &str| -> BTreeSet<PathBuf> {
        let folder = Path::new("migrations").join(engine);
        tree().iter().filter_map(|path| path.strip_prefix(&folder).ok().map(Path::to_owned)).collect()
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn text(path: &Path) -> Option<String> {
    String::from_utf8(std::fs::read(root().join(path)).unwrap()).ok()
}

/// All files of the tree that a commit may hold, relative to it.
pub fn tree() -> Vec<PathBuf> {
    const BUILT: &[&str] = &["target", "node_modules", "dist", "data", "venv", "out", "__pycache__"];
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let kind = entry.file_type().unwrap();
            // Hidden folders are tools' own, but for what runs the tests.
            if kind.is_dir() && !BUILT.contains(&name.as_str()) && (!name.starts_with('.') || name == ".ci") {
                folders.push(entry.path());
            } else if kind.is_file() && name != ".env" {
                files.push(entry.path().strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// The Rust files under a folder, without those that only tests have.
pub fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let is_test =
        |path: &Path| path.iter().any(|part| part == "tests" || part == "tests.rs") || path.ends_with("chat/cast.rs");
    let files = tree().into_iter().filter(|path| path.starts_with(folder));
    let rust = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.filter(|path| !is_test(path)).map(|path| (path.clone(), text(&path).unwrap())).collect()
}

/// The module of a file in src: its first folder, or the file itself.
fn module(path: &Path) -> String {
    let first = path.iter().nth(1).unwrap();
    Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned()
}

fn layer(module: &str) -> usize {
    let place = LAYERS.iter().position(|layer| layer.contains(&module));
    // The roots of the crates only declare.
    place.unwrap_or_else(|| if module == "lib" { 0 } else { panic!("{module} has no place in the order") })
}

/// The source without comments and without the tests at its end.
fn code(source: &str) -> String {
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    source[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.to_owned() + "\n")
        .collect()
}

/// Every path into the crate, in `use` lines and elsewhere, without the `crate::`.
fn used_paths(source: &str) -> Vec<String> {
    let code = code(source).replace("madang::", "crate::");
    let starts = code.match_indices("crate::").map(|(start, found)| start + found.len());
    let path = |start: usize| -> String {
        let path: String =
            code[start..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
        assert!(!path.is_empty(), "one `use` for each module, please: crate::{}…", &code[start..start + 20]);
        path.trim_end_matches(':').to_owned()
    };
    starts.map(path).collect()
}

/// Whether a path is `place` or lies in it.
fn is_within(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
