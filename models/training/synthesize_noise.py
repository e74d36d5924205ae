#!/usr/bin/env python3
"""Noises of a household made from formulas, into EARNEST_CACHE/synthetic-noise: fans, hum, water, dishes, taps, rustling.

    synthesize_noise.py [--clips 160]

Each clip of 12 s mixes one to three of them. Recorded noises are few and each is heard hundreds of times in training; these vary.
Clips already made are skipped.
"""
import argparse
import json

import numpy as np
import soundfile
from scipy import signal

from corpus import CACHE

RATE, LENGTH = 16000, 12 * 16000
TIME = np.arange(LENGTH) / RATE


def shaped(rng, slope=None):
    """Noise whose spectrum is a power of frequency with a few broad bumps."""
    f = np.maximum(np.fft.rfftfreq(LENGTH, 1 / RATE), 20.0)
    decibels = (rng.uniform(-9, 1) if slope is None else slope) * np.log2(f / 500)
    for _ in range(rng.integers(0, 4)):
        decibels += rng.uniform(-15, 15) * np.exp(-0.5 * (np.log2(f / np.exp(rng.uniform(np.log(100), np.log(7000)))) / rng.uniform(0.1, 0.8)) ** 2)
    return np.fft.irfft(np.fft.rfft(rng.standard_normal(LENGTH)) * 10 ** (decibels / 20), LENGTH)


def envelope(rng, rate):
    """A positive curve that moves about `rate` times a second."""
    points = np.exp(rng.normal(0, rng.uniform(0.2, 1.2), int(12 * rate) + 2))
    return np.interp(TIME * rate, np.arange(len(points)), points)


def tones(rng, low, high, most):
    """Harmonics of a pitch that drifts."""
    pitch = np.exp(rng.uniform(np.log(low), np.log(high))) * (1 + 0.01 * np.interp(TIME, np.arange(13), rng.standard_normal(13)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return sum(rng.uniform(0, 1) / k * np.sin(k * phase + rng.uniform(0, 6)) for k in range(1, rng.integers(2, most)) if k * pitch.max() < 7500)


def events(rng, per_second, make):
    """make(rng) at random times, in bursts."""
    x, wanted = np.zeros(LENGTH), envelope(rng, 0.7)
    at = 0.0
    while (at := at + rng.exponential(1 / (per_second * wanted[int(min(at, 11.9) * RATE)]))) < 11.9:
        y, i = make(rng) * np.exp(rng.normal(0, 0.8)), int(at * RATE)
        x[i : i + len(y)] += y[: LENGTH - i]
    return x


def ring(rng, low, high, decay):
    """Something struck: damped modes and the knock itself."""
    t = np.arange(int(RATE * decay * 5)) / RATE
    modes = np.exp(rng.uniform(np.log(low), np.log(high), rng.integers(2, 9)))
    y = sum(rng.uniform(0.2, 1) * np.sin(2 * np.pi * m * t) * np.exp(-t / (decay * rng.uniform(0.3, 1))) for m in modes)
    return y + rng.uniform(0, 2) * rng.standard_normal(len(t)) * np.exp(-t / 0.004)


def bubble(rng):
    t = np.arange(int(RATE * rng.uniform(0.005, 0.04))) / RATE
    f = np.exp(rng.uniform(np.log(400), np.log(4000)))
    return np.sin(2 * np.pi * f * t * (1 + 4 * t)) * np.hanning(len(t))


def fan(rng):
    return unit(shaped(rng)) * (1 + rng.uniform(0, 0.3) * np.sin(2 * np.pi * rng.uniform(0.5, 20) * TIME)) + rng.uniform(0, 0.5) * unit(tones(rng, 60, 400, 12))


def hum(rng):
    return unit(tones(rng, 45, 130, 40)) + 0.1 * unit(shaped(rng))


def water(rng):
    return unit(shaped(rng, rng.uniform(-2, 3))) * envelope(rng, rng.uniform(1, 15)) + rng.uniform(0, 3) * events(rng, rng.uniform(10, 150), bubble)


def dishes(rng):
    decay = rng.uniform(0.01, 0.15)
    return events(rng, rng.uniform(0.7, 8), lambda r: ring(r, 700, 7500, decay))


def taps(rng):
    return events(rng, rng.uniform(1, 12), lambda r: ring(r, 80, 2500, r.uniform(0.005, 0.03)))


def rustle(rng):
    return unit(shaped(rng, rng.uniform(-1, 4))) * envelope(rng, rng.uniform(8, 40)) ** 2 * envelope(rng, 1.0)


def unit(x):
    return x / (np.sqrt(np.mean(x**2)) + 1e-9)


KINDS = [fan, hum, water, dishes, dishes, taps, rustle]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--clips", type=int, default=160)
    o = a.parse_args()
    folder = CACHE / "synthetic-noise"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.jsonl").open("w") as f:
        for i in range(o.clips):
            rng, path = np.random.default_rng((11, i)), folder / f"{i:04}.flac"
            kinds = [KINDS[k] for k in rng.choice(len(KINDS), rng.integers(1, 4), replace=False)]
            if not path.exists():
                x = sum(unit(kind(rng)) * 10 ** rng.uniform(-0.8, 0) for kind in kinds)
                if rng.random() < 0.5:                                             # in a room
                    h = rng.standard_normal(int(RATE * 0.6)) * 10 ** (-3 * np.arange(int(RATE * 0.6)) / RATE / rng.uniform(0.15, 0.6)) * 0.05
                    h[0] = 1
                    x = signal.fftconvolve(x, h)[:LENGTH]
                soundfile.write(path, 0.5 * x / np.abs(x).max(), RATE)
            print(json.dumps(dict(file=path.name, split="train", seconds=LENGTH / RATE, kinds=[k.__name__ for k in kinds])), file=f)
    print(o.clips, "clips")


if __name__ == "__main__":
    main()
