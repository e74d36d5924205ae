#!/usr/bin/env python3
"""Trains the network of `MelVad` and writes src/vad/mel/weights.rs.

    cargo build --release --example vad
    train.py --data ../shared/data --tool target/release/examples/vad

numpy, scipy and soundfile suffice; an hour of CPU at most. The features come from the Rust code itself.
"""
import argparse
import struct
import subprocess
import time
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

import mixtures

INPUTS, HIDDEN_1, HIDDEN_2 = 48, 24, 16
CROP = 1600
BATCH = 16


def run_tool(tool, what, recordings, width):
    """The example's numbers for each recording: float32 (frames, width)."""
    stdin = b"".join(struct.pack("<I", len(pcm)) + pcm.astype("<i2").tobytes() for pcm in recordings)
    out = subprocess.run([tool, what], input=stdin, stdout=subprocess.PIPE, check=True).stdout
    results, at = [], 0
    for _ in recordings:
        (frames,) = struct.unpack_from("<I", out, at)
        results.append(np.frombuffer(out, "<f4", frames * width, at + 4).reshape(frames, width))
        at += 4 + 4 * frames * width
    assert at == len(out)
    return results


def training_set(data, tool, passes):
    """Features and labels of mixtures at −5 to 25 dB, one in twelve almost without noise, one in eight without
    speech; a third in a room; speech from −50 to −16 dB of full scale."""
    sequences = []
    for n in range(passes):
        rng = np.random.default_rng(1000 + n)
        drawn, pcm = [], []
        for mixture in mixtures.mixtures(data, "train", 600, seed=n, reverberant=0.33):
            mixture.speech = mixtures.coloured(rng, mixture.speech)
            mixture.noise = mixtures.coloured(rng, mixture.noise)
            snr = 45.0 if rng.random() < 1 / 12 else rng.uniform(-5, 25)
            if rng.random() < 1 / 8:
                mixture.speech = np.zeros_like(mixture.speech)
                mixture.label[:] = False
            pcm.append(mixture.at(snr, rng.uniform(-50, -16)))
            drawn.append(mixture.label)
        for features, label in zip(run_tool(tool, "features", pcm, INPUTS), drawn):
            sequences.append((features, label[:len(features)]))
    return sequences


def dev_set(data, tool):
    sets = {}
    drawn = list(mixtures.mixtures(data, "dev", 200, seed=100))
    for snr in (-5, 0, 5, 10, 15, 20):
        features = run_tool(tool, "features", [m.at(snr) for m in drawn], INPUTS)
        sets[snr] = [(f, m.label[:len(f)]) for f, m in zip(features, drawn)]
    return sets


def auc(score, label):
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    ranks[order] = np.arange(1, len(score) + 1)
    positive = label.sum()
    return (ranks[label].sum() - positive * (positive + 1) / 2) / (positive * (len(label) - positive))


class Network:
    """As src/vad/mel/network.rs, with gradients. Inputs are standardised here; export folds that into W1."""

    def __init__(self, rng, mean, std):
        self.mean, self.std = mean, std
        leak = np.geomspace(0.01, 0.3, HIDDEN_1)
        self.p = {
            "w1": rng.standard_normal((INPUTS, HIDDEN_1)) * np.sqrt(2 / INPUTS),
            "b1": np.zeros(HIDDEN_1),
            "leak": np.log(leak / (1 - leak)),
            "w2": rng.standard_normal((2 * HIDDEN_1, HIDDEN_2)) * np.sqrt(2 / (2 * HIDDEN_1)),
            "b2": np.zeros(HIDDEN_2),
            "w3": rng.standard_normal(HIDDEN_2) * np.sqrt(1 / HIDDEN_2),
            "b3": np.zeros(1),
        }
        self.p = {name: value.astype(np.float32) for name, value in self.p.items()}

    def forward(self, x):
        """x: (batch, frames, INPUTS); log odds (batch, frames)."""
        p = self.p
        self.x = (x - self.mean) / self.std
        self.h = np.maximum(self.x @ p["w1"] + p["b1"], 0)
        self.a = 1 / (1 + np.exp(-p["leak"]))
        self.s = np.empty_like(self.h)
        for unit, a in enumerate(self.a):
            self.s[:, :, unit] = lfilter([a], [1, a - 1], self.h[:, :, unit], axis=1)
        self.hs = np.concatenate((self.h, self.s), axis=2)
        self.g = np.maximum(self.hs @ p["w2"] + p["b2"], 0)
        return self.g @ p["w3"] + p["b3"][0]

    def backward(self, d):
        """d: gradient with respect to the log odds."""
        p, grad = self.p, {}
        flat = lambda values: values.reshape(-1, values.shape[-1])
        grad["b3"] = np.array([d.sum()])
        grad["w3"] = flat(self.g).T @ d.ravel()
        dg = d[:, :, None] * p["w3"] * (self.g > 0)
        grad["b2"] = dg.sum((0, 1))
        grad["w2"] = flat(self.hs).T @ flat(dg)
        dhs = dg @ p["w2"].T
        dh, ds = dhs[:, :, :HIDDEN_1].copy(), dhs[:, :, HIDDEN_1:]
        grad["leak"] = np.zeros(HIDDEN_1)
        for unit, a in enumerate(self.a):
            # What a change of s at one frame does to all later ones runs backwards through the same filter.
            total = lfilter([1], [1, a - 1], ds[:, ::-1, unit], axis=1)[:, ::-1]
            dh[:, :, unit] += a * total
            before = np.pad(self.s[:, :-1, unit], ((0, 0), (1, 0)))
            grad["leak"][unit] = (total * (self.h[:, :, unit] - before)).sum() * a * (1 - a)
        dh *= self.h > 0
        grad["b1"] = dh.sum((0, 1))
        grad["w1"] = flat(self.x).T @ flat(dh)
        return grad

    def folded(self):
        """The parameters as Rust has them: standardisation inside the first layer, leaks as they are."""
        p = {name: value.astype(np.float64) for name, value in self.p.items()}
        w1 = p["w1"] / self.std[:, None]
        return {
            "WEIGHTS_1": w1, "BIAS_1": p["b1"] - self.mean @ w1, "LEAK": 1 / (1 + np.exp(-p["leak"])),
            "WEIGHTS_2": p["w2"], "BIAS_2": p["b2"], "WEIGHTS_3": p["w3"], "BIAS_3": p["b3"][0],
        }


