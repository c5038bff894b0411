//! The harness as a program. That this is here also makes `cargo test` build it, for `make faults`.

use std::process::{Command, Output};

fn torture(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_madang-torture")).args(arguments).output().expect("the harness starts")
}

#[test]
fn who_names_no_program_is_told_which_one_is_missing() {
    let failed = torture(&["--madang", "no-such-program", "bugs"]);
    let told = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(told.starts_with("madang-torture: no program at no-such-program"), "{told}");
}

#[test]
fn help_names_the_runs() {
    let told = String::from_utf8(torture(&["--help"]).stdout).unwrap();
    for run in ["short", "run", "bugs", "proof"] {
        assert!(told.contains(run), "{told}");
    }
}
