//! Lints of templates, scripts and styles against cross-site scripting and the like. They read the
//! tree as text.

use std::path::Path;

use crate::architecture::{read, sources, text, tree};

/// Abuse: M3, M6
#[test]
fn templates_escape_everything_and_contain_no_script_or_style() {
    let templates: Vec<_> = tree().into_iter().filter(|path| path.starts_with("templates")).collect();
    assert!(templates.len() > 20, "{templates:?}");
    for path in templates {
        let (text, name) = (text(&path).unwrap(), path.display());
        assert!(!has_filter(&text, "safe") && !has_filter(&text, "escape"), "{name} writes without escaping");
        let markup = without_expressions(&text);
        for tag in markup.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
            let is_ours = tag.contains(" src=") || !tag.starts_with("script");
            let is_other = ["style", "base", "object", "iframe", "embed"].iter().any(|other| tag.starts_with(other));
            assert!(is_ours && !is_other, "{name}: <{tag}>");
            // Every second piece between quotes is outside of them, where an attribute ends in `=`.
            for outside in tag.split('"').step_by(2) {
                for attribute in outside.split_ascii_whitespace().filter(|part| part.contains('=')) {
                    assert!(attribute.ends_with('='), "{name}: {attribute} has no quotes around its value");
                    // Programs that show mail know no stylesheet.
                    let is_style = attribute == "style=" && !path.starts_with("templates/mail");
                    assert!(!attribute.starts_with("on") && !is_style, "{name}: {attribute}");
                }
            }
        }
    }
    // Raw markup is only written by the module that escapes by itself.
    for (path, source) in sources("src") {
        let is_raw =
            ["HtmlSafe", "escape = \"none\"", "filters::safe", "filters::Safe"].iter().any(|way| source.contains(way));
        assert!(!is_raw || path.ends_with("view/markup/mod.rs"), "{} writes without escaping", path.display());
    }
}

/// Whether an expression of a template uses a filter.
fn has_filter(template: &str, filter: &str) -> bool {
    let expressions = template.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap());
    expressions.flat_map(|expression| expression.split('|').skip(1)).any(|name| name.trim().starts_with(filter))
        || template.contains(&format!("{{% filter {filter}"))
}

/// Replaces each expression of a template by a dash.
fn without_expressions(template: &str) -> String {
    let (mut markup, mut rest) = (String::new(), template);
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let end = ["}}", "%}", "#}"].iter().filter_map(|end| rest[start..].find(end)).min().expect("an end");
        markup += &rest[..start];
        markup.push('-');
        rest = &rest[start + end + 2..];
    }
    markup + rest
}

/// Abuse: M5, M7
#[test]
fn one_place_in_the_browser_creates_markup_from_text_and_none_creates_patterns() {
    let scripts: Vec<_> = tree().into_iter().filter(|path| path.starts_with("web/ts")).collect();
    assert!(scripts.len() > 20, "{scripts:?}");
    for path in scripts {
        let text = text(&path).unwrap();
        let is_the_place = path.ends_with("lib/fragment.ts");
        let sinks = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "createContextualFragment",
            "parseFromString",
            "createPolicy",
            "setHTML",
            "eval(",
            "new Function",
            "srcdoc",
        ];
        for sink in sinks {
            assert!(is_the_place || !text.contains(sink), "{} has {sink}", path.display());
        }
        assert!(!text.contains("RegExp("), "{} creates a pattern from text", path.display());
    }
}

/// A panic that ends the process would let one bad packet stop the server.
///
/// Abuse: N7
#[test]
fn a_panic_unwinds_in_every_profile() {
    let manifest = read("Cargo.toml");
    let release = manifest.split("[profile.release]").nth(1).expect("a profile of releases");
    assert!(release.split("\n[").next().unwrap().contains("panic = \"unwind\""), "{release}");
    let own = concat!("panic = \"ab", "ort\"");
    let others = ["Makefile", "Dockerfile", ".cargo/config.toml", "bench/Cargo.toml", "crates/socketio/Cargo.toml"];
    for path in others.map(Path::new).into_iter().chain([Path::new("Cargo.toml")]) {
        let text =
            if Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists() { text(path).unwrap() } else { String::new() };
        assert!(!text.contains(own) && !text.contains("panic=ab"), "{} ends the process", path.display());
    }
}

/// Abuse: E2
#[test]
fn combining_marks_stay_within_their_bubble() {
    let css = read("web/css/message.css");
    let rules = css.split("  .bubble {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    assert!(rules.contains("overflow: clip"), "{rules}");
}
