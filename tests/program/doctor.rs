//! `madang doctor`: each check fails on purpose, with what to do about it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use testkit::redis::Redis;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{Program, binary, run};
use crate::support::TempDir;

/// Runs it on the data folder of [`Program::start`].
async fn doctor(folder: &Path, flags: &[&str]) -> Output {
    let mut command = binary();
    command.args(["doctor", "--json", "--data-dir"]).arg(folder.join("data")).args(flags).current_dir(folder);
    // On another thread: servers of this test answer it.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Returns the level of a check with its message and advice.
async fn found(folder: &Path, flags: &[&str], check: &str) -> (String, String) {
    let output = doctor(folder, flags).await;
    let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = findings.as_array().unwrap();
    let found = all.iter().find(|found| found["check"] == check).unwrap_or_else(|| panic!("no {check}: {findings}"));
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    let has_errors = all.iter().any(|found| found["level"] == "error");
    assert_eq!(output.status.success(), !has_errors, "{findings}");
    (text("level"), format!("{} → {}", text("message"), text("advice")))
}

/// Checks a finding and what it says.
async fn says(folder: &Path, flags: &[&str], check: &str, level: &str, words: &str) {
    let (actual, text) = found(folder, flags, check).await;
    assert_eq!(actual, level, "{check}: {text}");
    assert!(text.contains(words), "{check}: {text}");
}

fn closed() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn redis_is_asked_for_a_round_trip() {
    let folder = TempDir::new();
    says(folder.path(), &[], "redis", "skipped", "no REDIS_URL").await;
    let mut redis = Redis::start();
    let url = redis.url();
    says(folder.path(), &["--redis-url", &url], "redis", "ok", "a hint arrives").await;
    redis.stop();
    says(folder.path(), &["--redis-url", &url], "redis", "error", "lets this server subscribe").await;
    let (_, text) = found(folder.path(), &["--redis-url", "redis://name:sesame@127.0.0.1:1"], "redis").await;
    assert!(!text.contains("sesame"), "{text}");
}

#[tokio::test]
async fn a_new_installation_is_well_and_says_what_is_not_there_yet() {
    let folder = TempDir::new();
    says(folder.path(), &[], "data folder", "warning", "is not there yet").await;
    says(folder.path(), &[], "public URL", "warning", "PUBLIC_URL is not set").await;
    let program = Program::start(folder.path(), &[]);
    for (check, words) in [
        ("version", "a server runs at http://localhost:"),
        ("clock", "20"),
        ("data folder", "mode 0700"),
        ("disk", "free"),
        ("disk speed", "ms"),
        ("database", "SQLite, schema"),
    ] {
        says(folder.path(), &["--disk-reserve-mb", "0"], check, "ok", words).await;
    }
    says(folder.path(), &[], "backups", "warning", "BACKUP_EVERY=24h").await;
    says(folder.path(), &["--backup-every", "24h"], "backups", "warning", "there is none in").await;
    let scheduled = folder.path().join("data/backups/scheduled");
    fs::create_dir_all(&scheduled).unwrap();
    fs::write(scheduled.join("madang-20210101T000000Z.tar.zst"), "").unwrap();
    says(folder.path(), &["--backup-every", "24h"], "backups", "error", "2021-01-01").await;
    says(folder.path(), &["--backup-every", "36500d"], "backups", "ok", "2021-01-01").await;
    for check in ["files", "mail", "certificate"] {
        assert_eq!(found(folder.path(), &[], check).await.0, "skipped", "{check}");
    }
    drop(program);
    let mut command = binary();
    let output = command.args(["doctor", "--data-dir"]).arg(folder.path().join("data")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("warning  public URL   PUBLIC_URL is not set\n") && text.contains(" → set it once"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_folder_is_named() {
    let folder = TempDir::new();
    drop(Program::start(folder.path(), &[]));
    let data = folder.path().join("data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    says(folder.path(), &[], "data folder", "warning", "chmod o-rwx").await;
    says(folder.path(), &["--disk-reserve-mb", "900000000"], "disk", "error", "make room").await;
    fs::write(data.join("madang.db"), "nonsense".repeat(1_000)).unwrap();
    says(folder.path(), &[], "database", "error", "restore a backup").await;
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(data.join("madang.db"), Some(12_345), None).unwrap();
        says(folder.path(), &[], "data folder", "error", "belongs to another user").await;
    }
    fs::remove_dir_all(&data).unwrap();
    fs::write(&data, "").unwrap();
    says(folder.path(), &[], "data folder", "error", "is a file").await;
}

#[tokio::test]
async fn a_small_limit_on_file_handles_is_named() {
    let folder = TempDir::new();
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "ulimit -n 1000; exec \"$0\" doctor --json --data-dir data", env!("CARGO_BIN_EXE_madang")]);
    let output = command.env_clear().current_dir(folder.path()).output().unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = findings.as_array().unwrap().iter().find(|found| found["check"] == "file handles").unwrap().clone();
    assert_eq!((&files["level"], files["advice"].as_str().unwrap().contains("LimitNOFILE")), (&"warning".into(), true));
}

#[tokio::test]
async fn services_that_do_not_answer_are_named_without_their_secrets() {
    let folder = TempDir::new();
    drop(Program::start(folder.path(), &[]));
    let gone = closed();
    let database = format!("postgres://madang:sesame@{gone}/madang");
    says(folder.path(), &["--database-url", &database], "database", "error", "is it running").await;
    let endpoint = format!("http://{gone}");
    let flags = ["--s3-bucket", "chat", "--s3-endpoint", &endpoint, "--aws-access-key-id", "id"];
    let flags = [&flags[..], &["--aws-secret-access-key", "sesame"]].concat();
    says(folder.path(), &flags, "files", "skipped", "start the server once").await;
    let db = rusqlite::Connection::open(folder.path().join("data/madang.db")).unwrap();
    db.execute("INSERT INTO meta (key, value) VALUES ('instance', 'one')", []).unwrap();
    says(folder.path(), &flags, "files", "error", "docs/s3.md").await;
    let mail = format!("smtp://bot:sesame@{gone}");
    says(folder.path(), &["--smtp-url", &mail], "mail", "error", "could not be reached").await;
    for flags in [&["--database-url", &database][..], &flags, &["--smtp-url", &mail]] {
        let output = doctor(folder.path(), flags).await;
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains("sesame"), "{flags:?}");
    }
    let wrong = ["--mail-from", "nobody", "--smtp-url", "smtp://localhost"];
    says(folder.path(), &wrong, "settings", "error", "MAIL_FROM").await;
}

#[tokio::test]
async fn a_sign_up_that_needs_mail_which_nobody_sends_is_named() {
    let folder = TempDir::new();
    drop(Program::start(folder.path(), &[]));
    says(folder.path(), &[], "mail", "skipped", "no SMTP_URL").await;
    says(folder.path(), &["--mail-to", "minji@example.org"], "test mail", "error", "none was sent").await;
    for (name, value) in [("emailDomains", "school.example"), ("signUp", "emailDomain")] {
        run(folder.path(), &["settings", "set", name, value]);
    }
    says(folder.path(), &[], "mail", "error", "nobody can sign up").await;
}

#[tokio::test]
async fn a_test_mail_is_handed_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(b"220 post.example.org\r\n").await;
                let (mut line, mut is_body) = (String::new(), false);
                while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
                    let answer = match line.trim() {
                        "DATA" => "354 go on\r\n",
                        "." => "250 taken\r\n",
                        _ if is_body => "",
                        _ => "250 fine\r\n",
                    };
                    is_body = (is_body || line.trim() == "DATA") && line.trim() != ".";
                    let _ = stream.write_all(answer.as_bytes()).await;
                    line.clear();
                }
            });
        }
    });
    let folder = TempDir::new();
    let url = format!("smtp://{at}");
    says(folder.path(), &["--smtp-url", &url], "mail", "ok", "lets this server in").await;
    let flags = ["--smtp-url", &url, "--mail-to", "minji@example.org", "--mail-from", "Madang <madang@example.org>"];
    says(folder.path(), &flags, "test mail", "ok", "minji@example.org").await;
}

