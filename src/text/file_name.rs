//! Names of files.

use super::visible::{folded, shows};

/// The most characters of a name.
const LONGEST: usize = 120;
/// The most characters of an ending, with its full stop.
const ENDING: usize = 16;

/// Returns the name under which a file is shown and downloaded: without folders, cleaned like a name, cut to 120
/// characters before its ending. It is never used as a path on the server.
pub fn file_name(typed: &str) -> String {
    let last = typed.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = folded(last);
    if !shows(&name) {
        return "file".to_owned();
    }
    let length = name.chars().count();
    if length <= LONGEST {
        return name;
    }
    let ending = ending(&name);
    let kept: String = name.chars().take(LONGEST - ending.chars().count()).collect();
    // Half an emoji would be another one.
    kept.trim_end_matches(['\u{200d}', ' ']).to_owned() + ending
}

/// Returns what says of which kind a file is: `.hwp`, `.tar.gz`.
fn ending(name: &str) -> &str {
    let is_ending = |ending: &&str| ending.len() > 1 && !ending.contains(' ') && ending.chars().count() <= ENDING;
    let at = |name: &str| name.rfind('.').filter(|&at| at > 0);
    let Some(ending) = at(name).map(|at| &name[at..]).filter(is_ending) else { return "" };
    let before = &name[..name.len() - ending.len()];
    match at(before) {
        Some(at) if before[at..].eq_ignore_ascii_case(".tar") => &name[at..],
        _ => ending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_has_no_folders() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("C:\\temp\\cat\u{202e}fig.gif"), "catfig.gif");
        assert_eq!(file_name("a/\0"), "file");
        assert_eq!(file_name(&"x".repeat(300)).len(), 120);
    }

    #[test]
    fn a_long_name_lost_its_ending() {
        for ending in [".pdf", ".hwp", ".tar.gz", ".한글"] {
            let name = file_name(&("보고서".repeat(50) + ending));
            assert!(name.ends_with(ending) && name.chars().count() == 120, "{name}");
        }
        for no_ending in [format!("{}. {}", "가".repeat(110), "나".repeat(60)), format!("a.{}", "x".repeat(200))] {
            assert_eq!(file_name(&no_ending).chars().count(), 120);
        }
        let family = "👨\u{200d}👩\u{200d}👧";
        assert!(!file_name(&family.repeat(50)).contains("\u{200d}."));
    }
}
