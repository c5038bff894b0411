//! A server with a long history, filled once for the scenarios that read it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load, Setup};
use crate::process::{Folder, on_all_cores};
use crate::prose::{self, Chance};
use crate::server::{Kind, Madang, UNLIMITED, message};

const MEMBERS: usize = 40;
/// Connections of the member who sends.
const SENDERS: usize = 256;
/// Different texts of a run.
const TEXTS: usize = 512;

pub(crate) struct History {
    pub(crate) madang: Madang,
    /// The members, the sender first.
    pub(crate) tokens: Vec<String>,
    pub(crate) room: String,
    pub(crate) messages: usize,
}

/// Returns the server; the first call fills it, which takes minutes.
pub(super) fn get(context: &Context) -> Outcome<&History> {
    if let Some(history) = context.history.get() {
        return Ok(history);
    }
    let madang = Madang::start(context, Kind::Madang, &UNLIMITED)?;
    let tokens = madang.guests(MEMBERS)?;
    let room = madang.room(&tokens[0], MEMBERS)?;
    madang.join(&room, &tokens[1..])?;
    let messages = context.size(1_000_000, 20_000);
    context.progress(format!("a room is filled with {messages} messages"));
    let texts = texts();
    let mut load = Load::with_script(madang.process.port, |sender, number| {
        let text = &texts[(sender * 7 + number as usize) % texts.len()];
        message(&room, &format!("{sender}-{number}"), number, text)
    })?;
    connect_senders(&mut load, &[tokens[0].as_str(); SENDERS])?;
    load.start_sending(SENDERS)?;
    load.send_until(messages as u64)?;
    load.stop_sending()?;
    drop(load);
    Ok(context.history.get_or_init(|| History { madang, tokens, room, messages }))
}

impl History {
    /// Starts another server with the same history, in the database of `settings`.
    pub(super) fn copy(&self, context: &Context, settings: &[(&str, String)]) -> Outcome<Madang> {
        let (folder, backup) = (Folder::new()?, Folder::new()?);
        let file = backup.0.join("history.tar.zst");
        let run = |command: &str, file: Option<&Path>, at: &Path| -> Outcome<()> {
            let mut program = Command::new(context.binary(Kind::Madang));
            program.arg(command).args(file).arg("--data-dir").arg(at).stdout(Stdio::null());
            if command == "migrate-store" {
                program.envs(settings.iter().map(|(name, value)| (*name, value)));
            }
            let status = on_all_cores(|| program.status())??;
            if status.success() { Ok(()) } else { Err(format!("madang {command} failed").into()) }
        };
        run("backup", Some(&file), &self.madang.folder.0)?;
        run("restore", Some(&file), &folder.0)?;
        run("migrate-store", None, &folder.0)?;
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
        Madang::start_in(context, folder, &context.server_core, Kind::Madang, &settings)
    }
}

/// Connects senders, which join no room.
pub(super) fn connect_senders(load: &mut Load<'_>, tokens: &[&str]) -> Outcome<()> {
    for token in tokens {
        let hello = Some(format!(r#"40/chat,{{"token":"{token}"}}"#));
        load.add(Setup { hello, is_roomless: true, ..Setup::default() });
    }
    load.join_all(AT_ONCE)
}

/// Returns texts as people write them, escaped for JSON.
pub(super) fn texts() -> Vec<String> {
    let mut chance = Chance::new(11);
    let text = |_| serde_json::Value::from(prose::message(&mut chance)).to_string();
    (0..TEXTS).map(text).map(|quoted| quoted[1..quoted.len() - 1].to_owned()).collect()
}
