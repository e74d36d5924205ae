#!/usr/bin/env bash
# Makes unlock.s16le: "Alexa. Unlock the front door.", quiet while the prompt would be played, "Yes, unlock the door.", 9.5 s,
# 16 kHz, mono, in the noise of a quiet room. The voice is Flite's rms (Carnegie Mellon University, free for any use); the
# clip is ours. Needs flite and ffmpeg.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flite -voice rms -t "Alexa." -o "$work/phrase.wav"
flite -voice rms -t "Unlock the front door." -o "$work/command.wav"
flite -voice rms -t "Yes, unlock the door." -o "$work/answer.wav"
ffmpeg -v error -y -i "$work/phrase.wav" -i "$work/command.wav" -i "$work/answer.wav" \
    -f lavfi -i "anoisesrc=color=brown:amplitude=0.004:seed=1:sample_rate=16000:duration=9.5" \
    -filter_complex "[0]aresample=16000,volume=0.6,adelay=1500[a];[1]aresample=16000,volume=0.6,adelay=2400[b];
        [2]aresample=16000,volume=0.6,adelay=7000[c];[a][b][c][3]amix=inputs=4:normalize=0:duration=longest,atrim=end=9.5[mix]" \
    -map "[mix]" -ac 1 -ar 16000 -bitexact -f s16le unlock.s16le
