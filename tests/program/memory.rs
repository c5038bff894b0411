//! Memory after a flood of requests. Only Linux reports it.
#![cfg(target_os = "linux")]

use serde_json::json;
use tokio::task::JoinSet;

use super::Program;
use crate::support::TempDir;

impl Program {
    /// Returns the resident memory in bytes.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }
}

const MIB: usize = 1024 * 1024;

/// Each hash takes 19 MiB. When any free thread allocated it, the memory stayed in the heaps of all
/// threads: a gigabyte for good, on a machine with two cores.
#[tokio::test]
async fn a_flood_of_log_ins_leaves_no_memory_behind() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    for _ in 0..3 {
        let mut flood = JoinSet::new();
        for number in 0..40 {
            let asked = json!({ "email": format!("nobody{number}@example.org"), "password": "whatever it is" });
            flood.spawn(program.request("POST", "/api/session").json(&asked).send());
        }
        for answer in flood.join_all().await {
            assert!(matches!(answer.status, 401 | 503), "{}", answer.text());
        }
    }
    assert!(program.memory() < 150 * MIB, "{} MiB", program.memory() / MIB);
}
