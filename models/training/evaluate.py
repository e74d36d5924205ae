#!/usr/bin/env python3
"""Figures of an exported model on one split, with counts and 95 % intervals; and short ones on dev while training.

    evaluate.py MODEL.onnx|MODEL.ear --split dev|test --out FIGURES.json [--figures per,teacher,choice]

`per`: phone errors of a greedy decode against the nearest dictionary pronunciation (AH0 = AH, AO = AA, unknown words left
out), on speechocean and ljspeech. `teacher`: phone disagreement with the teacher's greedy decode, on coffee and
librispeech_other (needs teacher.py run on them first). `choice`: the one phrase of ten with the highest CTC likelihood, on
`wake`, clean and in kitchen noise at 10 dB (by the loudest 32 ms of each). `blank`, only when named: both for several offsets.
"""
import argparse
import json
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np

from corpus import HERE, audio, cached, clips
from frontend import log_mel
from intervals import bootstrap_rate, wilson
from lexicon import best, distance, lattice
from symbols import BLANK, SYMBOLS, collapse, ids

PHRASES = {                                               # each with its pronunciations
    "alexa": ["AH L EH K S AH"],
    "computer": ["K AH M P Y UW T ER"],
    "snowboy": ["S N OW B OY"],
    "view glass": ["V Y UW G L AE S"],
    "athena": ["AH TH IY N AH"],
    "amelia": ["AH M IY L Y AH", "AH M IY L IY AH"],
    "hey chatterbox": ["HH EY CH AE T ER B AA K S"],
    "hey floyd": ["HH EY F L OY D"],
    "hey k nine": ["HH EY K EY N AY N"],
    "hey scout": ["HH EY S K AW T"],
}
LIVE = {"speechocean": ("speech/speechocean", "dev", 150), "coffee": ("command/coffee", "dev", 60), "wake": ("wake", "dev", 200)}


def ctc_score(lp, labels):
    """Log-likelihood of `labels` in lp [T, S] over all paths."""
    states = np.full(2 * len(labels) + 1, BLANK)
    states[1::2] = labels
    skip = np.zeros(len(states), bool)
    skip[3::2] = states[3::2] != states[1:-2:2]
    a = np.full(len(states), -1e30)
    a[:2] = lp[0, states[:2]]
    for frame in lp[1:, states]:
        one, two = np.concatenate([[-1e30], a[:-1]]), np.concatenate([[-1e30, -1e30], a[:-2]])
        a = np.logaddexp(np.logaddexp(a, one), np.where(skip, two, -1e30)) + frame
    return np.logaddexp(a[-1], a[-2])


def choose(lp):
    scores = {p: max(ctc_score(lp, ids(x.split())) for x in options) for p, options in PHRASES.items()}
    return max(scores, key=scores.get)


def phone_errors(row, heard):
    """(errors, reference phones, unknown words) of one clip with text."""
    options, unknown = lattice(row["text"])
    errors, reference = best(options, heard)
    return errors, len(reference), unknown


def teacher_errors(row, heard):
    reference = collapse(np.load(cached("teacher", row["key"])).argmax(1))
    return distance(reference, heard), len(reference)


