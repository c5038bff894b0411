//! The checker checked: bugs that are planted in the program, each of which one invariant, known by
//! name, must find.

use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::fault::Fault;
use crate::run::{Plan, run};

/// Runs that a bug may take to show.
const RUNS: u64 = 4;

/// A bug, the deaths that bring it to light, the faults likewise, and who must find it.
struct Planted {
    name: &'static str,
    sabotage: &'static str,
    faults: &'static [Fault],
    found_by: &'static [&'static str],
}

const PLANTED: &[Planted] = &[
    Planted {
        name: "the ack leaves before the commit",
        sabotage: "ack-before-commit,die=before-commit:60",
        faults: &[],
        found_by: &["I1"],
    },
    Planted {
        name: "the members hear of it before the commit",
        sabotage: "tell-before-commit,die=before-commit:60",
        faults: &[],
        found_by: &["I2", "I5"],
    },
    Planted {
        name: "a repeated key is stored again",
        sabotage: "skip-dedup",
        faults: &[Fault::Cut],
        found_by: &["I3"],
    },
    Planted { name: "revs of a sequence that loses some", sabotage: "loose-revs", faults: &[], found_by: &["I4"] },
    Planted { name: "a full queue drops", sabotage: "drop-on-full", faults: &[], found_by: &["I7"] },
    Planted {
        name: "a resume brings a part",
        sabotage: "partial-resume",
        faults: &[Fault::Cut],
        found_by: &["I7", "I8"],
    },
    Planted { name: "a kick reaches the fan-out late", sabotage: "late-kick", faults: &[], found_by: &["I11"] },
    Planted {
        name: "seats are counted without a lock",
        sabotage: "loose-capacity",
        faults: &[Fault::Rush],
        found_by: &["I12"],
    },
];

/// Plants one bug after the other; the names of those that were not found.
pub(crate) async fn find(madang: &Path, seed: u64) -> Outcome<Vec<&'static str>> {
    let mut missed = Vec::new();
    for planted in PLANTED {
        let is_found = planted.is_found(madang, seed).await?;
        let by = planted.found_by.join(" or ");
        let verdict = if is_found { format!("found by {by}") } else { format!("NOT FOUND by {by}") };
        println!("  {:<45} {verdict}", planted.name);
        if !is_found {
            missed.push(planted.name);
        }
    }
    Ok(missed)
}

impl Planted {
    /// Some bugs show only when two things meet: on a slow machine that takes more than one run.
    async fn is_found(&self, madang: &Path, seed: u64) -> Outcome<bool> {
        for seed in seed..seed + RUNS {
            let found = run(&self.plan(madang, seed)).await?.violations;
            if found.iter().any(|violation| self.found_by.contains(&violation.invariant)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn plan(&self, madang: &Path, seed: u64) -> Plan {
        Plan {
            madang: madang.to_owned(),
            seed,
            lasting: Duration::from_millis(2_500),
            senders: 14,
            pace: 15,
            between: Duration::from_millis(500),
            longest: Duration::from_millis(300),
            faults: self.faults.to_vec(),
            sabotage: self.sabotage.to_owned(),
            stock: None,
        }
    }
}
