#!/usr/bin/env bash
# The C library on the host: the header as C and as C++, what the libraries export, the examples, the snippets of the
# documents, an installation, and the events of whole recordings against those of the Rust library.
# Needs gcc, g++ and binutils; pkg-config for the installation; clang is used where it is.
set -euo pipefail
cd "$(dirname "$0")"
built=${CARGO_TARGET_DIR:-$PWD/../target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source ../firmware/check.sh

warnings=(-Wall -Wextra -Wpedantic -Wundef -Werror)
# Twice: the guard.
printf '#include <earnest.h>\n#include <earnest.h>\nearnest_status (*use)(earnest_listener *) = earnest_mute;\n' >"$work/use.c"
for compiler in "gcc -std=c99" "gcc -std=c11" "g++ -x c++ -std=c++11" "g++ -x c++ -std=c++17" "clang -std=c99" "clang++ -x c++ -std=c++11"; do
    command -v "${compiler%% *}" >/dev/null || continue
    check "header: $compiler" $compiler "${warnings[@]}" -I. -fsyntax-only "$work/use.c"
done

for document in zephyr freertos; do
    awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside' "../examples/c/$document.md" >"$work/$document.c"
    check "snippet of $document.md, $(wc -l <"$work/$document.c") lines" gcc -std=c11 -Wall -Wextra -Werror -I. \
        -I../examples/c/stand_in -c "$work/$document.c" -o "$work/$document.o"
done

cargo build --quiet --release -p earnest-capi --lib --example events
declared() { sed -n '/extern "C"/,$p' earnest.h | grep -vE '^ \*|^/\*' | grep -oE 'earnest_[a-z_]+\(' | tr -d '(' | sort -u; }
check "$(declared | wc -l) functions in the header" test "$(declared | wc -l)" -gt 10
exports() { diff <(declared) <(nm -D --defined-only "$built/libearnest.so" | awk '{ print $3 }' | sort -u); }
check "the shared library exports them and nothing else" exports
archive() { diff <(declared) <(nm --defined-only "$built/libearnest.a" 2>/dev/null | awk '$2 == "T" && $3 ~ /^earnest_/ { print $3 }' | sort -u); }
check "the static library has them" archive
soname() { readelf -d "$built/libearnest.so" | grep -F 'soname: [libearnest.so.0.1]' >/dev/null; }
check "soname" soname

check "examples" make -s -C ../examples/c OUT="$work/examples" LIB="$built/libearnest.a" run
wakes() { "$work/examples/listen" "$@" | grep WAKE >/dev/null; }
check "the example in C wakes, network" wakes ../models/wake-alexa.ear ../examples/c/alexa.s16le
check "the example in C wakes, recordings" wakes ../examples/kitchen/hey_earnest.earnest ../examples/c/kitchen.s16le 0.34
quiet() { ! wakes ../examples/kitchen/hey_earnest.earnest ../examples/c/kitchen.s16le 0.34 ../examples/c/kitchen.s16le; }
check "but not of what the device itself plays" quiet
asks() { "$work/examples/ask" ../models/wake-alexa.ear ../examples/c/alexa.s16le | grep SENT >/dev/null; }
check "the guard in C: a request from the wake to the act" asks

unlocks() {
    "$work/examples/request" ../models/wake-alexa.ear ../models/phones-m.int8.ear ../examples/grammars/home.grm \
        ../examples/grammars/confirm.grm ../examples/c/unlock.s16le | grep UNLOCKED >/dev/null
}
check "the whole chain in C: from the wake phrase to an unlocked door" unlocks

# Whole recordings, the bundled ones and others where they are at hand, through both engines: recordings with a low
# threshold, so that there are scores to compare; the network with its own, and its phrase among the recordings.
recordings=(../examples/kitchen/*.flac ../examples/kitchen/enroll/*.flac ../examples/c/alexa.s16le)
data=../../shared/data
if [ -d "$data" ]; then
    for phrase in athena amelia computer hey_chatterbox hey_computer hey_floyd hey_kit hey_mike hey_scout hey_ziggy; do
        recordings+=("$(find "$data/wake_community/$phrase" -name '*.ogg' | LC_ALL=C sort | sed -n 1p)")
    done
    for n in 1 2 3 4 5 6 7 8 9 10; do
        recordings+=("$(find "$data/wake/alexa" -name '*.ogg' | LC_ALL=C sort | sed -n "${n}p")")
    done
else
    echo "skipped: recordings of others: $data is not there"
fi
gcc -std=c99 -O2 "${warnings[@]}" -I. tests/c/events.c "$built/libearnest.a" -lpthread -ldl -lm -o "$work/events"
DESTDIR=$work/installed ./install.sh /usr >/dev/null
gcc -std=c99 -O2 "${warnings[@]}" -I. tests/c/events.c -L"$work/installed/usr/lib" -learnest -o "$work/events_shared"
raw=()
for n in "${!recordings[@]}"; do raw+=("$work/$n.s16le"); done
same() { # same PROGRAM CHUNK
    LD_LIBRARY_PATH=$work/installed/usr/lib "$1" "$model" "$threshold" "$2" "${raw[@]}" | diff - "$work/rust.txt"
}
for engine in "../models/wake-alexa.ear own" "../examples/kitchen/hey_earnest.earnest 0.1"; do
    read -r model threshold <<<"$engine"
    name=$(basename "$model")
    "$built/examples/events" "$model" "$threshold" "$work" "${recordings[@]}" >"$work/rust.txt"
    scored=$(grep -cE '^event (wake|near-miss)' "$work/rust.txt")
    check "$name: $scored scores to compare" test "$scored" -gt 0
    check "$name: ${#raw[@]} recordings, $(grep -c ^event "$work/rust.txt") events as from Rust" same "$work/events" 160
    check "$name: the same from the shared library, in chunks of 4096" same "$work/events_shared" 4096
done

if command -v pkg-config >/dev/null; then
    installed() {
        export PKG_CONFIG_PATH=$work/installed/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/installed
        # shellcheck disable=SC2046
        gcc -std=c99 tests/c/events.c $(pkg-config --cflags --libs earnest) -o "$work/with_pkg_config" &&
            LD_LIBRARY_PATH=$work/installed/usr/lib "$work/with_pkg_config" "$model" 0.1 999 "${raw[0]}" | grep ^event >/dev/null
    }
    check "installed, found by pkg-config, run" installed
else
    echo "skipped: pkg-config is not there"
fi
checked "C library"
