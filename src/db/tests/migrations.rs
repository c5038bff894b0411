//! Checks that both engines get the same tables, columns and indexes.

use std::collections::BTreeMap;

/// Returns the migrations of both engines: name, SQLite, PostgreSQL.
fn twins() -> Vec<(String, String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut names: Vec<String> = std::fs::read_dir(root.join("sqlite"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let read = |engine: &str, name: &str| std::fs::read_to_string(root.join(engine).join(name)).unwrap();
    names.iter().map(|name| (name.clone(), read("sqlite", name), read("postgres", name))).collect()
}
/// Returns the schema in the text of a migration: tables with their columns, indexes with what they cover,
/// and added columns.
fn outline(sql: &str) -> BTreeMap<String, Vec<String>> {
    let text: String = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    let mut outline = BTreeMap::new();
    for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        let words: Vec<&str> = statement.split_whitespace().collect();
        if words[..3] == ["INSERT", "INTO", "search"] {
            // The options of the search index are particular to one engine.
            continue;
        }
        if ["ALTER", "UPDATE", "DROP"].contains(&words[0]) {
            // The type of an added column differs between the engines; its name does not.
            let named = if words[0] == "ALTER" { words[..6].join(" ") } else { words.join(" ") };
            outline.insert(named, Vec::new());
            continue;
        }
        let (head, body) = statement.split_once('(').unwrap();
        if words.contains(&"INDEX") {
            // Only PostgreSQL has columns of an index that are not part of its key, so that the key may be unique.
            let head = if body.contains("INCLUDE") { head.replace("UNIQUE ", "") } else { head.to_owned() };
            outline.insert(head.trim().to_owned(), vec![body.replace(") INCLUDE (", ", ")]);
        } else {
            let columns = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(')'));
            let names = columns.map(|line| match line.split_once(' ') {
                Some((name, _)) if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') => name.to_owned(),
                _ => line.to_owned(),
            });
            outline.insert(head.trim().to_owned(), names.collect());
        }
    }
    outline
}

/// The migration that differs: the search index is a virtual table of FTS5 in SQLite, and a `tsvector` with
/// an index in PostgreSQL. Each engine's folder hides it.
const APART: &str = "0003_search.sql";

#[test]
fn both_engines_have_the_same_tables_columns_and_indexes() {
    let twins = twins();
    for (name, ours, theirs) in &twins {
        if name == APART {
            assert!(ours.contains("CREATE VIRTUAL TABLE search USING fts5") && ours.contains("words,"));
            assert_eq!(outline(theirs)["CREATE TABLE search"], ["number", "words"]);
            continue;
        }
        assert_eq!(outline(ours), outline(theirs), "{name}");
    }
    let chat = outline(&twins[0].1);
    assert_eq!(chat.keys().filter(|head| head.starts_with("CREATE TABLE")).count(), 8);
    assert_eq!(chat["CREATE TABLE bans"][..3], ["room_id", "user_id", "by_user_id"]);
    assert!(outline(&twins[1].1).contains_key("ALTER TABLE users ADD COLUMN bio"));
}