def dev_figures(params, state, config):
    """Rates on fixed parts of the dev sets, for the learning curve."""
    import jax

    import model
    run, out = jax.jit(lambda x: jax.nn.log_softmax(model.apply(params, state, x, config)[0])), {}
    for name, (prefix, split, limit) in LIVE.items():
        errors, total, rows = 0, 0, [r for r in clips(prefix, split) if cached("mel", r["key"]).exists()]
        if name == "coffee":
            rows = [r for r in rows if cached("teacher", r["key"]).exists()]
        for row in rows[:: max(1, len(rows) // limit)]:
            mel = np.load(cached("mel", row["key"])).astype(np.float32)
            n = len(mel)
            mel = np.pad(mel, ((0, -n % 400), (0, 0)), constant_values=-11)   # few shapes to compile
            lp = np.asarray(run(mel[None]))[0, : n // 2]
            if name == "wake":
                e, t = choose(lp) != row["phrase"].replace("_", " "), 1
            else:
                e, t = (teacher_errors if name == "coffee" else phone_errors)(row, collapse(lp.argmax(1)))[:2]
            errors, total = errors + e, total + t
        if total:
            out[name] = round(errors / total, 4)
    return out


class Image:
    """A packed image, run by the Rust engine on its own front end (`examples/posteriors.rs`)."""

    def __init__(self, path):
        command = ["cargo", "run", "--release", "--quiet", "-p", "earnest", "--example", "posteriors", "--", str(Path(path).resolve()), "CPU"]
        self.process = subprocess.Popen(command, cwd=HERE.parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, x):
        """As Network."""
        x = np.pad(x, (0, 3200)).astype("<f4")
        self.process.stdin.write(np.uint32(len(x)).tobytes() + x.tobytes())
        self.process.stdin.flush()
        rows = int.from_bytes(self.process.stdout.read(4), "little")
        return np.frombuffer(self.process.stdout.read(4 * rows * len(SYMBOLS)), "<f4").reshape(rows, len(SYMBOLS))


class Network:
    """The exported model on whole clips."""

    def __init__(self, path):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def __call__(self, x):
        """Samples, f32 -> log-probabilities [frames of 20 ms, symbols]."""
        x = np.pad(x, (0, 3200))                          # the last phones leave the look-ahead
        return self.session.run(None, {"mel": log_mel(x)[None]})[0][0]


def rate(groups, **more):
    errors, total = (sum(g[i] for g in groups.values()) for i in (0, 1))
    low, high = bootstrap_rate([g[:2] for g in groups.values()])
    return dict(rate=errors / total, low=low, high=high, errors=errors, phones=total, groups=len(groups), **more)


def per(net, split):
    out = {}
    for prefix in ("speech/speechocean", "speech/ljspeech"):
        groups, unknown = defaultdict(lambda: [0, 0]), 0
        for row in clips(prefix, split):
            e, n, u = phone_errors(row, collapse(net(audio(row)).argmax(1)))
            g = groups[row.get("speaker", row["file"])]
            g[0], g[1], unknown = g[0] + e, g[1] + n, unknown + u
        if groups:
            out[prefix] = rate(groups, unknown_words=unknown)
    return out


def teacher(net, split):
    out = {}
    for prefix in ("command/coffee", "speech/librispeech_other"):
        groups = {}
        for row in clips(prefix, split):
            if cached("teacher", row["key"]).exists():
                groups[row["file"]] = teacher_errors(row, collapse(net(audio(row)).argmax(1)))
        if groups:
            out[prefix] = rate(groups)
    return out


def in_noise(x, noise, snr, rng):
    loudest = lambda v: np.mean(v[: len(v) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12
    start = int(rng.integers(0, len(noise) - len(x)))
    bed = noise[start : start + len(x)]
    y = x + bed * np.sqrt(loudest(x) / (loudest(bed) * 10 ** (snr / 10)))
    return y / max(1.0, np.abs(y).max())


def choice(net, split):
    kitchen, out = audio(clips("noise/kitchen")[0]), {}
    for name in ("clean", "kitchen 10 dB"):
        rng, table = np.random.default_rng(7), defaultdict(lambda: [0, 0])
        for row in clips("wake/", split):
            x = np.pad(audio(row), 4000)
            lp = net(x if name == "clean" else in_noise(x, kitchen, 10.0, rng))
            phrase = row["phrase"].replace("_", " ")
            table[phrase][0] += choose(lp) == phrase
            table[phrase][1] += 1
        right, n = (sum(t[i] for t in table.values()) for i in (0, 1))
        low, high = wilson(right, n)
        out[name] = dict(rate=right / n, low=low, high=high, right=right, clips=n, by_phrase={k: list(v) for k, v in table.items()})
    return out


class Offset:
    """A network with `offset` taken off blank's log-probability; each clip is computed once for all offsets."""

    def __init__(self, net, offset, seen):
        self.net, self.offset, self.seen = net, offset, seen

    def __call__(self, x):
        key = (len(x), float(np.abs(x).sum()))
        if key not in self.seen:
            self.seen[key] = self.net(x)
        lp = self.seen[key].copy()
        lp[:, BLANK] -= self.offset
        return lp


def blank(net, split):
    """What taking something off blank would do: for choosing `export.py --blank` on dev."""
    out, seen = {}, {}
    for offset in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25):
        shifted = Offset(net, offset, seen)
        rates = {k: v["rate"] for k, v in {**per(shifted, split), **choice(shifted, split)}.items()}
        out[str(offset)] = {k: round(v, 4) for k, v in rates.items()}
    return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("model")
    a.add_argument("--split", choices=["dev", "test"], default="dev")
    a.add_argument("--out", type=Path)
    a.add_argument("--figures", default="per,teacher,choice")
    o = a.parse_args()
    net = (Image if o.model.endswith(".ear") else Network)(o.model)
    figures = {name: globals()[name](net, o.split) for name in o.figures.split(",")}
    if isinstance(net, Image):
        net.process.stdin.close()                         # it says what it cost
        net.process.wait()
    print(json.dumps(figures, indent=1))
    if o.out:
        o.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
