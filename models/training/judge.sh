# shellcheck shell=bash
# What wake_card.sh and typed_card.sh share: they read this file. It goes to models/, from where everything is named, so that the
# commands in the cards are those that ran.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
EARNEST_DATA=$(realpath "${EARNEST_DATA:-$here/../../../shared/data}")
EARNEST_CACHE=$(realpath -m "${EARNEST_CACHE:-$here/.cache}")
[ -z "${EARNEST_DIALOGUE:-}" ] || EARNEST_DIALOGUE=$(realpath "$EARNEST_DIALOGUE")
export EARNEST_DATA EARNEST_CACHE EARNEST_DIALOGUE
cd "$here/.." || exit
earnest=$(realpath "${EARNEST:-../target/release/earnest}")
data=$(realpath --relative-to=. "$EARNEST_DATA")

manifests_for() { # manifests_for PHRASE: everything that no model was trained on
    local set
    manifests=() heard=()
    for set in wake/{alexa,computer,snowboy,view_glass} negative/{false_activations,near_words} \
        speech/{speechocean,ljspeech,librispeech_other} command/coffee words/speech_commands; do
        # Some of the near words of other phrases are "computer".
        [ "$1 $set" = "computer negative/near_words" ] || manifests+=(--manifest "$data/$set/manifest.jsonl")
    done
    if [ -n "${EARNEST_DIALOGUE:-}" ]; then
        mkdir -p ../target/cards
        ln -sfn "$EARNEST_DIALOGUE" ../target/cards/game_dialogue
        manifests+=(--manifest ../target/cards/game_dialogue/manifest.jsonl)
        # What an independent recogniser hears the phrase in is no false accept.
        (cd "$here" && python wake_heard.py "$1" "$EARNEST_DIALOGUE/manifest.jsonl") > "../target/cards/heard-${1// /_}.txt"
        [ ! -s "../target/cards/heard-${1// /_}.txt" ] || heard=(--exclude "../target/cards/heard-${1// /_}.txt")
    fi
}

evaluate() { # evaluate SPLIT FOLDER WHAT…
    local split=$1 folder=$2
    shift 2
    "$earnest" eval "${manifests[@]}" "${heard[@]}" --split "$split" "$@" --out "$folder" >&2
}
