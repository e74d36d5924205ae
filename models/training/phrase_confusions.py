#!/usr/bin/env python3
"""How phones come out of an acoustic model: writes `src/spotter/phonetic/confusions.rs`.

    phrase_confusions.py MODEL.ear OUT.rs

`train` recordings with a text (or a phrase) are aligned to its phones, with every phone allowed to come out as one that
it was taken for in the round before; counted are the posteriors in the frame of each phone that fits best.
"""
import sys
from pathlib import Path

import numpy as np

from corpus import audio, clips
from evaluate import Image
from lexicon import lattice
from symbols import SYMBOLS

SETS = ["speech/speechocean", "speech/ljspeech", "tts/wake", "tts/name", "wake_community"]
N = len(SYMBOLS)
HEAD = """//! How phones come out of the acoustic model. Written by `models/training/phrase_confusions.py`, not by hand.

use crate::lexicon::Phone;

/// Row p − 1: where phone p is said, the mean posterior of every symbol (blank first) in the frame that stands for it,
/// in units of 0.0001. From the `train` recordings with a text, aligned to it.
#[rustfmt::skip]
pub(super) const CONFUSIONS: [[u16; Phone::SYMBOLS]; Phone::SYMBOLS - 1] = [
"""


def likelihoods(shares):
    """K[p, q]: how likely symbol q comes out where p is said, relative to p itself."""
    k = np.minimum(shares / np.maximum(np.diag(shares)[:, None], 1e-9), 1)
    k[:, 0] = np.minimum(k[:, 0], 0.02)
    k[1:] += 1e-4
    k[0] = 0.003
    k[0, 0] = 1
    return k


def align(scores, phones):
    """The best CTC path of `phones` through scores [T, N]: the state (2 i + 1 for phone i, even for blank) of every frame."""
    states = np.zeros(2 * len(phones) + 1, int)
    states[1::2] = phones
    skip = np.zeros(len(states), bool)
    skip[3::2] = states[3::2] != states[1:-2:2]
    best = np.full(len(states), -1e30)
    best[:2] = scores[0, states[:2]]
    back = np.zeros((len(scores), len(states)), int)
    for t in range(1, len(scores)):
        ways = np.stack([best, np.r_[-1e30, best[:-1]], np.where(skip, np.r_[-1e30, -1e30, best[:-2]], -1e30)])
        back[t] = ways.argmax(0)
        best = ways.max(0) + scores[t, states]
    state = len(states) - 1 if best[-1] > best[-2] else len(states) - 2
    path = []
    for t in range(len(scores) - 1, -1, -1):
        path.append(state)
        state -= back[t, state]
    return np.array(path[::-1])


def main():
    model, path = sys.argv[1:]
    net, said = Image(model), []
    for prefix in SETS:
        for row in clips(prefix, "train"):
            options, unknown = lattice((row.get("text") or row["phrase"]).replace("_", " "))
            phones = [p for choices in options for p in choices[0]]
            posteriors = np.exp(net(np.pad(audio(row), 16000)))
            if not unknown and phones and len(posteriors) > 2 * len(phones):
                said.append((phones, posteriors.astype(np.float32)))
    shares = np.eye(N) * 0.7 + 0.3 / N
    for _ in range(3):
        k, counts = likelihoods(shares), np.zeros((N, N))
        for phones, posteriors in said:
            scores = np.log(posteriors @ k.T + 1e-9)
            states = align(scores, phones)
            for i, phone in enumerate(phones):
                frames = np.flatnonzero(states == 2 * i + 1)
                if len(frames):
                    counts[phone] += posteriors[frames[scores[frames, phone].argmax()]]
        shares = counts / np.maximum(counts.sum(1, keepdims=True), 1e-9)
    rows = ["    [" + ", ".join(str(round(10000 * x)) for x in row) + "]," for row in shares[1:]]
    Path(path).write_text(HEAD + "\n".join(rows) + "\n];\n", encoding="utf-8")
    print(f"{len(said)} recordings; itself {np.diag(shares)[1:].mean():.3f} on average")


if __name__ == "__main__":
    main()
