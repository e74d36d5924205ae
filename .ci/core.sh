#!/usr/bin/env bash
# The core on machines without an operating system: builds for four of them, the firmware under QEMU, the unit tests
# on a 64-bit Arm. Installs what it lacks if it is root on Debian.
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

packages=(rustc-web cargo-web rust-web-src lld qemu-system-arm qemu-user binutils-arm-none-eabi gcc-aarch64-linux-gnu
    libc6-dev-arm64-cross)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "skipped: the core on microcontrollers and on 64-bit Arm; install first: ${missing[*]}"
        # Where the checks are meant to run, not having run them is a failure.
        [ "${CI:-}" != true ]
        exit
    fi
fi
debian rustc -V
debian cargo -V
qemu-system-arm --version | head -1
qemu-aarch64 --version | head -1
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

# Debian's own build of the standard library for 64-bit Arm, unpacked beside the sysroot, not installed.
arm_std() {
    local target=aarch64-unknown-linux-gnu version lib=$cross_dir/sysroot/lib/rustlib/aarch64-unknown-linux-gnu/lib
    version=$(dpkg-query -W -f '${Version}' rustc-web)
    [ "$(cat "$lib/version" 2>/dev/null)" = "$version" ] && return
    local at=$cross_dir/arm64
    rm -rf "$at" "$lib"
    mkdir -p "$at/lists/partial" "$at/cache/archives/partial" "$lib"
    local options=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::Lists=$at/lists"
        -o "Dir::Cache=$at/cache")
    apt-get "${options[@]}" -qq update
    (cd "$at" && apt-get "${options[@]}" -qq -o APT::Sandbox::User=root download "libstd-rust-web-dev=$version")
    dpkg -x "$at"/libstd-rust-web-dev_*.deb "$at"
    mv "$at/usr/lib/rustlib/$target/lib/"*.rlib "$lib"
    rm -rf "$at"
    echo "$version" >"$lib/version"
}

arm_tests() {
    local target=aarch64-unknown-linux-gnu log=$cross_dir/arm.log
    arm_std || return
    debian env CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
        cargo test -p earnest --quiet --target "$target" --target-dir "$cross_dir/target" --lib \
        --config "target.$target.rustflags=['--sysroot', '$cross_dir/sysroot']" \
        -- audio:: frontend:: nn:: simd:: vad:: 2>&1 | tee "$log" || return
    # A filter that matches nothing would pass too.
    grep -Eq '^test result: ok\. [1-9][0-9]* passed' "$log"
}
check "unit tests on 64-bit Arm (NEON)" arm_tests
[ "$failed" = 0 ]
