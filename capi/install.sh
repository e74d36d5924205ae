#!/usr/bin/env bash
# Installs earnest.h, libearnest.a, libearnest.so with its soname and earnest.pc: install.sh [PREFIX], /usr/local unless
# it is given; DESTDIR is put before it. What `cargo cinstall` of cargo-c does, without it.
set -euo pipefail
cd "$(dirname "$0")"
prefix=${1:-/usr/local}
into=${DESTDIR:-}$prefix
cargo build --release -p earnest-capi
built=${CARGO_TARGET_DIR:-../target}/release
version=$(sed -n 's/^#define EARNEST_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' earnest.h | paste -sd. -)
soname=$(readelf -d "$built/libearnest.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
install -d "$into/include" "$into/lib/pkgconfig"
install -m 644 earnest.h "$into/include/"
install -m 644 "$built/libearnest.a" "$into/lib/"
install -m 755 "$built/libearnest.so" "$into/lib/libearnest.so.$version"
[ "$soname" = "libearnest.so.$version" ] || ln -sf "libearnest.so.$version" "$into/lib/$soname"
ln -sf "$soname" "$into/lib/libearnest.so"
sed "s|@PREFIX@|$prefix|; s|@VERSION@|$version|" earnest.pc.in >"$into/lib/pkgconfig/earnest.pc"
