//! Invalid or insecure settings, and the permissions of the data folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use testkit::process;

use super::{Program, binary, output, run, run_refused};
use crate::support::{TempDir, picture};

/// Returns the error of a program that must not start with these flags. If it starts, it prints so
/// on stdout and the test fails at once.
#[track_caller]
fn refused(folder: &Path, flags: &[&str]) -> String {
    let mut command = binary();
    command.arg("serve").args(flags).current_dir(folder);
    if !flags.contains(&"--bind") {
        command.args(["--bind", "127.0.0.1"]);
    }
    if !flags.contains(&"--port") {
        command.args(["--port", "0"]);
    }
    if !flags.contains(&"--data-dir") {
        command.arg("--data-dir").arg(folder.join("data"));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    if !ready.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(ready.is_empty() && !output.status.success() && !said.contains("panicked"), "{flags:?}: {ready}{said}");
    said
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

/// Abuse: N4
#[test]
fn insecure_settings_are_refused() {
    let folder = TempDir::new();
    for (flag, value) in [
        ("--allowed-origins", "*"),
        ("--allowed-origins", "https://chat.example,*"),
        ("--allowed-origins", "capacitor://*"),
        ("--public-url", "null"),
        ("--allowed-origins", "https://*"),
        ("--allowed-origins", "https://*.example"),
        ("--public-url", "*"),
        ("--trusted-proxies", "*"),
        ("--smtp-url", "http://mail.example"),
        ("--trusted-proxies", "10.0.0.0/33"),
    ] {
        let said = refused(folder.path(), &[flag, value]);
        assert!(said.contains("is not a"), "{flag} {value}: {said}");
    }
}

/// Abuse: N4
#[test]
fn settings_that_cannot_be_meant_are_refused_before_anything_is_created() {
    let folder = TempDir::new();
    for (flag, value, says) in [
        ("--trusted-proxies", "0.0.0.0/0", "is everybody"),
        ("--trusted-proxies", "::/0", "is everybody"),
        ("--text-max", "0", "above 0"),
        ("--ping-interval-ms", "0", "above 0"),
        ("--ping-timeout-ms", "0", "above 0"),
        ("--port", "abc", "a port is a number from 0 to 65535"),
        ("--port", "65536", "a port is a number from 0 to 65535"),
        ("--public-url", "https://example.org/chat", "it cannot have a path like /chat"),
        ("--public-url", "https://example.org/?x", "it cannot have a path"),
        ("--smtp-url", "foo", "SMTP_URL is not an address like"),
        ("--mail-from", "nobody", "MAIL_FROM \"nobody\" is not a sender"),
    ] {
        let mut flags = vec![flag, value];
        if flag == "--mail-from" {
            flags.extend(["--smtp-url", "smtp://localhost"]);
        }
        let said = refused(folder.path(), &flags);
        assert!(said.contains(says), "{flag} {value}: {said}");
        assert!(!folder.path().join("data").exists(), "{flag} {value}");
    }
}

#[tokio::test]
async fn an_empty_variable_is_an_unset_one() {
    let folder = TempDir::new();
    let mut command = binary();
    process::serve(&mut command, folder.path());
    let settings = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md")).unwrap();
    let names = settings.lines().filter_map(|line| line.split(" | ").nth(1)?.strip_prefix('`')?.strip_suffix('`'));
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"PUBLIC_URL") && names.len() > 15, "{names:?}");
    command.envs(names.iter().map(|name| (name, "")));
    std::fs::write(folder.path().join(".env"), "ROOM_MAX=\nRUST_LOG=debug\n").unwrap();
    let program = Program::run(command);
    assert_eq!(program.request("GET", "/healthz").header("host", "any.example").send().await.status, 200);
    // A slash is no path.
    program.terminate().await.0.success().then_some(()).unwrap();
    drop(Program::start(folder.path(), &["--public-url", "https://chat.example.org/"]));
}

