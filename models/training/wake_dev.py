"""Figures on dev for choosing between ways of training: misses at the score that so many false accepts allow.

Real recordings of the phrase, clean and in kitchen noise at 10 dB (mixed as ../../../shared/peers/wake.py does, by the
loudest 32 ms), a second of silence around each; against all speech and noise of dev, and other phrases' recordings.
What is measured here is the bare network in f32; `earnest eval` measures the spotter.
"""
import os
from pathlib import Path

import numpy as np

from corpus import CACHE, audio, cached, clips, save
from frontend import log_mel

NEGATIVES = ["speech/speechocean", "negative/false_activations", "negative/near_words", "command/coffee", "words/speech_commands"]
# Some of its recordings say the phrase: `computer` is a near word of others.
NOT_FOR = {"computer": "negative/near_words"}
ALLOWED = (0, 1, 3)                              # false accepts


def dialogue(split):
    """Rows of what ../../../shared/tools/game_dialogue.py made, in the folder EARNEST_DIALOGUE; none where there is none."""
    import json
    folder = os.environ.get("EARNEST_DIALOGUE")
    rows = [json.loads(line) for line in (Path(folder) / "manifest.jsonl").open()] if folder else []
    return [dict(r, path=Path(folder) / r["file"], key=f"negative/game_dialogue/{r['file']}") for r in rows if r["split"] == split]


def loudest(x):
    return np.mean(x[: len(x) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12


def mixed(x, noise, snr, rng):
    start = int(rng.integers(0, max(1, len(noise) - len(x))))
    bed = np.resize(noise[start:], len(x))
    y = x + bed * np.sqrt(loudest(x) / (loudest(bed) * 10 ** (snr / 10)))
    return y / max(1.0, float(np.abs(y).max()))


def mel_of(row, kind="mel", noise=None, rng=None):
    path = cached(kind, row["key"])
    if not path.exists():
        x = audio(row)
        if kind != "mel":
            x = np.pad(x, 16000)
            if noise is not None:
                x = mixed(x, noise, 10.0, rng)
            x = np.round(x * 32767) / 32768
        save(path, log_mel(x).astype(np.float16))
    return np.load(path).astype(np.float32)


class Dev:
    def __init__(self, phrases):
        kitchen, rng = audio(clips("noise/kitchen")[0]), np.random.default_rng(7)
        rows = clips("wake/", "dev")
        self.phrases, self.names = phrases, [r["phrase"] for r in rows]
        self.spoken = {"clean": [mel_of(r, "padded") for r in rows], "10 dB": [mel_of(r, "kitchen", kitchen, rng) for r in rows]}
        others = [r for prefix in NEGATIVES for r in clips(prefix, "dev")] + dialogue("dev")
        self.others = [mel_of(r) for r in others]
        self.other_names = [r["key"] for r in others]

    def best(self, odds_of, mels):
        """Highest log-odds, the mean of two steps, in each clip [clips, phrases]."""
        out = np.full((len(mels), len(self.phrases)), -99.0)
        order, length = sorted(range(len(mels)), key=lambda i: len(mels[i])), 12000
        parts, places = [], []

        def flush():
            x = np.concatenate(parts)
            x = np.concatenate([x, np.full((max(0, length - len(x)), 40), -12, np.float32)])[: max(length, len(x) + -len(x) % length)]
            x = np.concatenate([x, np.full((-len(x) % length, 40), -12, np.float32)])
            odds = np.asarray(odds_of(x[None]))[0]
            odds = 0.5 * (odds[1:] + odds[:-1])
            for i, first, last in places:
                out[i] = odds[max(0, first // 4 - 2) : last // 4 + 6].max(0)
            parts.clear(), places.clear()

        for i in order:
            at = sum(map(len, parts))
            if at and at + len(mels[i]) + 100 > length:
                flush()
                at = 0
            gap = np.full((100, 40), np.quantile(mels[i], 0.02), np.float32)
            places.append((i, at, at + len(mels[i])))
            parts.extend([mels[i], gap])
        flush()
        return out

    def figures(self, odds_of):
        """phrase -> misses (share) by false accepts allowed, hours, and the worst negatives."""
        spoken = {k: self.best(odds_of, v) for k, v in self.spoken.items()}
        others, out = self.best(odds_of, self.others), {}
        names = np.array(self.names)
        for k, phrase in enumerate(self.phrases):
            own = names == phrase
            ours = [not key.startswith(NOT_FOR.get(phrase, "-")) for key in self.other_names]
            negatives = np.concatenate([others[ours, k], *(s[~own, k] for s in spoken.values())])
            labels = np.concatenate([np.array(self.other_names)[ours], names[~own], names[~own]])
            order = np.argsort(-negatives)
            ranked = negatives[order]
            row = {f"odds at {n}": round(float(ranked[n]), 2) for n in ALLOWED}
            if own.any():
                for kind, s in spoken.items():
                    row[kind] = {n: f"{int((s[own, k] <= ranked[n]).sum())}/{int(own.sum())}" for n in ALLOWED}
                    row[f"{kind} weakest"] = np.sort(s[own, k])[[0, 2, 5, 10]].round(1).tolist()
            row["worst"] = [f"{labels[i]} {negatives[i]:.1f}" for i in order[:6]]
            out[phrase] = row
        return out
