#!/usr/bin/env bash
# Makes alexa.s16le: "Alexa. Turn on the kitchen light.", 4.5 s, 16 kHz, mono, in the noise of a quiet room. The voice is
# Flite's slt (Carnegie Mellon University, free for any use); the clip is ours. Needs flite and ffmpeg.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flite -voice slt -t "Alexa." -o "$work/phrase.wav"
flite -voice slt -t "Turn on the kitchen light." -o "$work/command.wav"
ffmpeg -v error -y -i "$work/phrase.wav" -i "$work/command.wav" \
    -f lavfi -i "anoisesrc=color=brown:amplitude=0.004:seed=1:sample_rate=16000:duration=4.5" \
    -filter_complex "[0]aresample=16000,volume=0.6,adelay=800[a];[1]aresample=16000,volume=0.6,adelay=1700[b];
        [a][b][2]amix=inputs=3:normalize=0:duration=longest,atrim=end=4.5[mix]" \
    -map "[mix]" -ac 1 -ar 16000 -bitexact -f s16le alexa.s16le
