#!/usr/bin/env python3
"""Where each known phone is: targets for clips whose text is known and which the teacher has heard.

    align.py [PREFIX …]              PREFIX of a set name; default: all that is trained on

The text says what was spoken, the teacher when: the posterior of every CTC state at every frame, given the text and the
teacher's probabilities (forward-backward, Graves et al. 2006). On speech that the teacher misreads, such as
speechocean's, it still places the phones. Written as f16[frames, symbols] log-probabilities, kind `aligned`; clips
already done are skipped.
"""
import sys

import numpy as np

from augment import WEIGHTS, labels_of
from corpus import cached, clips, save
from symbols import BLANK, SYMBOLS

LEAST = -14.0


def occupancy(lp, labels):
    """Log-posteriors f32 [T, symbols] of the symbols given `labels`, from lp [T, symbols]; None if they don't fit in T."""
    states = np.full(2 * len(labels) + 1, BLANK)
    states[1::2] = labels
    skip = np.zeros(len(states), bool)
    skip[3::2] = states[3::2] != states[1:-2:2]
    local, none = lp[:, states].astype(np.float64), -1e30

    def forward(local, skip):
        a = np.full(local.shape, none)
        a[0, :2] = local[0, :2]
        for t in range(1, len(local)):
            stay = a[t - 1]
            one, two = np.concatenate([[none], stay[:-1]]), np.concatenate([[none, none], stay[:-2]])
            a[t] = np.logaddexp(np.logaddexp(stay, one), np.where(skip, two, none)) + local[t]
        return a

    a = forward(local, skip)
    back = np.zeros(len(states), bool)
    back[2:] = skip[2:][::-1]                       # a skip into state s is one out of s - 2, seen from the end
    b = forward(local[::-1, ::-1], back)[::-1, ::-1]
    total = np.logaddexp(a[-1, -1], a[-1, -2])
    if total < none / 2:
        return None
    out = np.full((len(lp), len(SYMBOLS)), LEAST)
    for s in range(len(states)):
        out[:, states[s]] = np.logaddexp(out[:, states[s]], a[:, s] + b[:, s] - local[:, s] - total)
    return (out - np.logaddexp.reduce(out, axis=1, keepdims=True)).astype(np.float32)


def main():
    for prefix in sys.argv[1:] or WEIGHTS:
        count = 0
        for row in clips(prefix, "train"):
            path, source = cached("aligned", row["key"]), cached("teacher", row["key"])
            if path.exists() or not source.exists():
                continue
            lp = np.load(source).astype(np.float32)
            labels = labels_of(row, lp)
            target = occupancy(lp, labels) if labels else None
            if target is not None:
                save(path, np.maximum(target, LEAST).astype(np.float16))
                count += 1
        print(f"{prefix}: {count} clips", flush=True)


if __name__ == "__main__":
    main()
