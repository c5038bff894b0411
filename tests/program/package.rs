//! The first weeks of a server that was installed from the package: certificate, admin, invites, a report, a backup.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};
use testkit::TIMEOUT;

use super::Program;
use crate::support::fixtures::{PASSWORD, texts};
use crate::support::{Request, Response, TempDir};
use crate::tls::pebble::{Options, Pebble};
use crate::tls::{shown_other, tunnel};

/// The user that the server runs as where the tests run as root.
const USER: u32 = 12_345;

/// Runs a command with everything read-only but the folder in its first argument.
const READ_ONLY: &str = r#"mount --bind "$1" "$1" && mount -o remount,bind,ro / && cd "$1" && shift && exec "$@""#;

/// A package unpacked as it would be installed, with the data of its server.
struct Installed {
    folder: TempDir,
    program: PathBuf,
    /// What runs a command as the user of the server.
    prefix: Vec<String>,
}

impl Installed {
    /// Makes the package of this build as a release does, and unpacks it.
    fn new() -> Self {
        let folder = TempDir::new();
        // Another user has to reach what is in it.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let (dist, root, state) = (folder.path().join("dist"), folder.path().join("root"), folder.path().join("state"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/dist.sh");
        let mut made = Command::new("bash");
        succeeds(made.arg(script).env("PROGRAM", env!("CARGO_BIN_EXE_madang")).env("OUT", &dist).env("ZIP", "none"));
        check_release(&dist);
        let package = named(&dist, ".deb");
        let control = succeeds(Command::new("dpkg-deb").arg("--info").arg(&package));
        for part in ["Package: madang", "Depends: adduser", "conffiles"] {
            assert!(control.contains(part), "{control}");
        }
        succeeds(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&root));
        std::fs::remove_dir_all(&dist).unwrap();
        let unit = std::fs::read_to_string(root.join("lib/systemd/system/madang.service")).unwrap();
        let program = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/")?.split(' ').next()).unwrap();
        let man = "usr/share/man/man1/madang-serve.1.gz";
        for file in [program, "etc/madang/madang.env", man, "usr/share/doc/madang/copyright"] {
            assert!(root.join(file).is_file(), "{file}");
        }
        // As StateDirectory= makes it.
        std::fs::create_dir(&state).unwrap();
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700)).unwrap();
        let prefix = prefix(&state);
        Self { program: root.join(program), folder, prefix }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Returns a command of the program, as the user of the server.
    fn command(&self) -> Command {
        let mut words = self.prefix.iter();
        let mut command = match words.next() {
            Some(first) => Command::new(first),
            None => return Command::new(&self.program),
        };
        command.args(words).arg(&self.program);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        let data = self.state().join("data");
        self.command().args(words).arg("--data-dir").arg(data).current_dir(self.state()).output().unwrap()
    }

    fn succeeds(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the server and waits until it has a certificate of this authority.
    async fn serve(&self, pebble: &Pebble, port: u16) -> Served {
        let mut command = self.command();
        command
            .args([
                "serve",
                "--bind",
                "127.0.0.1",
                "--data-dir",
                "data",
                "--disk-reserve-mb",
                "0",
                "--backup-every",
                "24h",
            ])
            .args([
                "--tls-domain",
                "localhost",
                "--http-port",
                "0",
                "--acme-ca-bundle",
                "../ca.pem",
                "--acme-directory",
            ])
            .args([&pebble.settings().directory, "--port", &port.to_string()])
            .current_dir(self.state())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null());
        let program = Program::run(command);
        let client = pebble.client().await;
        shown_other(&client, program.0.address, "localhost", None).await;
        let at = tunnel(client, program.0.address, "localhost").await;
        Served { program, at }
    }
}

