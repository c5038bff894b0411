//! Tests of the harness itself. Each patch in `crates/torture/bugs` puts one bug into the server; the
//! harness must find it by the invariant that is named here.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::Result;
use crate::fault::{Fault, has_strace};
use crate::run::{Plan, run};
use crate::sync_proof;

/// How many runs may be needed to find a bug.
const RUNS: u64 = 4;

struct Bug {
    /// The name of the patch.
    name: &'static str,
    /// How many nodes show it; 0: one server on SQLite does.
    nodes: usize,
    failpoints: &'static str,
    faults: &'static [Fault],
    found_by: FoundBy,
}

enum FoundBy {
    /// A run that breaks one of these invariants.
    Invariants(&'static [&'static str]),
    /// The proof by strace.
    SyncProof,
}
use FoundBy::{Invariants, SyncProof};

/// Gives acks and events that leave before the commit time to arrive before the crash.
const CRASH_IN_SLOW_COMMIT: &str = "slow-commit=20,crash=before-commit:60";

const BUGS: &[Bug] = &[
    Bug {
        name: "ack-before-commit",
        nodes: 0,
        failpoints: CRASH_IN_SLOW_COMMIT,
        faults: &[],
        found_by: Invariants(&["I1"]),
    },
    Bug {
        name: "publish-before-commit",
        nodes: 0,
        failpoints: CRASH_IN_SLOW_COMMIT,
        faults: &[],
        found_by: Invariants(&["I2", "I5"]),
    },
    Bug { name: "no-deduplication", nodes: 0, failpoints: "", faults: &[Fault::Cut], found_by: Invariants(&["I3"]) },
    Bug { name: "rev-gaps", nodes: 0, failpoints: "", faults: &[], found_by: Invariants(&["I4"]) },
    Bug { name: "full-queue-drops", nodes: 0, failpoints: "", faults: &[], found_by: Invariants(&["I7"]) },
    Bug {
        name: "partial-resume",
        nodes: 0,
        failpoints: "",
        faults: &[Fault::Cut],
        found_by: Invariants(&["I7", "I8"]),
    },
    Bug { name: "late-kick", nodes: 0, failpoints: "", faults: &[], found_by: Invariants(&["I11"]) },
    Bug { name: "no-capacity-check", nodes: 0, failpoints: "", faults: &[Fault::Rush], found_by: Invariants(&["I12"]) },
    Bug {
        name: "commits-out-of-order",
        nodes: 3,
        failpoints: "",
        faults: &[Fault::RedisCut, Fault::RedisHalfOpen],
        found_by: Invariants(&["I6", "I7", "I8"]),
    },
    Bug {
        name: "hint-before-commit",
        nodes: 3,
        failpoints: CRASH_IN_SLOW_COMMIT,
        faults: &[],
        found_by: Invariants(&["I2", "I5", "I7", "I8"]),
    },
    Bug { name: "no-regular-read", nodes: 3, failpoints: "", faults: &[], found_by: Invariants(&["I8"]) },
    Bug {
        name: "retry-keeps-first-answer",
        nodes: 3,
        failpoints: "",
        faults: &[Fault::Deadlock],
        found_by: Invariants(&["I1", "I3", "I5", "I9"]),
    },
    Bug {
        name: "job-ended-before-its-try",
        nodes: 0,
        failpoints: "",
        faults: &[Fault::Kill],
        found_by: Invariants(&["I18"]),
    },
    Bug { name: "commit-without-sync", nodes: 0, failpoints: "", faults: &[], found_by: SyncProof },
];

