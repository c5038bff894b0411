//! The licences of what the binary contains.

use std::process::Command;

use serde_json::Value;

use super::binary;

/// Returns the crates that the program is linked from, as `cargo tree` prints them: `name v1.2.3`.
fn linked_crates() -> Vec<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--package", "madang", "--edges", "normal", "--prefix", "none", "--locked", "--offline"]);
    let printed = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let lines = String::from_utf8(printed.stdout).unwrap();
    let is_ours = |line: &&str| line.contains("(/");
    lines.lines().filter(|line| !line.is_empty() && !is_ours(line)).map(str::to_owned).collect()
}

/// Returns the packages that the page's script is made of.
fn packages_of_the_page() -> Vec<String> {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/web/package-lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&lock).unwrap();
    let packages = lock["packages"].as_object().unwrap().iter();
    let is_shipped = |package: &Value| package["dev"].is_null() && package["optional"].is_null();
    let name = |path: &str| path.rsplit_once("node_modules/").map(|(_, name)| name.to_owned());
    packages.filter(|(_, package)| is_shipped(package)).filter_map(|(path, _)| name(path)).collect()
}

#[test]
fn everything_in_the_binary_has_its_licence() {
    let printed = binary().arg("licenses").output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let licences = String::from_utf8(printed.stdout).unwrap();
    let (list, texts) = licences.split_once("\n---").unwrap();
    let crates = linked_crates();
    assert!(crates.len() > 200, "{}", crates.len());
    for line in crates {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap().trim_start_matches('v'));
        assert!(list.contains(&format!("\n{name} {version}: ")), "{line} is not listed");
    }
    for name in packages_of_the_page() {
        assert!(list.contains(&format!("\n{name} ")), "{name} is not listed");
    }
    assert!(!list.contains(": null") && !list.contains(": undefined"), "a package without a licence");
    for text in ["Permission is hereby granted, free of charge", "Apache License", "Mozilla Public License", "jemalloc"]
    {
        assert!(texts.contains(text), "{text}");
    }
}
