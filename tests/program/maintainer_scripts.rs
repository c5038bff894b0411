//! The package and its scripts, by dpkg itself: installed, upgraded, removed, purged and installed again. It all happens in this
//! machine's own root with everything that is written laid over it and thrown away.

use std::path::Path;
use std::process::Command;

use super::package::{named, succeeds};
use crate::support::TempDir;

/// Lays a folder over the root and runs a script in that.
const OVER_THE_ROOT: &str = r#"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/merged"
    mount --rbind /dev "$1/merged/dev"
    mount --rbind /proc "$1/merged/proc"
    mkdir -p "$1/merged/packages"
    mount --bind "$1/packages" "$1/merged/packages"
    exec chroot "$1/merged" sh -euc "$2""#;

/// Each line that begins with `==` is compared.
const LIFE: &str = r#"
    export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
    state() { echo "== $1: $(dpkg-query -W -f '${db:Status-Status} ${Version}' madang 2>/dev/null || echo unknown)"; }
    modes() { stat -c '== %n %U:%G %a' "$@"; }
    dpkg -i /packages/one.deb
    state installed
    modes /var/lib/madang /etc/madang/madang.env
    echo "== user $(getent passwd madang | cut -d: -f6,7)"
    echo "== version $(setpriv --reuid=madang --regid=madang --clear-groups madang --version | cut -d' ' -f1)"
    echo kept > /var/lib/madang/kept
    chown madang:madang /var/lib/madang/kept
    echo PORT=4000 >> /etc/madang/madang.env
    dpkg -i /packages/two.deb
    state upgraded
    modes /etc/madang/madang.env /var/lib/madang/kept
    echo "== setting $(grep -c '^PORT=4000' /etc/madang/madang.env)"
    rm /etc/madang/madang.env
    dpkg -i /packages/two.deb
    state 'without its settings'
    dpkg -i --force-confmiss /packages/two.deb
    modes /etc/madang/madang.env
    dpkg -r madang
    state removed
    echo "== left $(ls -d /usr/bin/madang /etc/madang/madang.env /var/lib/madang/kept 2>/dev/null | tr '\n' ' ')"
    dpkg -P madang
    state purged
    echo "== left $(ls -d /usr/bin/madang /etc/madang/madang.env /var/lib/madang/kept 2>/dev/null | tr '\n' ' ')"
    dpkg -i /packages/one.deb
    state 'installed again'
    modes /etc/madang/madang.env /var/lib/madang/kept
"#;

const EXPECTED: &[&str] = &[
    "installed: installed 0.1.0",
    "/var/lib/madang madang:madang 700",
    "/etc/madang/madang.env root:madang 640",
    "user /var/lib/madang:/usr/sbin/nologin",
    "version madang",
    "upgraded: installed 0.2.0",
    "/etc/madang/madang.env root:madang 640",
    "/var/lib/madang/kept madang:madang 644",
    "setting 1",
    "without its settings: installed 0.2.0",
    "/etc/madang/madang.env root:madang 640",
    "removed: config-files 0.2.0",
    "left /etc/madang/madang.env /var/lib/madang/kept ",
    "purged: unknown",
    "left /var/lib/madang/kept ",
    "installed again: installed 0.1.0",
    "/etc/madang/madang.env root:madang 640",
    "/var/lib/madang/kept madang:madang 644",
];

/// What systemd does is not in it: no system of the tests runs one, and without it the scripts leave its commands out.
#[test]
fn the_package_is_installed_upgraded_removed_and_purged() {
    let folder = TempDir::new();
    let at = folder.path().to_str().unwrap();
    for part in ["upper", "work", "merged", "packages"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let over_the_root = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-euc", OVER_THE_ROOT, "sh", at, script]);
        command.output().unwrap()
    };
    if !over_the_root("dpkg-query -W adduser").status.success() {
        eprintln!("not as root, without adduser, or no mounts on this machine: the scripts of the package are not run");
        return;
    }
    packages(folder.path());
    let output = over_the_root(LIFE);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("== ")).collect();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines, EXPECTED);
}

/// Makes the package of this build, and the same as a later version.
fn packages(folder: &Path) {
    let (dist, packages) = (folder.join("dist"), folder.join("packages"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/dist.sh");
    let mut made = Command::new("bash");
    succeeds(made.arg(script).env("PROGRAM", env!("CARGO_BIN_EXE_madang")).env("OUT", &dist).env("ZIP", "none"));
    let one = packages.join("one.deb");
    std::fs::rename(named(&dist, ".deb"), &one).unwrap();
    let tree = folder.join("tree");
    succeeds(Command::new("dpkg-deb").arg("--raw-extract").arg(&one).arg(&tree));
    let control = tree.join("DEBIAN/control");
    let later = std::fs::read_to_string(&control).unwrap().replace("Version: 0.1.0", "Version: 0.2.0");
    std::fs::write(&control, later).unwrap();
    succeeds(Command::new("dpkg-deb").args(["--build", "-Znone"]).arg(&tree).arg(packages.join("two.deb")));
}
