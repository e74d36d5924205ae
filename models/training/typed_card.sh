#!/usr/bin/env bash
# What four typed phrases do on dev, clean and in the kitchen at 10 dB: the part `## Measured` of ../background-m.card.md, by
# `earnest` itself. With --test also on test: once, when nothing is left to choose.
#
#   ./typed_card.sh [--test]
#
# EARNEST_DATA, EARNEST_DIALOGUE: as in wake.md. EARNEST: the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/judge.sh"
splits=dev
[ "${1:-}" != --test ] || splits="dev test"
out=../target/cards/typed
mkdir -p "$out"
folders=()
for split in $splits; do
    for phrase in alexa computer snowboy "view glass"; do
        manifests_for "$phrase"
        folder=$out/$split/${phrase// /_}
        [ "$split" = test ] || rm -rf "$folder" "$folder-kitchen"
        evaluate "$split" "$folder" --phrase "$phrase"
        evaluate "$split" "$folder-kitchen" --phrase "$phrase" --noise "$data/noise/kitchen/kitchen.ogg@10"
        folders+=("$folder" "$folder-kitchen")
    done
done
"$earnest" report "${folders[@]}" --format card -o "$out/measured.md"
card=background-m.card.md
{
    # shellcheck disable=SC2016 # names of files
    printf '%s\n\n## Measured\n\nBy `training/typed_card.sh`; the commands run in `models/`.\n\n' "$(sed '/^## Measured$/,$d' "$card")"
    cat "$out/measured.md"
} > "$out/card.md"
mv "$out/card.md" "$card"
