#!/usr/bin/env python3
"""Writes vad.bin: mel frames and the log odds of speech, by a second implementation of `MelVad` in float64.

Only the weights are read from the Rust source. The frames are drawn, not heard: noise in every band with bursts in
some, a step of the background, and digital silence. Little-endian f32 a frame: 40 mel bands, mean square, log odds.
"""
import ast
import re
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FRAMES = 240


def weights():
    source = (HERE.parents[1] / "src/vad/mel/weights.rs").read_text()
    found = re.findall(r"(?:const|static) (\w+): [^=]+= ([^;]+);", source)
    found = {name: np.array(ast.literal_eval(value)) for name, value in found}
    # Units lie in blocks of 8; inputs, where there are any, come first.
    return {name: value.reshape(48, -1) if value.ndim == 3 else value.ravel() for name, value in found.items()}


def frames():
    rng = np.random.default_rng(7)
    mel = -9 + 0.6 * rng.standard_normal((FRAMES, 40)) - 0.05 * np.arange(40)
    mel[90:] += 2
    for start in (30, 52, 70, 130, 150, 190):
        length, centre = rng.integers(6, 18), rng.integers(4, 30)
        shape = 7 * np.exp(-(((np.arange(40) - centre) / 8) ** 2))
        mel[start:start + length] += shape + 0.8 * np.cos(2.3 * np.arange(40))
    mel[210:225] = np.log(1e-8)
    mean_square = np.exp(mel).sum(1) * 2e-3
    return mel.astype(np.float32), mean_square.astype(np.float32)


def noise_floors(power):
    """power: (frames, lanes), log. The floor of each lane after each frame."""
    smooth = power[0].copy()
    floor = power[0].copy()
    history, floors = [], []
    for t, now in enumerate(power):
        smooth = 0.8 * smooth + 0.2 * now
        # Sub-windows of 80 frames; each begins with the smoothed power of the frame before it.
        if t % 80 == 0:
            history.append([power[0] if t == 0 else previous])
        history[-1].append(smooth)
        lowest = np.min(np.concatenate(history[-2:]), axis=0)
        inside = smooth < lowest + 1.4
        floor = np.where(inside, floor + 0.05 * (smooth - floor), floor)
        floor = np.clip(floor, lowest, lowest + 1.4)
        floors.append(floor)
        previous = smooth
    return np.array(floors)


def leaky(values, rate, start):
    out, state = [], start
    for value in values:
        state = state + rate * (value - state)
        out.append(state)
    return np.array(out)


def inputs(mel, mean_square):
    bands = mel.reshape(len(mel), 20, 2).mean(2)
    power = np.log(np.maximum(mean_square, 1e-10))
    floors = noise_floors(np.concatenate((bands, power[:, None]), axis=1))
    low, high = bands[:, :10].mean(1), bands[:, 10:].mean(1)
    everything = (low + high) / 2
    level = leaky(everything, 0.005, everything[0])
    scaled = lambda nats: np.clip(nats / 4, -3, 3)
    voiced = mel[:, :12]
    rough = np.abs(voiced[:, 1:-1] - (voiced[:, :-2] + voiced[:, 2:]) / 2).mean(1)
    change = np.abs(np.diff(bands, axis=0, prepend=bands[:1])).mean(1)
    swings = []
    for part in (everything, low, high):
        swing = np.abs(leaky(part, 0.25, part[0]) - leaky(part, 0.04, part[0]))
        swings.append(leaky(swing, 0.02, 0.0))
    return np.column_stack((scaled(bands - floors[:, :20]), scaled(bands - level[:, None]),
                            scaled(power - floors[:, 20]), scaled(low - high),
                            scaled(bands.max(1) - everything), rough, change, *swings))


def log_odds(x, w):
    hidden = np.maximum(x @ w["WEIGHTS_1"] + w["BIAS_1"], 0)
    memory = leaky(hidden, w["LEAK"], np.zeros(len(w["LEAK"])))
    second = np.maximum(np.concatenate((hidden, memory), axis=1) @ w["WEIGHTS_2"] + w["BIAS_2"], 0)
    return second @ w["WEIGHTS_3"] + w["BIAS_3"]


def main():
    mel, mean_square = frames()
    odds = log_odds(inputs(mel.astype(np.float64), mean_square.astype(np.float64)), weights())
    np.column_stack((mel, mean_square, odds)).astype("<f4").tofile(HERE / "vad.bin")
    print(f"{FRAMES} frames, log odds {odds.min():.2f} to {odds.max():.2f}, speech in {(odds > 0).mean():.0%}")


if __name__ == "__main__":
    main()
