//! The harness as a program. This test also makes `cargo test` build it, for `make faults`.

use std::process::{Command, Output};

fn torture(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_madang-torture")).args(arguments).output().expect("the harness starts")
}

#[test]
fn a_missing_server_is_an_error_with_its_path() {
    let failed = torture(&["--madang", "no-such-program", "run", "--seed", "1"]);
    let error = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(error.starts_with("madang-torture: cannot find the server no-such-program"), "{error}");
}

#[test]
fn help_names_the_commands() {
    let help = String::from_utf8(torture(&["--help"]).stdout).unwrap();
    for command in ["short", "run", "bugs", "proof"] {
        assert!(help.contains(command), "{help}");
    }
}
