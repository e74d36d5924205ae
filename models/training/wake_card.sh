#!/usr/bin/env bash
# A wake net's image and card, measured by `earnest` itself.
#
#   ./wake_card.sh PHRASE RUN/state.npz     exports and packs the net, chooses its threshold on dev, writes
#                                           ../wake-PHRASE.{onnx,ear,card.md}
#   ./wake_card.sh PHRASE                   the card of the image that is there: dev
#   ./wake_card.sh --test PHRASE            … and test. Once, when nothing is left to choose.
#
# EARNEST_DATA, EARNEST_CACHE, EARNEST_DIALOGUE: as in wake.md. EARNEST: the program. FA_PER_HOUR: the budget (0.5) that the
# count on dev must meet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export EARNEST_DATA=$(realpath "${EARNEST_DATA:-$here/../../../shared/data}")
[ -z "${EARNEST_CACHE:-}" ] || export EARNEST_CACHE=$(realpath "$EARNEST_CACHE")
[ -z "${EARNEST_DIALOGUE:-}" ] || export EARNEST_DIALOGUE=$(realpath "$EARNEST_DIALOGUE")
splits=dev
if [ "${1:-}" = --test ]; then
    splits="dev test"
    shift
fi
phrase=${1:?usage: wake_card.sh [--test] PHRASE [RUN/state.npz]}
run=${2:+$(realpath "$2")}
name=wake-${phrase// /_}
# Everything is named as it is seen from models/, so that the commands in the card are those that ran.
cd "$here/.."
earnest=$(realpath "${EARNEST:-../target/release/earnest}")
data=$(realpath --relative-to=. "$EARNEST_DATA")
out=../target/cards/$name
mkdir -p "$out"

sets="wake/alexa wake/computer wake/snowboy wake/view_glass negative/false_activations negative/near_words speech/speechocean
    speech/ljspeech speech/librispeech_other command/coffee words/speech_commands"
manifests=()
for set in $sets; do
    # Some of the near words of other phrases are "computer".
    [ "$phrase $set" = "computer negative/near_words" ] || manifests+=(--manifest "$data/$set/manifest.jsonl")
done
if [ -n "${EARNEST_DIALOGUE:-}" ]; then
    ln -sfn "$EARNEST_DIALOGUE" ../target/cards/game_dialogue
    manifests+=(--manifest ../target/cards/game_dialogue/manifest.jsonl)
fi

evaluate() { # evaluate MODEL SPLIT FOLDER [OPTION…]
    local model=$1 split=$2 folder=$3
    shift 3
    "$earnest" eval "${manifests[@]}" --split "$split" --model "$model" "$@" --out "$folder" >&2
}

pack() { # pack ONNX EAR
    (cd "$here" && python calibration.py) | xargs "$earnest" model pack "$1" -o "$2" --int8 --calibrate >&2
}

if [ -n "$run" ]; then
    python "$here/wake_export.py" "$run" "$phrase" "$out/first.onnx" >&2
    pack "$out/first.onnx" "$out/first.ear"
    rm -rf "$out/first"
    evaluate "$out/first.ear" dev "$out/first"
    chosen=$("$earnest" tune "$out/first" --fa-per-hour "${FA_PER_HOUR:-0.5}" --rule point --json |
        python -c 'import json, math, sys; print(math.ceil(1000 * json.loads(sys.stdin.readlines()[-1])["threshold"]) / 1000)')
    delay=$(python "$here/wake_delay.py" "$out/first.ear" "$phrase" --earnest "$earnest")
    python "$here/wake_export.py" "$run" "$phrase" "$name.onnx" --threshold "$chosen" ${delay:+--delay-ms "$delay"} --result "$out/first" >&2
    pack "$name.onnx" "$name.ear"
fi
folders=()
for split in $splits; do
    # dev is cheap and made anew; test stays what it was the first time.
    [ "$split" = test ] || rm -rf "$out/$split" "$out/$split-kitchen"
    evaluate "$name.ear" "$split" "$out/$split"
    evaluate "$name.ear" "$split" "$out/$split-kitchen" --noise "$data/noise/kitchen/kitchen.ogg@10"
    folders+=("$out/$split" "$out/$split-kitchen")
done
"$earnest" report "${folders[@]}" --format card -o "$out/measured.md"
python "$here/wake_card.py" "$phrase" --image "$name.ear" --measured "$out/measured.md" --notes "$here/notes-wake.json" > "$out/card.md"
mv "$out/card.md" "$name.card.md"