/// Builds and tests every bug, or those with these names.
pub(crate) async fn find_all(seed: u64, names: &[String]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !BUGS.iter().any(|bug| bug.name == **name)) {
        return Err(format!("there is no bug {unknown}; see {}", patches().display()).into());
    }
    let tree = copy_tree()?;
    let mut missed = Vec::new();
    for bug in BUGS.iter().filter(|bug| names.is_empty() || names.iter().any(|name| name == bug.name)) {
        if matches!(bug.found_by, SyncProof) && !has_strace() {
            println!("  {:<22} skipped: strace is not installed or not permitted", bug.name);
            continue;
        }
        let server = bug.build(&tree).await?;
        let by = match bug.found_by {
            Invariants(invariants) => invariants.join(" or "),
            SyncProof => "the proof by strace".into(),
        };
        let is_found = bug.is_found(&server, seed).await?;
        println!("  {:<22} {} by {by}", bug.name, if is_found { "found" } else { "NOT FOUND" });
        if !is_found {
            missed.push(bug.name);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("the harness misses {}", missed.join(", ")).into()) }
}

impl Bug {
    fn patch(&self) -> PathBuf {
        patches().join(self.name).with_extension("patch")
    }

    /// Builds a server with the bug and leaves the copy of the tree as it was.
    async fn build(&self, tree: &Path) -> Result<PathBuf> {
        git_apply(tree, &[], &self.patch()).await?;
        let target = tree.with_file_name("target");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--locked", "-p", "madang"]).env("CARGO_TARGET_DIR", &target).current_dir(tree);
        let built = cargo.kill_on_drop(true).status().await?;
        git_apply(tree, &["--reverse"], &self.patch()).await?;
        if !built.success() {
            return Err(format!("the server with the bug {} does not build", self.name).into());
        }
        Ok(target.join("debug/madang"))
    }

    /// Some bugs show only in a race, which may take more than one run.
    async fn is_found(&self, server: &Path, seed: u64) -> Result<bool> {
        let Invariants(invariants) = self.found_by else { return Ok(sync_proof::prove(server).await.is_err()) };
        for seed in seed..seed + RUNS {
            let found = run(&self.plan(server, seed)).await?.violations;
            if found.iter().any(|violation| invariants.contains(&violation.invariant)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn plan(&self, server: &Path, seed: u64) -> Plan {
        Plan {
            program: server.to_owned(),
            seed,
            nodes: self.nodes,
            duration: Duration::from_millis(if self.nodes == 0 { 2_500 } else { 8_000 }),
            senders: 14,
            pause_ms: 15,
            fault_interval: Duration::from_millis(500),
            longest_fault: Duration::from_millis(300),
            faults: self.faults.to_vec(),
            failpoints: self.failpoints.to_owned(),
            keeps_evidence: false,
            stock_client: None,
        }
    }
}

fn root() -> &'static Path {
    // Two folders up from this crate.
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn patches() -> PathBuf {
    root().join("crates/torture/bugs")
}

async fn git_apply(tree: &Path, options: &[&str], patch: &Path) -> Result<()> {
    let mut git = Command::new("git");
    // Within a repository, paths would be relative to its root.
    git.arg("apply").args(options).arg(patch.canonicalize()?).current_dir(tree).env("GIT_CEILING_DIRECTORIES", tree);
    let output = git.stdin(Stdio::null()).output().await?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} does not apply: {error}", patch.display()).into());
    }
    Ok(())
}

/// Copies the source into `target/bugs/tree`. Its builds go beside it, so that the next run only
/// compiles what has changed.
fn copy_tree() -> Result<PathBuf> {
    let tree = root().canonicalize()?.join("target/bugs/tree");
    copy(root(), &tree)?;
    Ok(tree)
}

/// Copies a folder, without what tools build. A file with the same bytes keeps its time.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if ["target", "node_modules", ".git", "data", "out", "venv"].iter().any(|built| name == *built) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            let bytes = std::fs::read(entry.path())?;
            if std::fs::read(&target).ok().as_ref() != Some(&bytes) {
                std::fs::write(target, bytes)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_patch_is_listed_and_applies() {
        let mut names: Vec<_> = std::fs::read_dir(patches())
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        let mut listed: Vec<_> = BUGS.iter().map(|bug| bug.name).collect();
        listed.sort_unstable();
        assert_eq!(names, listed);
        for bug in BUGS {
            git_apply(root(), &["--check"], &bug.patch()).await.unwrap();
        }
    }
}
