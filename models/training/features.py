#!/usr/bin/env python3
"""Log-mel features of everything, in the cache: f16[frames, 40] per clip, and damaged copies of what is trained on.

    features.py [PREFIX …]           PREFIX of a set name; default: all that train.py reads

Kinds: `mel` is the clip as it is; `mel1`, `mel2` … are copies damaged in the waveform (room, telephone, low-pass, tilt,
clipping; EARNEST_COPIES of them, default 1), each chosen by a generator seeded with the clip's name, so that a rerun gives the same. Noise, level, speed and
vocal-tract length are applied to the mels while training (augment.py). Clips already done are skipped.
"""
import os
import sys
import time
import zlib

import numpy as np
from scipy import signal

from corpus import audio, cached, clips, save
from frontend import RATE, log_mel

TRAINED = ["speech/ljspeech", "speech/librispeech_train", "wake_community", "speech/speechocean", "tts", "words",
           "synthetic/", "speech/doubletalk"]
NOISE = ["noise/esc10", "noise/rooms", "noise/short", "music", "synthetic-noise"]
COPIES = int(os.environ.get("EARNEST_COPIES", 1))


def room(x, responses, rng):
    """Reverberate with a measured response or an exponentially decaying one; the direct sound stays in place."""
    if rng.random() < 0.4:
        h = responses[rng.integers(len(responses))]
    else:
        decay = rng.uniform(0.1, 0.7)
        t = np.arange(int(RATE * decay)) / RATE
        h = rng.standard_normal(len(t)) * 10 ** (-3 * t / decay) * 10 ** (rng.uniform(-32, -14) / 20)
        h[: int(rng.uniform(0.002, 0.02) * RATE)] = 0
        h[0] = 1
    h = h[np.argmax(np.abs(h)):]
    y = signal.fftconvolve(x, h)[: len(x)]
    return y * np.sqrt(np.mean(x**2) / (np.mean(y**2) + 1e-12))


def band(x, rng):
    """One of: telephone with mu-law, low-pass, high-pass, spectral tilt."""
    kind = rng.integers(4)
    if kind == 0:
        y = signal.sosfilt(signal.butter(4, [rng.uniform(150, 350), rng.uniform(3200, 3700)], "band", fs=RATE, output="sos"), x)
        peak = np.abs(y).max() + 1e-9
        code = np.round(127 * np.sign(y) * np.log1p(255 * np.abs(y) / peak) / np.log(256))
        return peak * np.sign(code) * (256 ** (np.abs(code) / 127) - 1) / 255
    if kind == 1:
        return signal.sosfilt(signal.butter(rng.integers(2, 8), rng.uniform(3000, 7000), "low", fs=RATE, output="sos"), x)
    if kind == 2:
        return signal.sosfilt(signal.butter(2, rng.uniform(100, 500), "high", fs=RATE, output="sos"), x)
    a = rng.uniform(-0.6, 0.6)
    return signal.lfilter([1, -a], [1], x) / (1 + abs(a))


def damage(x, responses, rng):
    x = x.astype(np.float64)
    if rng.random() < 0.65:
        x = room(x, responses, rng)
    if rng.random() < 0.5:
        x = band(x, rng)
    if rng.random() < 0.1:
        limit = np.abs(x).max() * rng.uniform(0.2, 0.7)
        x = np.clip(x, -limit, limit)
    return x


def main():
    responses = [audio(r).astype(np.float64) for r in clips("rir", "train")]
    for prefix in sys.argv[1:] or TRAINED + NOISE:
        start, count = time.time(), 0
        for row in clips(prefix):
            copies = COPIES if row["split"] == "train" and prefix not in NOISE else 0
            paths = [cached("mel" + (str(i) if i else ""), row["key"]) for i in range(copies + 1)]
            if all(p.exists() for p in paths):
                continue
            x = audio(row)
            save(paths[0], log_mel(x).astype(np.float16))
            for i, path in enumerate(paths[1:], 1):
                rng = np.random.default_rng(zlib.crc32(f"{row['key']} {i}".encode()))
                save(path, log_mel(damage(x, responses, rng)).astype(np.float16))
            count += 1
        print(f"{prefix}: {count} clips in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
