#!/bin/sh
# Adopts an acoustic model: makes anew all that rests on the posteriors of phones-m, in the order in which one needs the other.
#
#     after_phones.sh CHECKPOINT.npz BLANK          for example: after_phones.sh checkpoint/phones-m.npz 0.5
#
# To be run in this folder, in the environment of README.md, with EARNEST_DATA and EARNEST_CACHE absolute, and with EARNEST_DIALOGUE
# (wake.md) and KOKORO (README.md) where they are there. Every step is a
# command that can be run alone. What a person does behind it: read the figures, put weights and odds where the last lines
# say, and write the card (README.md).
set -eu
checkpoint=$1 blank=$2
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
bin=$root/target/release

step() { printf '\n== %s\n' "$1"; }

step "1  ONNX and the image of int8"
python export.py phones-m "$checkpoint" ../phones-m.onnx --blank "$blank"
(cd "$root" && cargo build --release -p earnest-cli)
"$bin/earnest" model pack ../phones-m.onnx -o "$EARNEST_CACHE/m.ear"
# shellcheck disable=SC2046  # paths of the data have no spaces
"$bin/earnest" model pack ../phones-m.onnx -o ../phones-m.int8.ear --int8 --calibrate $(python calibration.py)

step "2  what it takes phones for: typed phrases and commands"
(cd "$root" && cargo build --release -p earnest --example posteriors)
python confusions.py ../phones-m.int8.ear -o ../phones-m.confusions.bin

step "3  background, the measure of typed phrases"
python background.py ../phones-m.int8.ear ../background-m.bin

step "4  odds of the guard's examples: examples/portland/odds.json"
python "$root/examples/portland/calibrate.py" "$EARNEST_DATA/tts" "$bin/examples/posteriors"

step "5  weights of the confidence: src/confidence/phones_m.rs (synthesize_commands.py has spoken the sentences before)"
# The table of step 2 is built into the library, so it is built again.
(cd "$root" && cargo build --release -p earnest --example commands)
python confidence.py ../phones-m.int8.ear --write ../../src/confidence/phones_m.rs
python "$root/tests/golden/confidence.py" > "$EARNEST_CACHE/confidence.json" && mv "$EARNEST_CACHE/confidence.json" "$root/tests/golden/confidence.json"

step "6  typed phrases on dev: benches/README.md"
out=$EARNEST_CACHE/typed_phrases
mkdir -p "$out"
typed() { (cd "$root" && cargo bench --bench typed_phrases -- "$EARNEST_DATA" "$@"); }
typed "$out/negative.jsonl" --sets negative,speech,command,words ${EARNEST_DIALOGUE:+--more "$EARNEST_DIALOGUE"}
typed "$out/confusable.jsonl" --sets tts/confusable --split train
typed "$out/clean.jsonl" --sets wake/
typed "$out/kitchen.jsonl" --sets wake/ --snr 10
python "$root/benches/typed_phrases/figures.py" "$out/negative.jsonl" "$out/confusable.jsonl" \
    clean="$out/clean.jsonl" "kitchen 10 dB=$out/kitchen.jsonl"
(cd "$root" && cargo build --release -p earnest-cli)
./typed_card.sh

step "7  what wake nets are checked by: thresholds on dev, cards (then, once, wake_card.sh --test); the score's weights are cascade.py's"
for phrase in alexa computer snowboy "view glass"; do
    ./wake_card.sh --check "$phrase"
done

step "8  talk against open gates and requests that are meant, on dev: benches/README.md"
(cd "$root" && cargo build --release -p earnest-cli)
python "$root/benches/household/gates.py" --split dev ${EARNEST_DIALOGUE:+--more "$EARNEST_DIALOGUE"}
[ -z "${KOKORO:-}" ] || python "$root/benches/household/flows.py" --kokoro "$KOKORO" --out "$EARNEST_CACHE/flows" --first 200

step "9  tests: images, tract beside nn, commands, phrases"
(cd "$root" && cargo test --release -p earnest --features onnx && cargo test --release -p earnest-cli)
