//! What the fuzzer began with and what it found, `fuzz/seeds`, and the least of inputs that reach
//! what it has reached, `fuzz/corpus`: all of it run without a fuzzer.

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

/// Runs every seed of a target and its corpus, each named in the output of a test that fails.
fn replay(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    for (kind, least) in [("seeds", 5), ("corpus", 1)] {
        let folder = folder(kind).join(target);
        let names = names(&folder);
        assert!(names.len() >= least, "{target} has few {kind}");
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
        fn every_target_of_the_fuzzer_has_seeds_and_is_replayed() {
            let replayed = BTreeSet::from([$($target.to_owned()),+]);
            assert_eq!(replayed, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
            assert_eq!(replayed, names(&folder("seeds")));
            assert_eq!(replayed, names(&folder("corpus")));
            assert_eq!(replayed, names(&folder("targets")).iter().map(|name| name.replace(".rs", "")).collect());
        }
    };
}

replayed! {
    every_address_is_as_it_was_found "address"
    every_call_is_as_it_was_found "call"
    every_event_is_as_it_was_found "event"
    every_header_is_as_it_was_found "header"
    every_markup_is_as_it_was_found "markup"
    every_page_is_as_it_was_found "page"
    every_picture_is_as_it_was_found "picture"
    every_request_is_as_it_was_found "request"
    every_search_is_as_it_was_found "search"
    every_upload_is_as_it_was_found "upload"
}
