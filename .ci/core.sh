#!/usr/bin/env bash
# The core on machines without an operating system: builds for four of them, the firmware under QEMU.
# Installs what it lacks if it is root on Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0
failed=0
source firmware/cross.sh

tell() { echo "core: $passed passed, $failed failed"; }
trap tell EXIT

check() { # check NAME COMMAND…
    local name=$1 started=$SECONDS
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $name ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED  $name ($((SECONDS - started)) s)"
    fi
}

packages=(rustc-web cargo-web rust-web-src lld qemu-system-arm binutils-arm-none-eabi)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "skipped: the core on microcontrollers; install first: ${missing[*]}"
        # Where the checks are meant to run, not having run them is a failure.
        [ "${CI:-}" != true ]
        exit
    fi
fi
debian rustc -V
debian cargo -V
qemu-system-arm --version | head -1
arm-none-eabi-nm --version | head -1

# No std, no heap.
for target in thumbv7em-none-eabihf thumbv6m-none-eabi riscv32imac-unknown-none-elf aarch64-unknown-none; do
    check "core for $target" cross "$target" build -p earnest --quiet --release --no-default-features --lib
done

lint() {
    (cd firmware && cargo fmt --check && cargo clippy --quiet --release --target-dir "$cross_dir/host" -- -D warnings)
}
check "firmware: format, clippy" lint
check "firmware: bits, events, panics, cost" firmware/table.sh

[ "$failed" = 0 ]
