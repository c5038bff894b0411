//! The settings of HTTPS in the program.

use std::process::Command;

use testkit::{Process, TempDir, process};

use super::{Authority, shown, write};

fn serve(folder: &TempDir, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madang"));
    process::serve(&mut command, folder.path()).args(flags);
    command
}

fn refusal(folder: &TempDir, flags: &[&str]) -> String {
    let output = serve(folder, flags).output().unwrap();
    assert!(!output.status.success(), "{flags:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn the_program_serves_the_certificate_of_its_settings() {
    let (folder, authority) = (TempDir::new(), Authority::new());
    let (cert, key) = authority.issue("localhost");
    write(folder.path(), "cert.pem", &cert);
    write(folder.path(), "key.pem", &key);
    let mut command = serve(&folder, &["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--http-port", "0"]);
    let program = Process::start(&mut command, None).unwrap();
    shown(&authority.client(), program.address, "localhost").await.unwrap();
}

#[test]
fn wrong_settings_are_refused_with_a_sentence() {
    let (folder, authority) = (TempDir::new(), Authority::new());
    let (cert, key) = authority.issue("localhost");
    write(folder.path(), "cert.pem", &cert);
    write(folder.path(), "key.pem", &key);
    write(folder.path(), "other.pem", &authority.issue("localhost").1);
    let refused = |flags: &[&str]| refusal(&folder, flags);
    assert!(refused(&["--tls-cert", "cert.pem"]).contains("--tls-key"));
    assert!(
        refused(&["--tls-cert", "missing.pem", "--tls-key", "key.pem"]).contains("cannot read TLS_CERT missing.pem")
    );
    let other = refused(&["--tls-cert", "cert.pem", "--tls-key", "other.pem"]);
    assert!(other.contains("the key belongs to another certificate"), "{other}");
    let none = refused(&["--tls-cert", "cert.pem", "--tls-key", "cert.pem"]);
    assert!(none.contains("there is no private key"), "{none}");
    for (name, why) in [
        ("https://chat.example.org", "without https://"),
        ("*.example.org", "needs a change of the DNS"),
        ("chat.example.org:443", "without a port"),
    ] {
        let refusal = refused(&["--tls-domain", name]);
        assert!(refusal.contains(why), "{name}: {refusal}");
    }
    let insecure =
        refused(&["--public-url", "http://chat.example.org", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    assert!(insecure.contains("PUBLIC_URL is http://"), "{insecure}");
}

#[tokio::test]
async fn the_log_says_why_there_is_no_certificate() {
    let folder = TempDir::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let directory = format!("https://{closed}/dir");
    let flags = ["--tls-domain", "chat.example.org", "--http-port", "0", "--acme-directory", &directory];
    let program = Process::start(&mut serve(&folder, &flags), None).unwrap();
    let authority = Authority::new();
    assert!(shown(&authority.client(), program.address, "chat.example.org").await.is_err());
    let (status, log) = program.terminate().await.unwrap();
    assert!(status.success());
    let why = "no certificate for chat.example.org, so HTTPS does not work: cannot reach the certificate authority";
    assert!(log.contains(why), "{log}");
}
