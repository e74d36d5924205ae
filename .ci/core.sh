#!/usr/bin/env bash
# The core on other machines: builds for four without an operating system, the firmware under QEMU, the tests of the
# front end, the VAD and the networks on 64-bit Arm under QEMU (NEON), the C library on this one and on others.
# Installs what it lacks if it is root on Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
source firmware/cross.sh
source firmware/check.sh

packages=(rustc-web cargo-web rust-web-src lld qemu-system-arm binutils-arm-none-eabi
    qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-none-eabi libnewlib-arm-none-eabi g++ pkg-config)
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
qemu-system-arm --version | sed -n 1p
arm-none-eabi-nm --version | sed -n 1p

# No std, no heap: the core and the C library around it. thumbv7em is the firmware's.
c_library() {
    local exported
    exported=$(nm --defined-only "$(capi/build.sh "$1")" 2>/dev/null | grep -c ' T earnest_')
    echo "functions: $exported"
    [ "$exported" -gt 10 ]
}
for target in thumbv6m-none-eabi riscv32imac-unknown-none-elf aarch64-unknown-none; do
    check "C library for $target" c_library "$target"
done
check "C library: header, symbols, examples, events as from Rust" capi/check.sh
# The clip of the C examples, on the host and as WebAssembly.
wasm() {
    local module program=$cross_dir/events
    module=$(capi/build.sh wasm32-unknown-unknown)
    gcc -std=c99 -Icapi capi/tests/c/events.c "${CARGO_TARGET_DIR:-target}/release/libearnest.a" -lpthread -ldl -lm -o "$program"
    for clip in "models/wake-alexa.ear own 160 examples/c/alexa.s16le" \
        "examples/kitchen/hey_earnest.earnest 0.34 160 examples/c/kitchen.s16le"; do
        # shellcheck disable=SC2086
        diff <("$program" $clip) <(node capi/tests/wasm.mjs "$module" $clip) || return 1
        # shellcheck disable=SC2086
        "$program" $clip | grep '^event wake' >/dev/null || return 1
    done
}
if command -v node >/dev/null; then
    check "C library as WebAssembly with simd128: events of both engines as here" wasm
else
    echo "skipped: WebAssembly: node is not there"
fi

lint() {
    (cd firmware && cargo fmt --check && cargo clippy --quiet --release --target-dir "$cross_dir/host" -- -D warnings)
}
check "firmware: format, clippy" lint
check "firmware: bits, events, panics, cost" firmware/table.sh

# The standard library is built along: Debian has none for this target.
arm() {
    local log count
    log=$(mktemp)
    RUSTC_BOOTSTRAP=1 PROPTEST_CASES=8 CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
        debian cargo test --quiet -Z build-std --target aarch64-unknown-linux-gnu --target-dir "$cross_dir/arm" \
        -p earnest --lib --test nn --test nn_image --test frontend_golden --test vad 2>&1 | tee "$log" || return 1
    count=$(awk '/^test result: ok/ { n += $4 } END { print n + 0 }' "$log")
    rm "$log"
    echo "tests run: $count"
    [ "$count" -gt 0 ]
}
check "front end, VAD and networks on 64-bit Arm" arm

checked core
