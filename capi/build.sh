#!/usr/bin/env bash
# Builds libearnest.a for a machine without an operating system: build.sh TARGET, for instance thumbv7em-none-eabihf.
# Without `std`, optimised as a whole. Prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
source firmware/cross.sh
CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort \
    cross "$1" rustc --quiet --release -p earnest-capi --no-default-features --lib --crate-type staticlib >&2
echo "$cross_dir/target/$1/release/libearnest.a"
