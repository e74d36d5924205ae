#!/usr/bin/env python3
"""Recordings without a label in which an independent recogniser hears the phrase: for `earnest eval --exclude`.

    wake_heard.py "computer" MANIFEST.jsonl … > heard.txt

What a device hears in them is no false accept. The recogniser is the teacher of teacher.py, which has nothing to do with wake nets; it hears the
phrase where its phones have one of the phrase's pronunciations in them with at most one of eight wrong, and no plural's S or Z sticks to its
end: "computers" stays a false accept. What it heard is kept in EARNEST_CACHE/heard, so that further phrases cost nothing. About 0.07 × real time.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import soundfile

from corpus import cached, save
from symbols import BLANK, INDEX, IPA, SYMBOLS, collapse, ids
from wake_phrase import utterances

BOUNDARY = len(SYMBOLS)                           # of words, kept here beside our own symbols
PHONES_PER_WRONG = 8                              # of so many, one may be wrong


class Recogniser:
    def __init__(self):
        from hama import ASRModel
        self.model = ASRModel()
        names = self.model.decoder_tokens
        self.symbol = np.array([BOUNDARY if name == "<wb>" else INDEX[IPA[name]] if name in IPA else BLANK for name in names])

    def __call__(self, x):
        """Symbols and boundaries of f32[samples], the likeliest of each frame."""
        m = self.model
        feed = {m._waveform_input_name: x.reshape(1, -1), m._waveform_lengths_input_name: np.array([len(x)], np.int64)}
        lp, n = m.session.run([m._log_probs_output_name, m._out_lengths_output_name], feed)
        return np.array(collapse(self.symbol[np.argmax(lp[0][: int(np.ravel(n)[0])], -1)]), np.int16)


def has(heard, phones):
    """Whether `phones` are somewhere in `heard`, few of them replaced, missing or added, not continued by S or Z."""
    wrong = len(phones) // PHONES_PER_WRONG
    text = [int(s) for s in heard if s != BOUNDARY]
    after = {n for n, i in enumerate(np.flatnonzero(np.array(heard) != BOUNDARY)) if i + 1 < len(heard) and heard[i + 1] == BOUNDARY}
    row = np.zeros(len(text) + 1)                 # the phrase may begin anywhere
    for phone in phones:
        new = np.empty_like(row)
        new[0] = row[0] + 1
        for j, s in enumerate(text, 1):
            new[j] = min(row[j - 1] + (s != phone), row[j] + 1, new[j - 1] + 1)
        row = new
    plural = {INDEX["S"], INDEX["Z"]}
    ends = [j for j in range(1, len(row)) if row[j] <= wrong]
    return any(j == len(text) or j - 1 in after or text[j] not in plural for j in ends if row[j] == min(row[k] for k in ends if abs(k - j) <= 1))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrase")
    a.add_argument("manifests", nargs="+", type=Path)
    a.add_argument("--split", help="only this")
    o = a.parse_args()
    ways = [ids(sum(way, [])) for way in utterances(o.phrase)]
    recogniser, count, found = None, 0, 0
    for manifest in o.manifests:
        for line in manifest.open(encoding="utf-8"):
            row = json.loads(line)
            if o.split not in (None, row["split"]):
                continue
            path = manifest.parent.resolve() / row["file"]
            kept = cached("heard", f"{row['set']}/{row['file']}")
            if not kept.exists():
                recogniser = recogniser or Recogniser()
                x, rate = soundfile.read(path, dtype="float32", always_2d=True)
                if rate != 16000:
                    raise ValueError(f"{path}: {rate} Hz, expected 16000")
                save(kept, recogniser(np.pad(x.mean(axis=1), (0, max(0, 3200 - len(x))))))
            count += 1
            if any(has(np.load(kept), way) for way in ways):
                found += 1
                print(path)
    print(f"{o.phrase}: heard in {found} of {count} recordings", file=sys.stderr)


if __name__ == "__main__":
    main()
