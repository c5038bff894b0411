//! The structure of the source: which module may import which, where SQL and the clock may be used, how files are
//! named, how long they may be, and which words are not used. All tests here read the tree as text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use imports::{circles, import_graph};

mod imports;

/// From the top down: a module may use what stands on a lower line, and itself.
const LAYERS: &[&[&str]] = &[
    &["main", "fuzzing"],
    &["commands"],
    &["cli"],
    &["app", "startup"],
    &["web", "socket", "ops"],
    &["jobs"],
    &["service"],
    &["view", "realtime", "files", "tls"],
    &["wire"],
    &["chat"],
    &["db", "text"],
    &["config", "i18n", "origin", "cookie", "image", "media", "preview", "password"],
    &["cpu_pool", "due_time", "hints", "http_client"],
    &["age", "backup_files"],
    &[
        "error",
        "fair_queue",
        "hex",
        "ids",
        "clock",
        "lock",
        "log",
        "mail",
        "memory",
        "network",
        "open_files",
        "process_stats",
        "data_folder",
        "signals",
        "systemd",
        "web_push",
    ],
    &["failpoint", "metrics", "secret"],
];

/// Imports that break the order, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("config", "chat::Limits", "the limits of chat's input are defined by chat"),
    ("config", "image", "image::Limits, likewise"),
    ("config", "origin", "a setting is parsed by the module that uses it"),
    ("i18n", "chat::message", "a system message is written from what was stored"),
    ("i18n", "chat::user", "the users that a system message names, in tests"),
    ("i18n", "chat::member::Presence", "each presence has a word"),
    ("i18n", "chat::kinds::AuditAction", "each act in the audit log has a sentence"),
    ("cookie", "chat::session::Token", "the content of the session cookie"),
    ("cookie", "i18n::Lang", "the content of the language cookie"),
];

/// Circles of imports between files, each with its reason. A module and the files of its folder count as one place:
/// a parent declares its children, and they use what it defines.
const CIRCLES: &[(&[&str], &str)] = &[(
    &["namespace", "socket"],
    "a namespace holds its sockets, and a socket joins and leaves the rooms of its namespace",
)];

/// Files that may be longer than [`MAX_LINES`], each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];
const MAX_LINES: usize = 400;
const GENERATED: &[&str] =
    &["Cargo.lock", "package-lock.json", "requirements.txt", "client/src/wire.ts", "previous/wire.ts"];

/// The nouns of the product. A file that is about one of them has its name in every folder.
const NOUNS: &[&str] = &[
    "account",
    "admin",
    "ban",
    "block",
    "bot",
    "bus",
    "command",
    "digest",
    "direct",
    "directory",
    "export",
    "file",
    "gallery",
    "hook",
    "invite",
    "job",
    "lobby",
    "member",
    "message",
    "moderator",
    "mute",
    "my_rooms",
    "node",
    "notification",
    "occupancy",
    "one_time_link",
    "outgoing_hook",
    "picture",
    "presence",
    "profile",
    "push",
    "read_mark",
    "report",
    "room",
    "room_page",
    "room_password",
    "room_settings",
    "scheduled",
    "search",
    "session",
    "sign_up",
    "typing",
    "unread",
    "user",
];

/// Words that comments and documents must not use. See docs/glossary.md.
const OUT: &[&str] =
    &["anew", "whoever", "of who ", "to who ", "by who ", "nobody else's", ", say,", "needs it no more"];

#[test]
fn imports_follow_the_layers() {
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
    assert!(idle.is_empty(), "exceptions that nothing needs: {idle:#?}");
}

#[test]
fn files_import_each_other_in_no_circle() {
    for folder in ["src", "crates/socketio/src"] {
        let found: Vec<Vec<String>> = circles(&import_graph(folder));
        let is_listed = |circle: &Vec<String>| CIRCLES.iter().any(|(files, _)| files == &circle.as_slice());
        let wrong: Vec<_> = found.iter().filter(|circle| !is_listed(circle)).collect();
        assert!(wrong.is_empty(), "circles in {folder}: {wrong:#?}");
    }
}

#[test]
fn a_module_with_children_is_a_folder_with_mod_rs() {
    let folders: BTreeSet<PathBuf> = tree().iter().filter_map(|path| path.parent().map(Path::to_owned)).collect();
    for path in tree().iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        assert!(!folders.contains(&path.with_extension("")), "{} stands beside its folder", path.display());
    }
}

#[test]
fn the_same_noun_has_the_same_file_name_everywhere() {
    // Files about the protocol, the page as a whole or the folder itself.
    let infrastructure: &[(&str, &[&str])] = &[
        ("src/service", &["budgets", "disk_space", "housekeeping", "rates", "render", "retention", "store"]),
        ("src/socket", &["broadcast", "connect", "flush", "handshake"]),
        ("src/web/pages", &["me", "pwa"]),
        ("src/web/api", &["json", "openapi", "refusal", "table"]),
    ];
    for (folder, others) in infrastructure {
        for path in tree().iter().filter(|path| path.parent() == Some(Path::new(folder))) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let is_known = name == "mod" || name == "fuzzing" || NOUNS.contains(&name) || others.contains(&name);
            assert!(is_known, "{} is named after no noun of the product", path.display());
        }
    }
}

