#!/usr/bin/env python3
"""The weights of spotter::cascade's score, from what `cargo bench --bench cascade` wrote.

    cascade.py [--exclude LIST] PHRASE=CLEAN.jsonl,NOISY.jsonl …

A logistic regression of "the phrase was said" on the evidence of network and check, over all phrases with a constant of its own for each: of a
recording with the phrase the best stretch, of those without it everything that was checked. Recordings named in LIST (wake_heard.py) and texts with the
phrase are left out. Prints the weights, and for each phrase what the weights of the other phrases give on it: misses at so many false accepts in all its
recordings, the network alone beside it.
"""
import argparse
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

NAMES = ["NET", "RATIO", "BEFORE", "AFTER", "RIVAL"]
SUREST, L2 = 8.0, 1e-2
LEFT_OUT = {"computer": "negative/near_words"}   # as judge.sh does


def features(f):
    return [min(max(f["log_odds"], -6), SUREST), f["ratio"], min(f["before"], 240), min(f["after"], 120), max(f["margin"], 0)]


def read(path):
    clips = []
    for row in map(json.loads, Path(path).open(encoding="utf-8")):
        clips[-1]["found"].append(features(row)) if "heard" in row else clips.append(dict(row, found=[]))
    return clips


def fit(x, y, group):
    """Weights, and a constant per group."""
    mean, scale, n, d = x.mean(0), x.std(0), group.max() + 1, x.shape[1]
    z, sign = (x - mean) / scale, np.where(y, 1, -1)

    def loss(t):
        margin = sign * (z @ t[:d] + t[d:][group])
        slope = -sign / (1 + np.exp(margin))
        return np.logaddexp(0, -margin).sum() + L2 * (t[:d] ** 2).sum(), np.concatenate([z.T @ slope + 2 * L2 * t[:d], np.bincount(group, slope, n)])

    t = minimize(loss, np.zeros(d + n), jac=True, method="L-BFGS-B").x
    return t[:d] / scale, t[d:] - mean @ (t[:d] / scale)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrases", nargs="+")
    a.add_argument("--exclude", type=Path)
    o = a.parse_args()
    heard = {Path(line).name for line in o.exclude.read_text().split("\n") if line} if o.exclude else set()
    rough = np.array([0.8, 4.0, 0, 0, 0])         # to begin with, which stretch of a recording is the phrase
    data = []
    for phrase, paths in (argument.split("=") for argument in o.phrases):
        clips = [c for path in paths.split(",") for c in read(path)]
        said = [c["found"] for c in clips if c["phrase"] == phrase]
        other = [c for c in clips if c["phrase"] != phrase and phrase not in (c["text"] or "").lower() and Path(c["file"]).name not in heard
                 and c["set"] != LEFT_OUT.get(phrase)]
        data.append((phrase, said, np.array([f for c in other for f in c["found"]]), sum(c["seconds"] for c in other) / 3600))

    def fitted(chosen):
        x, y, group = [], [], []
        for k, (_, said, other, _) in enumerate(chosen):
            best = [max(found, key=lambda f: rough @ f) for found in said if found]
            x += [best, other]
            y += [np.ones(len(best), bool), np.zeros(len(other), bool)]
            group += [np.full(len(best) + len(other), k)]
        return fit(np.concatenate(x), np.concatenate(y), np.concatenate(group))

    for k, (phrase, said, other, hours) in enumerate(data):
        rows = [("the network alone", np.eye(5)[0]), ("by the other phrases' weights", fitted(data[:k] + data[k + 1 :])[0])]
        for name, weights in rows:
            false = np.sort(other @ weights)[::-1]
            best = np.array([max((np.array(f) @ weights for f in found), default=-np.inf) for found in said])
            print(f"{phrase}, {name}: " + ", ".join(f"{np.sum(best <= false[n])} of {len(best)} missed at {n} false accepts in {hours:.2f} h" for n in (0, 1, 2, 4, 8)))
    weights, constants = fitted(data)
    print(", ".join(f"{name} {w:.4f}" for name, w in zip(NAMES, weights)), "; constants:", ", ".join(f"{d[0]} {c:.2f}" for d, c in zip(data, constants)))


if __name__ == "__main__":
    main()
