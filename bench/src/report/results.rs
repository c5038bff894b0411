//! The file that keeps the figures: each part with the machine and the commit it was measured on.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::Outcome;
use crate::part::connects::Connects;
use crate::part::fanout::Fanout;
use crate::part::memory::Memory;
use crate::part::pages::Pages;
use crate::part::rooms::Rooms;
use crate::part::search::Search;
use crate::part::sends::Sends;
use crate::part::start::Start;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Results {
    #[serde(default)]
    pub(crate) fanout: Option<Measured<Fanout>>,
    #[serde(default)]
    pub(crate) memory: Option<Measured<Memory>>,
    #[serde(default)]
    pub(crate) connects: Option<Measured<Connects>>,
    #[serde(default)]
    pub(crate) sends: Option<Measured<Sends>>,
    #[serde(default)]
    pub(crate) pages: Option<Measured<Pages>>,
    #[serde(default)]
    pub(crate) search: Option<Measured<Search>>,
    #[serde(default)]
    pub(crate) start: Option<Measured<Start>>,
    #[serde(default)]
    pub(crate) rooms: Option<Measured<Rooms>>,
}

/// A part as it was measured.
#[derive(Serialize, Deserialize)]
pub(crate) struct Measured<T> {
    pub(crate) machine: Machine,
    pub(crate) figures: T,
}

impl Results {
    /// What is there; nothing where there is no file.
    pub(crate) fn read(file: &Path) -> Outcome<Self> {
        match std::fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                format!("{} is not of this program ({error}): remove it and measure anew", file.display()).into()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", file.display()).into()),
        }
    }

    pub(crate) fn write(&self, file: &Path) -> Outcome<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(std::fs::write(file, text)?)
    }

    /// The machines that the parts were measured on, with the names of those parts; one where all was
    /// one run.
    pub(crate) fn machines(&self) -> Vec<(&Machine, Vec<&'static str>)> {
        let all = [
            ("fanout", self.fanout.as_ref().map(|part| &part.machine)),
            ("memory", self.memory.as_ref().map(|part| &part.machine)),
            ("connects", self.connects.as_ref().map(|part| &part.machine)),
            ("sends", self.sends.as_ref().map(|part| &part.machine)),
            ("pages", self.pages.as_ref().map(|part| &part.machine)),
            ("search", self.search.as_ref().map(|part| &part.machine)),
            ("start", self.start.as_ref().map(|part| &part.machine)),
            ("rooms", self.rooms.as_ref().map(|part| &part.machine)),
        ];
        let mut machines: Vec<(&Machine, Vec<&'static str>)> = Vec::new();
        for (name, machine) in all {
            let Some(machine) = machine else { continue };
            match machines.iter_mut().find(|(known, _)| *known == machine) {
                Some((_, names)) => names.push(name),
                None => machines.push((machine, vec![name])),
            }
        }
        machines
    }
}