#[test]
fn the_old_dialect_stays_out() {
    let is_checked = |path: &Path| {
        let mut checked =
            "src crates tests bench templates web/ts web/css e2e docs migrations packages examples".split(' ');
        !path.ends_with("performance.json") && checked.any(|folder| path.starts_with(folder))
            || path.extension().is_some_and(|it| it == "md")
    };
    let mut found = Vec::new();
    for path in tree().into_iter().filter(|path| is_checked(path) && !path.starts_with("tests/architecture")) {
        let Some(text) = text(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            let words = OUT.iter().filter(|word| contains_word(&line, word));
            found.extend(words.map(|word| format!("{}:{}: {word}", path.display(), number + 1)));
        }
    }
    assert!(found.is_empty(), "{} places: {found:#?}", found.len());
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !is_letter(before) && (word.ends_with([' ', ',']) || !is_letter(after))
    })
}

#[test]
fn the_documents_name_files_that_exist() {
    let all: BTreeSet<PathBuf> = tree().into_iter().collect();
    let is_folder = |path: &Path| all.iter().any(|file| file.starts_with(path));
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"] {
        for path in read(document).split('`').skip(1).step_by(2).filter(|path| is_path(path)) {
            let path = Path::new(path.trim_end_matches('/'));
            let places = [path.to_owned(), Path::new("src").join(path)];
            let exists = places.iter().any(|place| all.contains(place) || is_folder(place));
            assert!(exists, "{document} names {}, which does not exist", path.display());
        }
    }
}

/// Whether something between backticks is meant as one file or folder of the tree.
fn is_path(text: &str) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
    let folders =
        ["src/", "crates/", "tests/", "docs/", "templates/", "migrations/", "web/", "bench/", "e2e/", "fuzz/"];
    is_plain && (folders.iter().any(|folder| text.starts_with(folder)) || (text.ends_with(".rs") && text.contains('/')))
}

#[test]
fn the_protocol_knows_nothing_of_the_product() {
    let sources = sources("crates/socketio/src");
    assert!(sources.len() > 10, "{}", sources.len());
    for (path, source) in sources {
        assert!(!code(&source).contains("madang"), "{} names the product", path.display());
    }
    let manifest = read("crates/socketio/Cargo.toml");
    assert!(!manifest.contains("path = \"../"), "crates/socketio depends on a crate of ours");
}

#[test]
fn only_the_engine_knows_rusqlite() {
    for (path, source) in sources("src") {
        let is_engine = path.starts_with("src/db/sqlite");
        assert!(is_engine || !code(&source).contains("rusqlite"), "{} names rusqlite", path.display());
    }
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
fn only_the_clock_reads_the_time() {
    let reads = concat!("SystemTime", "::now");
    for (path, source) in sources("src").into_iter().chain(sources("crates/socketio/src")) {
        assert!(!source.contains(reads) || module(&path) == "clock", "{} reads the time", path.display());
    }
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let long = |path: &Path| LONG_FILES.iter().any(|(listed, _)| Path::new(listed) == path);
    let is_ours = |path: &Path| {
        ["src", "crates", "templates", "tests", "web/ts", "web/css", "migrations", "bench/src", "packages", "examples"]
            .iter()
            .any(|folder| path.starts_with(folder))
    };
    for path in tree().into_iter().filter(|path| is_ours(path) && !long(path)) {
        let Some(text) = text(&path) else { continue };
        let is_generated = GENERATED.iter().any(|name| path.ends_with(name));
        assert!(text.lines().count() <= MAX_LINES || is_generated, "{} is too long", path.display());
    }
    for (path, reason) in LONG_FILES {
        assert!(read(path).lines().count() > MAX_LINES && !reason.is_empty(), "{path} need not be listed");
    }
}

#[test]
fn the_tree_names_no_path_of_one_machine() {
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

pub(super) fn root() -> &'static Path {
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
            // Hidden folders belong to tools, except those that run the tests.
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

/// The Rust files under a folder, except those that only contain tests.
pub(super) fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let is_test = |path: &Path| {
        path.iter().any(|part| part == "tests" || part == "tests.rs") || path.ends_with("chat/fixtures.rs")
    };
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
    // The root of the crate only declares.
    place.unwrap_or_else(|| if module == "lib" { 0 } else { panic!("{module} has no layer") })
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

/// Every path into the crate, in `use` lines and elsewhere, without `crate::`.
fn used_paths(source: &str) -> Vec<String> {
    let code = code(source).replace("madang::", "crate::");
    let starts = code.match_indices("crate::").map(|(start, found)| start + found.len());
    let path = |start: usize| -> String {
        let path: String =
            code[start..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
        assert!(!path.is_empty(), "one `use` for each module: crate::{}…", &code[start..start + 20]);
        path.trim_end_matches(':').to_owned()
    };
    starts.map(path).collect()
}

/// Whether a path is `place` or lies in it.
fn is_within(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