/// Returns a port below those that the system gives to others, as the server takes it later.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 10_000 + (std::process::id() % 20_000) as u16;
    loop {
        let port = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Returns what runs a command as another user, with a read-only root where the machine lets us.
fn prefix(state: &Path) -> Vec<String> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not as root: the server runs as the user of the tests, which may write elsewhere");
        return Vec::new();
    }
    chown(state, Some(USER), Some(USER)).unwrap();
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let sandbox = words(&[
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        READ_ONLY,
        "sh",
        state.to_str().unwrap(),
    ]);
    let user = words(&["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--no-new-privs"]);
    let elsewhere = state.with_file_name("elsewhere");
    let tried = |prefix: &[String]| {
        Command::new(&prefix[0]).args(&prefix[1..]).args(["touch", elsewhere.to_str().unwrap()]).output().unwrap()
    };
    let refused = String::from_utf8(tried(&sandbox).stderr).unwrap();
    let whole = match refused.contains("Read-only file system") {
        true => [sandbox, user].concat(),
        false => {
            // Some containers allow no mounts. The root still belongs to another user.
            eprintln!("no read-only root on this machine: {refused}");
            user
        }
    };
    assert!(!tried(&whole).status.success() && !elsewhere.exists(), "the server could write elsewhere");
    whole
}

/// Checks what lies beside the package.
fn check_release(dist: &Path) {
    succeeds(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(dist));
    let parts: Value = serde_json::from_slice(&std::fs::read(named(dist, ".cdx.json")).unwrap()).unwrap();
    let names: Vec<_> = parts["components"].as_array().unwrap().iter().map(|part| &part["name"]).collect();
    assert!(names.len() > 200 && names.contains(&&"rustls".into()) && !names.contains(&&"proptest".into()));
}

pub(super) fn named(folder: &Path, ending: &str) -> PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.find(|path| path.to_str().unwrap().ends_with(ending)).unwrap()
}

/// Runs a command that must succeed, and returns its output.
pub(super) fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A server with its certificate.
struct Served {
    program: Program,
    /// Where HTTPS is reached.
    at: std::net::SocketAddr,
}

impl Served {
    async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Response {
        let request = Request::new(self.at, method, &format!("/api{path}")).header("host", "localhost");
        let request = if token.is_empty() { request } else { request.bearer(token) };
        if body.is_null() { request.send().await } else { request.json(&body).send().await }
    }

    /// Signs up, and returns the token.
    async fn sign_up(&self, name: &str, invite: Option<&str>) -> Response {
        let form =
            json!({ "email": format!("{name}@example.org"), "password": PASSWORD, "name": name, "invite": invite });
        self.call("", "POST", "/users", form).await
    }

    async fn log_in(&self, name: &str) -> Response {
        let form = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
        self.call("", "POST", "/session", form).await
    }

