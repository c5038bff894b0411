//! What was measured on: the machine, the day, the commit.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_mb: u64,
    pub(crate) kernel: String,
    /// The file system under the data of all servers.
    pub(crate) file_system: String,
    pub(crate) node: String,
    pub(crate) commit: String,
    pub(crate) day: String,
    /// Whether it was a glance and no measurement.
    pub(crate) is_quick: bool,
}

impl Machine {
    pub(crate) fn look(context: &Context) -> Outcome<Self> {
        let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
        let processor = field(&cpus, "model name").unwrap_or("unknown").to_owned();
        let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let memory = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()).unwrap_or("0");
        let changed =
            !said("git", &["status", "--porcelain", "--untracked-files=no", "--", "src", "crates", "web"])?.is_empty();
        let commit = said("git", &["rev-parse", "--short=12", "HEAD"])?;
        Ok(Self {
            processor,
            cores,
            memory_mb: memory.parse::<u64>()? / 1024,
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: file_system(&std::env::temp_dir())?,
            node: said("node", &["--version"])?,
            commit: if changed { format!("{commit} with changes") } else { commit },
            day: said("date", &["-u", "+%F"])?,
            is_quick: context.is_quick,
        })
    }

    pub(crate) fn sentence(&self) -> String {
        let Self { processor, cores, memory_mb, kernel, file_system, node, commit, day, is_quick } = self;
        let glance = if *is_quick { " A glance of short windows, not a measurement." } else { "" };
        let gigabytes = (*memory_mb as f64 / 1024.0).round();
        format!(
            "{processor}, {cores} cores, {gigabytes} GB, Linux {kernel}, data on {file_system}, Node {node}; \
             commit {commit}, {day}.{glance}"
        )
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim()))
}

/// What a program says. Without it the figures would not tell what they are of.
fn said(program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("cannot start {program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The type of the file system that a folder is on: of all mounts above it, the nearest.
fn file_system(folder: &Path) -> Outcome<String> {
    let folder = folder.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let places = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let nearest = places.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len());
    Ok(nearest.map_or("an unknown file system", |(_, kind)| kind).to_owned())
}
