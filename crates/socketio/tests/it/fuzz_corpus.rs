//! Replays the fuzzer's seeds and findings (`fuzz/seeds`) and the smallest inputs that reach the same
//! code (`fuzz/corpus`), without a fuzzer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::drivers::TARGETS;

#[expect(unreachable_pub, reason = "the fuzz crate exports them")]
#[path = "../../fuzz/src/drivers/mod.rs"]
mod drivers;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Runs all inputs of a target; the output of a failed test names the last one.
fn replay(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    for (kind, min) in [("seeds", 5), ("corpus", 1)] {
        let folder = folder(kind).join(target);
        let names = names(&folder);
        assert!(names.len() >= min, "{target} has too few {kind}");
        for name in names {
            eprintln!("{kind}/{target}/{name}");
            run(&std::fs::read(folder.join(name)).unwrap());
        }
    }
}

macro_rules! replays {
    ($($test:ident $target:literal)+) => {
        $(#[test]
        fn $test() {
            replay($target);
        })+

        #[test]
        fn every_target_has_seeds_and_a_corpus_and_is_replayed() {
            let replayed = BTreeSet::from([$($target.to_owned()),+]);
            assert_eq!(replayed, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
            assert_eq!(replayed, names(&folder("seeds")));
            assert_eq!(replayed, names(&folder("corpus")));
            assert_eq!(replayed, names(&folder("targets")).iter().map(|name| name.replace(".rs", "")).collect());
        }
    };
}

replays! {
    the_inputs_of_conversation_are_replayed "conversation"
    the_inputs_of_frame_are_replayed "frame"
    the_inputs_of_head_are_replayed "head"
    the_inputs_of_packet_are_replayed "packet"
    the_inputs_of_payload_are_replayed "payload"
}