    /// Waits until a call is answered as expected.
    async fn answers(&self, token: &str, path: &str, expected: impl Fn(&Response) -> bool) -> Value {
        let answered = async {
            loop {
                let answer = self.call(token, "GET", path, Value::Null).await;
                if expected(&answer) {
                    return answer.json();
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, answered).await.unwrap_or_else(|_| panic!("{path} stays as it is"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_installed_from_the_package_and_kept_in_order() {
    let installed = Installed::new();
    let mut pebble = Pebble::new();
    std::fs::write(installed.folder.path().join("ca.pem"), pebble.ca_bundle()).unwrap();
    // The authority looks for the server before the server knows its port.
    let port = free_port();
    pebble.start(Options { tls_port: port, http_port: free_port(), seconds: 7 * 24 * 3_600 }).await;
    let served = installed.serve(&pebble, port).await;

    // The first admin.
    let admin = text(&served.sign_up("warden", None).await.is(201)["token"]);
    let link = installed.succeeds(&["admin-link"]);
    let path = format!("/admin/{}", link.trim().rsplit('/').next().unwrap());
    // As a browser keeps it over HTTPS.
    let cookie = format!("__Host-madang_session={admin}");
    let confirm = Request::new(served.at, "POST", &path).header("host", "localhost").header("cookie", &cookie);
    let made = confirm.form(&[]).send().await;
    assert_eq!(made.leads_to(), "/admin");

    // Only people with an invite sign up.
    served.call(&admin, "PATCH", "/admin/settings", json!({ "signUp": "invite", "guests": "off" })).await.is(200);
    assert_eq!(served.sign_up("minji", None).await.is(422)["field"], "invite");
    served.call("", "POST", "/guests", json!({ "name": "jun" })).await.is(403);
    let invite = text(&served.call(&admin, "POST", "/admin/invites", json!({ "uses": 2 })).await.is(201)["code"]);
    let minji = text(&served.sign_up("minji", Some(&invite)).await.is(201)["token"]);
    let jun = text(&served.sign_up("jun", Some(&invite)).await.is(201)["token"]);
    served.sign_up("sora", Some(&invite)).await.is(410);

    // A report is decided, and who was reported is suspended by a command beside the server.
    let room = text(&served.call(&minji, "POST", "/rooms", json!({ "title": "courtyard" })).await.is(201)["id"]);
    let at = |rest: &str| format!("/rooms/{room}{rest}");
    served.call(&jun, "POST", &at("/members"), json!({})).await.is(200);
    served.call(&minji, "POST", &at("/messages"), json!({ "text": "welcome" })).await.is(201);
    let bad = served.call(&jun, "POST", &at("/messages"), json!({ "text": "you fool" })).await.is(201);
    let reported = format!("/messages/{}/reports", text(&bad["id"]));
    served.call(&minji, "POST", &reported, json!({ "reason": "abuse", "note": "" })).await.is(201);
    let queue = served.call(&admin, "GET", "/admin/reports", Value::Null).await.is(200);
    let decision = format!("/reports/{}/decision", text(&queue["reports"][0]["id"]));
    served.call(&admin, "POST", &decision, json!({ "decision": "hide" })).await.is(204);
    installed.succeeds(&["user", "suspend", "jun@example.org", "--hours", "24"]);
    served.answers(&jun, "/me", |answer| answer.status == 401).await;
    served.log_in("jun").await.is(403);

    // What doctor says of this server, as its user.
    let public = format!("https://localhost:{}", served.program.0.address.port());
    let found = installed.run(&["doctor", "--disk-reserve-mb", "0", "--public-url", &public]);
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(found.contains("ok       data folder"), "{found}");

    // The backup of the night. Whatever was made at the start is older.
    let count = |status: &Response| status.json()["backups"].as_array().map_or(0, Vec::len);
    served.answers(&admin, "/admin/status", |status| count(status) == 1).await;
    served.call(&admin, "POST", "/admin/backups", Value::Null).await.is(204);
    let status = served.answers(&admin, "/admin/status", |status| count(status) == 2).await;
    let backup = format!("data/backups/scheduled/{}", text(&status["backups"][0]["name"]));

    // In the morning somebody removes the wrong room.
    served.call(&minji, "DELETE", &at(""), Value::Null).await.is(204);
    served.call(&minji, "GET", &at("/messages"), Value::Null).await.is(410);
    let (status, log) = served.program.terminate().await;
    assert!(status.success(), "{log}");
    let kept = "last-night.tar.zst";
    std::fs::copy(installed.state().join(backup), installed.state().join(kept)).unwrap();
    std::fs::set_permissions(installed.state().join(kept), std::fs::Permissions::from_mode(0o644)).unwrap();
    installed.succeeds(&["restore", "--force", kept]);
    installed.succeeds(&["verify"]);

    let served = installed.serve(&pebble, port).await;
    let history = served.call(&minji, "GET", &at("/messages"), Value::Null).await.is(200);
    assert_eq!(texts(history["messages"].as_array().unwrap()), ["join", "join", "welcome", ""]);
    served.log_in("jun").await.is(403);
    assert_eq!(served.sign_up("sora", None).await.is(422)["field"], "invite");
    let actions = installed.succeeds(&["audit"]);
    for action in ["admin.made", "settings.changed", "message.hidden", "account.suspended"] {
        assert!(actions.contains(action), "{action} in {actions}");
    }
    let data = installed.state().join("data").metadata().unwrap();
    assert_eq!(data.mode() & 0o777, 0o700);
    let (status, _) = served.program.terminate().await;
    assert!(status.success());
}