/// Abuse: N4
#[tokio::test]
async fn a_file_of_settings_is_read_in_the_working_folder_only_and_only_ones_own() {
    let folder = TempDir::new();
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    let serve = |working: &Path| {
        let mut command = binary();
        process::serve(&mut command, folder.path()).current_dir(working).env("RUST_LOG", "warn");
        command
    };
    std::fs::write(folder.path().join(".env"), "TEXT_MAX=nonsense\n").unwrap();
    // In the folder above it would be an error.
    drop(Program::run(serve(&below)));
    let output = serve(folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("TEXT_MAX"), "{output:?}");
    // Only root can give a file to another user.
    if std::os::unix::fs::chown(folder.path().join(".env"), Some(12_345), None).is_ok() {
        let (_, log) = Program::run(serve(folder.path())).terminate().await;
        assert!(log.contains("warning: .env is ignored: it belongs to user 12345, not 0"), "{log}");
    }
}

#[test]
fn a_value_of_the_file_of_settings_is_never_cut() {
    let folder = TempDir::new();
    let says = |text: &str| {
        std::fs::write(folder.path().join(".env"), text).unwrap();
        refused(folder.path(), &["--port", "abc"])
    };
    let cut = says("# $ in a comment\nROOM_MAX=10\nBACKUP_PASSPHRASE=correct$horse\n");
    assert!(cut.contains("line 3 of .env has a $ outside single quotes") && !cut.contains("horse"), "{cut}");
    for fine in ["BACKUP_PASSPHRASE='correct$horse'\n", "BACKUP_PASSPHRASE=correct\\$horse\n"] {
        assert!(says(fine).contains("a port is a number"), "{fine}");
    }
    let hidden = says("BACKUP_PASSPHRASE=\"it's$horse\"\n");
    assert!(hidden.contains("line 1 of .env has a $"), "{hidden}");
    for fine in ["PORT=3000 # not $PORT\n", "BACKUP_PASSPHRASE='two\nlines$'\n"] {
        assert!(says(fine).contains("a port is a number"), "{fine}");
    }
    let open = says("ROOM_MAX=10\n# MAIL_FROM=Madang <a@b>\nMAIL_FROM='Madang <a@b>\nTEXT_MAX=5\n");
    assert!(open.contains("line 3 of .env"), "{open}");
    let odd = says("ROOM_MAX=10\nMAIL_FROM=Madang <madang@example.org>\n");
    assert!(odd.contains("line 2 of .env") && !odd.contains("example.org"), "{odd}");
    // Every line of the example is right once it is uncommented.
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example")).unwrap();
    let is_setting = |line: &&str| {
        line.split('=').next().is_some_and(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
    };
    let lines: Vec<&str> = example.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_setting).collect();
    assert!(lines.len() > 15, "{lines:?}");
    assert!(says(&lines.join("\n")).contains("a port is a number"), "{lines:?}");
}

/// Abuse: N4
#[tokio::test]
async fn settings_that_are_seldom_meant_are_warned_of() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &["--smtp-url", "smtp://mail.example"]);
    let (_, log) = program.terminate().await;
    assert!(log.contains("e-mails go to the mail server without TLS"), "{log}");
    let program = Program::start(folder.path(), &["--smtp-url", "smtp://bot:sesame@mail.example"]);
    let (_, log) = program.terminate().await;
    for warning in ["PUBLIC_URL is not set", "without TLS", "can read the data folder"] {
        assert!(!log.contains(warning), "{warning}: {log}");
    }
}

/// Abuse: N4
#[tokio::test]
async fn the_data_folder_is_private_on_the_machine() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    let program = Program::start(folder.path(), &[]);
    assert_eq!(mode(&data), 0o700);
    drop(program);
    // Also in a folder that somebody else created, readable by others.
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let secret = folder.path().join("smtp");
    std::fs::write(&secret, "smtp://mail.example?tls=required").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let program = Program::start(folder.path(), &["--smtp-url-file", secret.to_str().unwrap()]);
    let minji = program.guest("minji").await;
    program.room(&minji, json!({ "title": "courtyard" })).await;
    for (name, private) in [("madang.db", 0o600), ("madang.db-wal", 0o600), ("files", 0o700), ("incoming", 0o700)] {
        assert_eq!(mode(&data.join(name)), private, "{name}");
    }
    let (status, log) = program.terminate().await;
    assert!(status.success() && log.contains("every user of this machine can read SMTP_URL_FILE"), "{log}");
    assert!(log.contains("every user of this machine can read the data folder; run: chmod o-rwx"), "{log}");
}