def train(network, sequences, dev, epochs, rng, peak_rate=4e-3):
    moments = {name: (np.zeros_like(v), np.zeros_like(v)) for name, v in network.p.items()}
    best, best_parameters, step = 0.0, None, 0
    steps = epochs * (len(sequences) // BATCH)
    for epoch in range(epochs):
        began, losses = time.time(), []
        order = rng.permutation(len(sequences))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            x = np.zeros((BATCH, CROP, INPUTS), np.float32)
            y = np.zeros((BATCH, CROP), np.float32)
            weight = np.zeros((BATCH, CROP), np.float32)
            for row, i in enumerate(order[start:start + BATCH]):
                features, label = sequences[i]
                at = rng.integers(max(1, len(features) - CROP + 1))
                count = min(CROP, len(features) - at)
                x[row, :count] = features[at:at + count]
                y[row, :count] = label[at:at + count]
                # The memory is empty at a cut; the first 200 ms of a crop that isn't the start don't count.
                weight[row, 20 if at else 0:count] = 1
            odds = network.forward(x)
            probability = 1 / (1 + np.exp(-odds))
            losses.append((weight * (np.logaddexp(0, odds) - y * odds)).sum() / weight.sum())
            grad = network.backward(weight * (probability - y) / weight.sum())
            step += 1
            rate = peak_rate * min(step / 100, 0.5 * (1 + np.cos(np.pi * step / steps)) + 1e-3)
            for name, value in network.p.items():
                m, v = moments[name]
                m += 0.1 * (grad[name] - m)
                v += 0.001 * (grad[name] ** 2 - v)
                value -= (rate * (m / (1 - 0.9 ** step)) / (np.sqrt(v / (1 - 0.999 ** step)) + 1e-8)).astype(value.dtype)
        aucs = {}
        for snr, items in dev.items():
            score = np.concatenate([network.forward(f[None])[0] for f, _ in items])
            aucs[snr] = auc(score, np.concatenate([label for _, label in items]))
        mean = np.mean(list(aucs.values()))
        print(f"epoch {epoch:2d} loss {np.mean(losses):.4f} dev AUC "
              + " ".join(f"{snr:+d}:{value:.4f}" for snr, value in aucs.items())
              + f" mean {mean:.4f} {time.time() - began:.0f} s", flush=True)
        if mean > best:
            best, best_parameters = mean, {name: value.copy() for name, value in network.p.items()}
    network.p = best_parameters
    return best


def rust_array(values, indent=0):
    """Rust's literal: units in blocks of 8, the shortest decimals that give back the same f32."""
    pad = " " * indent
    if np.ndim(values) == 1 and len(values) == 8:
        return "[" + ", ".join(str(np.float32(value)) for value in values) + "]"
    rows = values if np.ndim(values) == 2 else np.reshape(values, (-1, 8))
    return "[\n" + "".join(f"{pad}    {rust_array(row, indent + 4)},\n" for row in rows) + pad + "]"


def write_rust(path, parameters):
    lines = ["//! The weights of the network, written by `models/training/vad/train.py`; its README is their card.", "",
             "use super::features::INPUTS;", "use super::network::{BLOCKS_1, BLOCKS_2, Layer};"]
    types = {"WEIGHTS_1": "[Layer<BLOCKS_1>; INPUTS]", "BIAS_1": "Layer<BLOCKS_1>", "LEAK": "Layer<BLOCKS_1>",
             "WEIGHTS_2": "[Layer<BLOCKS_2>; INPUTS]", "BIAS_2": "Layer<BLOCKS_2>", "WEIGHTS_3": "Layer<BLOCKS_2>"}
    for name, kind in types.items():
        lines += ["", "#[rustfmt::skip]",
                  f"pub(super) static {name}: {kind} = {rust_array(parameters[name])};"]
    lines += ["", f"pub(super) const BIAS_3: f32 = {np.float32(parameters['BIAS_3'])!s};"]
    Path(path).write_text("\n".join(lines) + "\n")


def main():
    here = Path(__file__).resolve()
    root = here.parents[3]
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, default=root.parent / "shared/data")
    parser.add_argument("--tool", type=Path, default=root / "target/release/examples/vad")
    parser.add_argument("--passes", type=int, default=5, help="times each utterance is mixed anew")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=root / "src/vad/mel/weights.rs")
    args = parser.parse_args()

    sequences = training_set(args.data, args.tool, args.passes)
    frames = np.concatenate([features for features, _ in sequences])
    hours = len(frames) / 360000
    speech = np.mean(np.concatenate([label for _, label in sequences]))
    print(f"{len(sequences)} mixtures, {hours:.1f} h, {speech:.0%} speech", flush=True)
    rng = np.random.default_rng(args.seed)
    network = Network(rng, frames.mean(0), frames.std(0) + 1e-3)
    del frames
    best = train(network, sequences, dev_set(args.data, args.tool), args.epochs, rng)
    write_rust(args.out, network.folded())
    print(f"dev AUC {best:.4f}; wrote {args.out}")


if __name__ == "__main__":
    main()
