#!/usr/bin/env bash
# Builds the C library for a machine without an operating system: build.sh TARGET, for instance thumbv7em-none-eabihf or
# wasm32-unknown-unknown (with simd128). Without `std`, optimised as a whole. Prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
source firmware/cross.sh
kind=staticlib file=libearnest.a options=()
if [ "$1" = wasm32-unknown-unknown ]; then
    kind=cdylib file=earnest.wasm
    options=(--config "target.$1.rustflags=['-C', 'target-feature=+simd128']")
    has_target "$1" || options+=(--config "target.$1.linker='wasm-ld'")
fi
CARGO_PROFILE_RELEASE_OPT_LEVEL=${EARNEST_OPT_LEVEL:-s} CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort \
    cross "$1" rustc --quiet --release -p earnest-capi --no-default-features --lib --crate-type "$kind" "${options[@]}" >&2
# shellcheck disable=SC2154 # from cross.sh
echo "$cross_dir/target/$1/release/$file"