#[test]
fn a_failed_start_gives_the_reason_in_a_sentence() {
    let folder = TempDir::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    for (flags, says) in [
        (["--port", port.as_str()], "another program uses this port; pass --port for another"),
        (["--data-dir", blocked.to_str().unwrap()], "is a file (pass --data-dir)"),
        (["--bind", "192.0.2.1"], "--bind must be an address of this machine"),
        (["--public-url", "chat.example"], "is not an address like"),
        (["--trusted-proxies", "ten"], "is not a network like"),
        (["--smtp-url", "sesame"], "SMTP_URL is not an address like"),
        (["--smtp-url-file", "nowhere"], "cannot read SMTP_URL_FILE"),
    ] {
        let error = refused(folder.path(), &flags);
        assert!(error.contains(says), "{flags:?}: {error}");
    }
}

#[tokio::test]
async fn commands_change_what_admins_set_and_say_what_is_wrong() {
    let folder = TempDir::new();
    drop(Program::start(folder.path(), &[]));
    let set = |name: &str, value: &str| run(folder.path(), &["settings", "set", name, value]);
    assert!(set("name", "2025").contains("\"name\": \"2025\""));
    assert!(set("welcome", "[hello]").contains("\"welcome\": \"[hello]\""));
    assert!(set("signUp", "closed").contains("\"signUp\": \"closed\""));
    assert!(set("keepMessagesDays", "30").contains("\"keepMessagesDays\": 30"));
    assert!(set("guests", "null").contains("\"guests\": null"));
    let domains = set("emailDomains", "school.example, Other.Example");
    assert!(domains.contains("\"school.example\"") && domains.contains("\"other.example\""), "{domains}");
    assert!(set("words", r#"[{"word": "casino", "action": "hold"}]"#).contains("\"word\": \"casino\""));
    let refused = |arguments: &[&str]| run_refused(folder.path(), arguments);
    assert!(refused(&["settings", "set", "keepMessagesDays", "-1"]).contains("expected u32"));
    assert!(refused(&["settings", "set", "words", "casino"]).contains("madang settings show"));
    assert!(refused(&["settings", "set", "color", "red"]).contains("unknown field `color`"));
    let unknown = "0000000000000000000000000A";
    assert!(refused(&["user", "promote", unknown]).contains("there is no user"), "{unknown}");
    assert!(refused(&["user", "suspend", "minji@example.org"]).contains("no account has the e-mail address"));

    let link = run(folder.path(), &["invite", "create", "--uses", "5", "--hours", "48"]);
    let code = link.trim().rsplit('=').next().unwrap().to_owned();
    assert!(run(folder.path(), &["invite", "list"]).contains(&code));
    assert!(refused(&["invite", "create", "--uses", "0"]).contains("uses"));
    assert!(run(folder.path(), &["invite", "revoke", &code]).contains("revoked invite"));
    assert!(refused(&["invite", "revoke", &code]).contains("madang invite list"));
    for (list, none) in [("job", "no job waits"), ("key", "there is no key"), ("room", "no room was found")] {
        let listed = output(folder.path(), &[list, "list"]);
        assert!(listed.status.success() && listed.stdout.is_empty(), "{listed:?}");
        assert!(String::from_utf8_lossy(&listed.stderr).contains(none), "{listed:?}");
    }
    assert!(run(folder.path(), &["job", "retry"]).contains("tried again: 0"));
    for act in ["retry", "drop"] {
        assert!(refused(&["job", act, "7"]).contains("madang job list"));
    }
    let db = rusqlite::Connection::open(folder.path().join("data/madang.db")).unwrap();
    let dead = "INSERT INTO dead_jobs (number, kind, target, payload, tries, why, created_at, died_at)
                VALUES (?1, 'resetEmail', x'00000000000000000000000000000000', '{}', 5, 'the mail server is away', 1, 2)";
    for number in [7, 8] {
        db.execute(dead, [number]).unwrap();
    }
    let listed = run(folder.path(), &["job", "list"]);
    assert!(listed.contains("resetEmail  5 tries  the mail server is away"), "{listed}");
    assert!(run(folder.path(), &["job", "retry", "7"]).contains("queued job 7 again"));
    assert!(run(folder.path(), &["job", "drop", "8"]).contains("deleted job 8"));
    let listed = run(folder.path(), &["job", "list"]);
    assert!(listed.contains("1 waiting  resetEmail") && !listed.contains("tries"), "{listed}");
}

#[tokio::test]
async fn a_command_sets_the_logo_beside_a_running_server_and_removes_it() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    fs::write(folder.path().join("logo.png"), picture::png(600, 400)).unwrap();
    let done = run(folder.path(), &["settings", "logo", "logo.png"]);
    assert!(done.contains("the middle of logo.png is the logo now"), "{done}");
    // The server follows by itself.
    let path = loop {
        let server = program.request("GET", "/api/server").send().await.is(200);
        match server["logo"].as_str() {
            Some(path) => break path.to_owned(),
            None => tokio::task::yield_now().await,
        }
    };
    let logo = program.request("GET", &path).send().await;
    assert_eq!((logo.status, logo.header("content-type")), (200, Some("image/jpeg")));
    drop(program);
    // What root makes belongs to the user of the server.
    if rustix::process::geteuid().is_root() {
        let data = folder.path().join("data");
        std::os::unix::fs::chown(&data, Some(12_345), Some(12_345)).unwrap();
        fs::write(folder.path().join("other.png"), picture::png(300, 300)).unwrap();
        run(folder.path(), &["settings", "logo", "other.png"]);
        let settings: Value = serde_json::from_str(&run(folder.path(), &["settings", "show"])).unwrap();
        let hash = settings["logo"].as_str().unwrap().strip_prefix("/logo/").unwrap();
        let stored = data.join("files").join(&hash[..2]).join(hash);
        for path in [&*stored, stored.parent().unwrap(), &data.join("files"), &data.join("incoming")] {
            assert_eq!(path.metadata().unwrap().uid(), 12_345, "{}", path.display());
        }
    }
    fs::write(folder.path().join("note.txt"), "no picture").unwrap();
    let refused = |arguments: &[&str]| run_refused(folder.path(), arguments);
    assert!(refused(&["settings", "logo", "note.txt"]).contains("note.txt cannot be the logo: a picture must be"));
    assert!(refused(&["settings", "logo", "nowhere.png"]).contains("cannot read nowhere.png"));
    assert!(run(folder.path(), &["verify"]).contains("no errors found"));
    assert!(run(folder.path(), &["settings", "logo", "--remove"]).contains("removed the logo"));
    assert!(run(folder.path(), &["settings", "show"]).contains("\"logo\": null"));
}

#[tokio::test]
async fn a_command_creates_an_account_whose_owner_chooses_the_password() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    run(folder.path(), &["settings", "set", "signUp", "closed"]);
    let link = run(folder.path(), &["user", "create", "hana@example.org", "하나"]);
    let path = link.trim().strip_prefix(&format!("http://localhost:{}", program.0.address.port())).expect(&link);
    let password = "a tree by the gate";
    program.request("POST", path).form(&[("password", password)]).send().await.leads_to();
    let log_in = json!({ "email": "hana@example.org", "password": password });
    let hana = program.request("POST", "/api/session").json(&log_in).send().await.is(201);
    assert_eq!(hana["user"]["name"], "하나");
    let refused = |arguments: &[&str]| run_refused(folder.path(), arguments);
    let again = refused(&["user", "create", "HANA@example.org", "hana"]);
    assert!(again.contains("has an account already (run: madang user reset HANA@example.org)"), "{again}");
    assert!(refused(&["user", "create", "hana", "hana"]).contains("email"));
    assert!(refused(&["user", "create", "jun@example.org", "Admin"]).contains("name"));
    assert!(run(folder.path(), &["user", "list"]).contains("hana@example.org  하나"));
}
