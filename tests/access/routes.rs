//! The routes of the pages, read from their sources.

/// Returns the routes of `src/web` but those of `api/`, read as text: `METHOD /path`.
pub(super) fn routes() -> Vec<String> {
    let mut found = Vec::new();
    for source in sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")) {
        for route in source.split(".route(\"").skip(1) {
            let (path, rest) = route.split_once('"').unwrap();
            let handlers = arguments(rest);
            let before = found.len();
            for method in ["get", "post", "put", "patch", "delete", "any"] {
                let is_named = |mark: char| handlers.contains(&format!("{mark}{method}("));
                if is_named(' ') || is_named('.') {
                    found.push(format!("{} {path}", method.to_uppercase()));
                }
            }
            assert!(found.len() > before, "{path} has no method that this test knows");
        }
    }
    found
}

/// Returns the files of a folder and of its subfolders, up to their own tests.
fn sources(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(if path.ends_with("api") { Vec::new() } else { sources(&path) });
        } else {
            let source = std::fs::read_to_string(path).unwrap();
            found.push(source.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
    found
}

/// Returns the rest of a call's arguments, up to the parenthesis that closes them.
fn arguments(rest: &str) -> &str {
    let mut depth = 1;
    let end = rest.find(|mark| {
        depth += i32::from(mark == '(') - i32::from(mark == ')');
        depth == 0
    });
    &rest[..end.unwrap()]
}
