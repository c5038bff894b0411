//! The machine, the day and the commit of a measurement.

use std::process::Command;

use serde::Serialize;

use crate::Outcome;
use crate::context::Context;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory_mb: u64,
    kernel: String,
    /// The file system of all servers' data.
    file_system: String,
    node: String,
    commit: String,
    day: String,
    is_quick: bool,
}

impl Machine {
    pub(crate) fn read(context: &Context) -> Outcome<Self> {
        let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let memory = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()).unwrap_or("0");
        let changed = ["status", "--porcelain", "--untracked-files=no", "--", "src", "crates", "web"];
        let commit = output("git", &["rev-parse", "--short=12", "HEAD"])?;
        let has_changes = !output("git", &changed)?.is_empty();
        Ok(Self {
            processor: field(&cpus, "model name").unwrap_or("unknown").to_owned(),
            cores: cpus.lines().filter(|line| line.starts_with("processor")).count(),
            memory_mb: memory.parse::<u64>()? / 1024,
            kernel: output("uname", &["-r"])?,
            file_system: output("findmnt", &["-n", "-o", "FSTYPE", "-T", &std::env::temp_dir().to_string_lossy()])?,
            node: output("node", &["--version"])?,
            commit: if has_changes { format!("{commit} with changes") } else { commit },
            day: output("date", &["-u", "+%F"])?,
            is_quick: context.is_quick,
        })
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim()))
}

/// Returns what a program prints.
fn output(program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("cannot start {program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
