//! The graph of imports between the files of a crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code, sources};

/// The imports between the files of a crate, by module path. Imports between a module and the files of its folder are
/// left out.
pub(super) fn import_graph(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let sources: BTreeMap<String, String> =
        sources(folder).into_iter().map(|(path, source)| (module_path(folder, &path), source)).collect();
    let mut graph = BTreeMap::new();
    for (from, source) in &sources {
        let mut imports = BTreeSet::new();
        for used in use_paths(&code(source), from) {
            let parts: Vec<&str> = used.split("::").collect();
            let found = (1..=parts.len()).rev().map(|count| parts[..count].join("::"));
            let Some(to) = found.into_iter().find(|module| sources.contains_key(module)) else { continue };
            let is_family = to == *from || to.starts_with(&format!("{from}::")) || from.starts_with(&format!("{to}::"));
            if !is_family {
                imports.insert(to);
            }
        }
        graph.insert(from.clone(), imports);
    }
    graph
}

/// `src/chat/message/mod.rs` is `chat::message`.
fn module_path(folder: &str, path: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap().with_extension("");
    let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod").collect();
    parts.join("::")
}

/// The paths of all `use` lines and of `crate::…` elsewhere, from the root of the crate.
fn use_paths(code: &str, module: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for rest in code.split("use ").skip(1) {
        let Some((tree, _)) = rest.split_once(';') else { continue };
        expand(&tree.split_whitespace().collect::<Vec<_>>().join(" "), "", &mut paths);
    }
    let elsewhere = code.match_indices("crate::").map(|(at, _)| {
        code[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect::<String>()
    });
    paths.extend(elsewhere);
    paths.iter().filter_map(|path| absolute(path.trim_end_matches(':'), module)).collect()
}

/// Splits `a::{b, c::{d}}` into its paths.
fn expand(tree: &str, prefix: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let join = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    let Some((head, inner)) = tree.split_once('{') else {
        return paths.push(join(tree.split(" as ").next().unwrap().trim()));
    };
    let head = join(head.trim_end_matches("::"));
    let (mut depth, mut start) = (0, 0);
    let inner = inner.trim_end().trim_end_matches('}');
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let one = inner[start..at].trim();
                start = (at + 1).min(inner.len());
                if !one.is_empty() {
                    expand(one, &head, paths);
                }
            }
            _ => {}
        }
    }
}

fn absolute(path: &str, module: &str) -> Option<String> {
    if let Some(path) = path.strip_prefix("crate::") {
        return Some(path.to_owned());
    }
    let mut base: Vec<&str> = module.split("::").collect();
    let mut rest = path;
    let starts = path.starts_with("super::") || path.starts_with("self::");
    while let Some(path) = rest.strip_prefix("super::") {
        base.pop();
        rest = path;
    }
    rest = rest.strip_prefix("self::").unwrap_or(rest);
    starts.then(|| base.into_iter().chain([rest]).collect::<Vec<_>>().join("::"))
}

/// The groups of files that can reach each other.
pub(super) fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|from| (from, reach(graph, from))).collect();
    let mut found = BTreeSet::new();
    for from in graph.keys().filter(|from| reached[from].contains(from)) {
        let circle: Vec<String> =
            reached[from].iter().filter(|to| reached[**to].contains(from)).map(|&to| to.clone()).collect();
        found.insert(circle);
    }
    found.into_iter().collect()
}

fn reach<'a>(graph: &'a BTreeMap<String, BTreeSet<String>>, from: &String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = graph[from].iter().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(&graph[module]);
        }
    }
    reached
}
