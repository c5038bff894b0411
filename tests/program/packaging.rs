//! What the packages promise: systemd's messages, the health check of containers, manual pages, and files that name
//! settings that exist. `package` installs one.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use clap::{Args, Command};
use madang::config::Settings;
use testkit::process;

use super::{Program, binary};
use crate::architecture::read;
use crate::support::TempDir;

#[tokio::test]
async fn systemd_hears_of_the_start_the_life_and_the_end() {
    let folder = TempDir::new();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = binary();
    process::serve(&mut command, folder.path()).env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    let program = Program::run(command);
    let mut heard = Vec::new();
    let mut listen = |until: &str| {
        while heard.last().map(String::as_str) != Some(until) {
            let mut message = [0; 64];
            let count = socket.recv(&mut message).expect("systemd would wait in vain");
            heard.push(String::from_utf8_lossy(&message[..count]).into_owned());
        }
    };
    // The watchdog may be the first: it runs before the first connection is accepted.
    listen("READY=1");
    listen("WATCHDOG=1");
    program.terminate().await;
    listen("STOPPING=1");
}

#[tokio::test]
async fn a_container_asks_for_the_health_of_its_server() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    let port = program.0.address.port().to_string();
    let ask = |port: &str| binary().args(["health", "--port", port]).current_dir(folder.path()).output().unwrap();
    assert!(ask(&port).status.success());
    drop(program);
    let output = ask(&port);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no server answers at 127.0.0.1:"));
}

#[test]
fn manual_pages_and_completions_are_written() {
    let folder = TempDir::new();
    assert!(binary().arg("man-pages").arg(folder.path()).status().unwrap().success());
    for page in ["madang.1", "madang-serve.1", "madang-backup.1", "madang-doctor.1", "madang-user-reset.1"] {
        let text = std::fs::read_to_string(folder.path().join(page)).expect(page);
        assert!(text.contains(".SH NAME") && text.contains("madang"), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = binary().args(["completions", shell]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("madang"), "{shell}");
    }
}

#[test]
fn a_command_shows_its_own_options_before_those_of_the_database() {
    let output = binary().args(["backup", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("no {text} in {help}"));
    assert!(place("--force") < place("Database:") && place("Database:") < place("Files in S3:"), "{help}");
    let wrong = binary().args(["backup", "--aws-ca-bundle", "x"]).output().unwrap();
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(text.contains("Usage: madang backup [OPTIONS] <FILE>"), "{text}");
}

#[test]
fn the_files_of_the_packages_name_settings_that_exist() {
    let command = Settings::augment_args(Command::new("madang"));
    let known: BTreeSet<String> =
        command.get_arguments().map(|setting| setting.get_env().unwrap().to_string_lossy().into_owned()).collect();
    let mut named = 0;
    for file in [
        "packaging/deb/madang.env",
        "packaging/compose/compose.yaml",
        "packaging/compose/compose.services.yaml",
        "packaging/compose/compose.nodes.yaml",
    ] {
        for line in read(file).lines() {
            let line = line.trim_start_matches(['#', ' ']);
            let Some((name, _)) = line.split_once(['=', ':']) else { continue };
            let is_setting =
                name.len() > 3 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit());
            // Of the database's own container.
            if is_setting && !name.starts_with("POSTGRES_") {
                assert!(known.contains(name), "{file} names {name}");
                named += 1;
            }
        }
    }
    assert!(named > 15, "{named}");
}
