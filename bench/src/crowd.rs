//! Members in a process of their own: one process may not open as many connections as several servers take.
//!
//! The process reads the packets that sign its members in, a line for each, and then commands. It answers each command with a
//! line.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::Outcome;
use crate::load::{AT_ONCE, Load, Setup};

/// How often the members' process looks for a command.
const LOOK: Duration = Duration::from_millis(20);

/// Commands and answers: the members connect and are in; a message is on its way and expected; all have it.
const JOIN: &str = "join";
const JOINED: &str = "joined";
const EXPECT: &str = "expect";
const READY: &str = "ready";
const DELIVERED: &str = "delivered";

/// The other end: the process with the members.
pub(crate) struct Crowd {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Crowd {
    /// Starts a process whose members begin to connect.
    pub(crate) fn start(port: u16, hellos: &[String]) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--crowd").arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let commands = child.stdin.take().ok_or("no standard input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        let mut crowd = Self { child, commands, answers };
        hellos.iter().try_for_each(|hello| writeln!(crowd.commands, "{hello}"))?;
        writeln!(crowd.commands, "{JOIN}")?;
        Ok(crowd)
    }

    pub(crate) fn wait_joined(&mut self) -> Outcome<()> {
        self.answer(JOINED).map(drop)
    }

    /// Lets the members expect a message.
    pub(crate) fn expect(&mut self) -> Outcome<()> {
        writeln!(self.commands, "{EXPECT}")?;
        self.answer(READY).map(drop)
    }

    /// Waits until all have it, and returns how many deliveries were lost, doubled or disordered so far.
    pub(crate) fn wait_delivered(&mut self) -> Outcome<u64> {
        Ok(self.answer(DELIVERED)?.parse()?)
    }

    fn answer(&mut self, wanted: &str) -> Outcome<String> {
        let line = self.answers.next().ok_or("the process with the members has ended")??;
        let rest = line.strip_prefix(wanted).ok_or_else(|| format!("{line} instead of {wanted}"))?;
        Ok(rest.trim().to_owned())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the members, until the input ends.
pub(crate) fn run(port: u16) -> Outcome<()> {
    let mut load = Load::new(port)?;
    let mut input = BufReader::new(std::io::stdin()).lines();
    for line in input.by_ref() {
        match line? {
            line if line == JOIN => break,
            hello => {
                let is_roomless = !hello.contains(r#""room""#);
                load.add(Setup { hello: Some(hello), is_roomless, ..Setup::default() });
            }
        }
    }
    load.join_all(AT_ONCE)?;
    println!("{JOINED}");
    let (command, commands) = mpsc::channel();
    std::thread::spawn(move || input.map_while(Result::ok).try_for_each(|line| command.send(line)));
    loop {
        match commands.try_recv() {
            Ok(command) if command == EXPECT => {
                load.deliveries.sending();
                println!("{READY}");
                load.wait_delivered()?;
                println!("{DELIVERED} {}", load.deliveries.faults(0));
            }
            Ok(other) => return Err(format!("no command: {other}").into()),
            Err(mpsc::TryRecvError::Empty) => load.run_for(LOOK)?,
            Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
        }
    }
}
