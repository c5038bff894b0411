//! Runs the known inputs without a fuzzer: `fuzz/seeds`, which the fuzzer begins with and which have
//! its findings, and `fuzz/corpus`, a small set of inputs that reaches the same code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Runs every input of a target. A failing test prints the name of the last one.
fn replay(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    for (kind, least) in [("seeds", 5), ("corpus", 1)] {
        let folder = folder(kind).join(target);
        let names = names(&folder);
        assert!(names.len() >= least, "{target} has too few {kind}");
        for name in names {
            eprintln!("{kind}/{target}/{name}");
            run(&std::fs::read(folder.join(name)).unwrap());
        }
    }
}

macro_rules! replayed {
    ($($test:ident $target:literal)+) => {
        $(#[test]
        fn $test() {
            replay($target);
        })+

        #[test]
        fn every_target_has_inputs_and_is_replayed() {
            let replayed = BTreeSet::from([$($target.to_owned()),+]);
            assert_eq!(replayed, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
            assert_eq!(replayed, names(&folder("seeds")));
            assert_eq!(replayed, names(&folder("corpus")));
            assert_eq!(replayed, names(&folder("targets")).iter().map(|name| name.replace(".rs", "")).collect());
        }
    };
}

replayed! {
    replay_address "address"
    replay_call "call"
    replay_event "event"
    replay_header "header"
    replay_link "link"
    replay_markup "markup"
    replay_page "page"
    replay_picture "picture"
    replay_request "request"
    replay_search "search"
    replay_upload "upload"
}
