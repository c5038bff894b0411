#!/usr/bin/env bash
# Makes what a release consists of, in target/dist: the program, a .deb, manual pages, completions, the third-party
# notices, a list of all parts (CycloneDX) and checksums. The tests give it a PROGRAM that is built, and pack it with ZIP=none.
#
#   scripts/dist.sh            # for this machine, with its libc
#   TARGET=x86_64-unknown-linux-musl scripts/dist.sh   # one static program; needs rustup target add and musl-tools
set -euo pipefail
cd "$(dirname "$0")/.."

target=${TARGET:-}
zip=${ZIP:-xz}
out=${OUT:-target/dist}
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
program=${PROGRAM:-target/${target:+$target/}release/madang}
[ -n "${PROGRAM:-}" ] || cargo build --locked --release ${target:+--target "$target"}
case "${target:-$(uname -m)}" in
  x86_64*) arch=amd64 ;;
  aarch64*) arch=arm64 ;;
  armv7*) arch=armhf ;;
  *) arch=$(dpkg --print-architecture) ;;
esac
name=madang-$version-$arch

rm -rf "$out"
mkdir -p "$out/$name"
install -m 755 "$program" "$out/$name/madang"
"$program" licenses >"$out/$name/THIRD-PARTY-NOTICES.txt"
"$program" man-pages "$out/$name/man"
mkdir "$out/$name/completions"
"$program" completions bash >"$out/$name/completions/madang"
"$program" completions zsh >"$out/$name/completions/_madang"
"$program" completions fish >"$out/$name/completions/madang.fish"
cp LICENSE CHANGELOG.md .env.example packaging/systemd/madang.service "$out/$name"
cp -r docs/self-hosting "$out/$name/self-hosting"

# The parts, from what cargo resolved for this build.
cargo metadata --locked --format-version 1 ${target:+--filter-platform "$target"} |
  VERSION=$version node scripts/sbom.mjs >"$out/$name.cdx.json"

# The package. Only dpkg-deb is needed.
root=$out/deb
mkdir -p "$root/DEBIAN" "$root/etc/madang" "$root/usr/bin" "$root/lib/systemd/system" "$root/usr/share/doc/madang" \
  "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" \
  "$root/usr/share/fish/vendor_completions.d"
install -m 755 "$program" "$root/usr/bin/madang"
install -m 644 packaging/systemd/madang.service "$root/lib/systemd/system/madang.service"
install -m 640 packaging/deb/madang.env "$root/etc/madang/madang.env"
install -m 644 LICENSE "$root/usr/share/doc/madang/copyright"
install -m 644 "$out/$name/THIRD-PARTY-NOTICES.txt" "$root/usr/share/doc/madang/THIRD-PARTY-NOTICES"
install -m 644 "$out/$name/completions/madang" "$root/usr/share/bash-completion/completions/madang"
install -m 644 "$out/$name/completions/_madang" "$root/usr/share/zsh/vendor-completions/_madang"
install -m 644 "$out/$name/completions/madang.fish" "$root/usr/share/fish/vendor_completions.d/madang.fish"
for page in "$out/$name"/man/*.1; do gzip -9n <"$page" >"$root/usr/share/man/man1/$(basename "$page").gz"; done
for script in postinst prerm postrm; do install -m 755 "packaging/deb/$script" "$root/DEBIAN/$script"; done
echo /etc/madang/madang.env >"$root/DEBIAN/conffiles"
# The newest symbol of libc that the program uses; a static one needs none.
libc=$(objdump -T "$program" 2>/dev/null | grep -o 'GLIBC_2[0-9.]*' | sort -Vu | tail -1 | cut -d_ -f2 || true)
cat >"$root/DEBIAN/control" <<CONTROL
Package: madang
Version: $version
Architecture: $arch
Maintainer: Madang <madang@localhost>
Section: net
Priority: optional
Depends: adduser${libc:+, libc6 (>= $libc), libgcc-s1}
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Description: self-hosted chat server
 One program and one data folder. Every stock Socket.IO client works with it.
CONTROL
dpkg-deb --root-owner-group "-Z$zip" --build "$root" "$out/madang_${version}_$arch.deb" >/dev/null
rm -rf "$root"

[ "$zip" = none ] || tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"
rm -rf "${out:?}/$name"
(cd "$out" && sha256sum -- * >SHA256SUMS)
ls -l "$out"
