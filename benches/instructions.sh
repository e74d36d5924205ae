#!/bin/sh
# Instructions per frame of every stage at every level that valgrind knows (it has no AVX-512).
# The difference of two runs leaves out the making of tables. Run at the repository root.
set -eu
program=${CARGO_TARGET_DIR:-target}/release/examples/stage_frames
cargo build --release --quiet --example stage_frames

count() {
    log=$(mktemp)
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$program" "$1" "$2" "$3"
    awk '/Collected/ { print $NF }' "$log"
    rm "$log"
}

frames() {
    few=$(count "$1" "$2" 1000)
    many=$(count "$1" "$2" 3000)
    printf '%-16s %-8s %8d\n' "$1" "$2" $(((many - few) / 2000))
}

printf '%-16s %-8s %8s\n' what level instructions
frames realfft avx2
frames microfft scalar
frames micro scalar
for stage in fft no-compression base pcen kaldi librosa base+energy-vad base+mel-vad net-f32 net-int8; do
    for level in scalar sse2 avx2; do
        frames "$stage" "$level"
    done
done