/// A proxy that answers each path as it is told.
async fn proxy(answers: fn(&str) -> &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1_024];
            let count = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = stream.write_all(format!("HTTP/1.1 {}", answers(&path)).as_bytes()).await;
        }
    });
    format!("http://{at}")
}

#[tokio::test]
async fn the_public_address_is_tried_as_a_browser_does() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    let own = format!("http://{}", program.0.address);
    for check in ["public URL", "host name", "WebSocket"] {
        says(folder.path(), &["--public-url", &own], check, "ok", "").await;
    }
    let gone = format!("http://{}", closed());
    says(folder.path(), &["--public-url", &gone], "public URL", "error", "cannot be reached").await;
    let broken = proxy(|_| "502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    says(folder.path(), &["--public-url", &broken], "public URL", "error", "it does not reach Madang").await;
    let other = proxy(|_| "200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
    says(folder.path(), &["--public-url", &other], "public URL", "error", "leads to another server").await;
    let second = TempDir::new();
    let another = Program::start(second.path(), &[]);
    let address = format!("http://{}", another.0.address);
    says(folder.path(), &["--public-url", &address], "public URL", "error", "another server of Madang").await;
    let unnamed = proxy(|_| "200 OK\r\nx-madang-proxy: unknown\r\ncontent-length: 3\r\n\r\nok\n").await;
    says(folder.path(), &["--public-url", &unnamed], "proxy", "error", "TRUSTED_PROXIES does not name").await;
    let careless = proxy(|path| match path {
        "/healthz" => "200 OK\r\ncontent-length: 3\r\n\r\nok\n",
        "/" => "421 Misdirected Request\r\ncontent-length: 0\r\n\r\n",
        _ => "400 Bad Request\r\ncontent-length: 0\r\n\r\n",
    })
    .await;
    says(folder.path(), &["--public-url", &careless], "host name", "error", "proxy_set_header Host").await;
    says(folder.path(), &["--public-url", &careless], "WebSocket", "warning", "fall back to polling").await;
    drop(program);
    says(folder.path(), &["--public-url", &own], "public URL", "skipped", "start the server first").await;
}

#[tokio::test]
async fn a_certificate_that_ends_or_is_for_another_name_is_named() {
    let folder = TempDir::new();
    let write = |name: &str, days: (i32, i32)| {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let now = time::OffsetDateTime::now_utc();
        params.not_before = now + time::Duration::days(days.0.into());
        params.not_after = now + time::Duration::days(days.1.into());
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("cert.pem"), crate::tls::pem("CERTIFICATE", certificate.der())).unwrap();
        fs::write(folder.path().join("key.pem"), crate::tls::pem("PRIVATE KEY", &key.serialize_der())).unwrap();
    };
    let flags = ["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--public-url", "https://chat.example.org"];
    for (name, days, level, words) in [
        ("chat.example.org", (-10, 80), "ok", "79 days left"),
        ("*.example.org", (-10, 80), "ok", "for *.example.org"),
        ("chat.example.org", (-80, 10), "warning", "should have been renewed"),
        ("chat.example.org", (-90, -1), "error", "it has ended"),
        ("other.example.org", (-10, 80), "error", "for other.example.org and not for chat.example.org"),
    ] {
        write(name, days);
        says(folder.path(), &flags, "certificate", level, words).await;
    }
    fs::remove_file(folder.path().join("key.pem")).unwrap();
    says(folder.path(), &flags, "certificate", "error", "cannot be read").await;
}
