#!/usr/bin/env bash
# A wake net's image and card, measured by `earnest` itself: the net alone, and with the check of its phrase behind it.
#
#   ./wake_card.sh PHRASE RUN/state.npz     exports and packs the net, chooses its threshold on dev, writes
#                                           ../wake-PHRASE.{onnx,ear,card.md}
#   ./wake_card.sh --check PHRASE           chooses anew from what score of the net on it is checked, and the score of both, on dev
#   ./wake_card.sh PHRASE                   the card of the image that is there: dev
#   ./wake_card.sh --test PHRASE            … and test. Once, when nothing is left to choose.
#
# EARNEST_DATA, EARNEST_CACHE, EARNEST_DIALOGUE: as in wake.md. EARNEST: the program. FA_PER_HOUR: the budget (0.5) that the
# count on dev must meet; CHECK_FROM: the net's score from which on it is checked (0.02); CHECK_FA_PER_HOUR: the budget (0.8) that the count of
# both together must meet on dev, quiet and in the kitchen taken together.
set -euo pipefail
invoked=$PWD
. "$(dirname "$0")/judge.sh"
splits=dev check=
while true; do
    case "${1:-}" in
    --test) splits="dev test" ;;
    --check) check=yes ;;
    *) break ;;
    esac
    shift
done
phrase=${1:?usage: wake_card.sh [--check] [--test] PHRASE [RUN/state.npz]}
run=${2:+$(cd "$invoked" && realpath "$2")}
name=wake-${phrase// /_}
out=../target/cards/$name
mkdir -p "$out"

manifests_for "$phrase"

pack() { # pack ONNX EAR
    (cd "$here" && python calibration.py) | xargs "$earnest" model pack "$1" -o "$2" --int8 --calibrate >&2
}

if [ -n "$run" ]; then
    python "$here/wake_export.py" "$run" "$phrase" "$out/first.onnx" >&2
    pack "$out/first.onnx" "$out/first.ear"
    rm -rf "$out/first"
    evaluate dev "$out/first" --model "$out/first.ear"
    chosen=$("$earnest" tune "$out/first" --fa-per-hour "${FA_PER_HOUR:-0.5}" --rule point --json |
        python -c 'import json, math, sys; print(math.ceil(1000 * json.loads(sys.stdin.readlines()[-1])["threshold"]) / 1000)')
    delay=$(python "$here/wake_delay.py" "$out/first.ear" "$phrase" --earnest "$earnest")
    python "$here/wake_export.py" "$run" "$phrase" "$name.onnx" --threshold "$chosen" ${delay:+--delay-ms "$delay"} --result "$out/first" >&2
    check=yes
fi
kitchen="$data/noise/kitchen/kitchen.ogg@10"
if [ -n "$check" ]; then
    python "$here/wake_check.py" "$name.onnx" --from "${CHECK_FROM:-0.02}"
    pack "$name.onnx" "$out/checked.ear"
    rm -rf "$out/checked" "$out/checked-kitchen"
    evaluate dev "$out/checked" --engine cascade --model "$out/checked.ear"
    evaluate dev "$out/checked-kitchen" --engine cascade --model "$out/checked.ear" --noise "$kitchen"
    chosen=$("$earnest" tune "$out/checked" "$out/checked-kitchen" --fa-per-hour "${CHECK_FA_PER_HOUR:-0.8}" --rule point --json |
        python -c 'import json, math, sys; print(math.ceil(1000 * json.loads(sys.stdin.readlines()[-1])["threshold"]) / 1000)')
    python "$here/wake_check.py" "$name.onnx" --from "${CHECK_FROM:-0.02}" --threshold "$chosen" --result "$out/checked" "$out/checked-kitchen"
    pack "$name.onnx" "$name.ear"
fi
folders=() checked=()
for split in $splits; do
    # dev is made anew unless it is only there for test's sake; test stays what it was the first time.
    [ "$splits" != dev ] || rm -rf "${out:?}"/{,cascade-}dev{,-kitchen}
    evaluate "$split" "$out/$split" --model "$name.ear"
    evaluate "$split" "$out/$split-kitchen" --model "$name.ear" --noise "$kitchen"
    folders+=("$out/$split" "$out/$split-kitchen")
    evaluate "$split" "$out/cascade-$split" --engine cascade --model "$name.ear"
    evaluate "$split" "$out/cascade-$split-kitchen" --engine cascade --model "$name.ear" --noise "$kitchen"
    checked+=("$out/cascade-$split" "$out/cascade-$split-kitchen")
done
"$earnest" report "${folders[@]}" --format card -o "$out/measured.md"
"$earnest" report "${checked[@]}" --format card -o "$out/checked.md"
python "$here/wake_card.py" "$phrase" --image "$name.ear" --measured "$out/measured.md" --checked "$out/checked.md" --notes "$here/notes-wake.json" > "$out/card.md"
mv "$out/card.md" "$name.card.md"
