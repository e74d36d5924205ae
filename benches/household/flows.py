#!/usr/bin/env python3
"""Requests that somebody means, spoken from end to end by synthetic voices, and how many of them the whole chain completes.

    flows.py --kokoro FOLDER --out FOLDER [--flows 60] [--earnest PROGRAM] [--config TOML]
        FOLDER: as models/training/synthesize_kokoro.py

"Hey earnest, send a message to NAME" … (the prompt) … "yes, send it", in three kinds: clean, in a room with kitchen noise at 20 dB,
and with kitchen noise at 10 dB (the loudest 32 ms of each count, as in models/training/wake_dev.py). Each flow has a voice of its
own, a mixture of two of Kokoro's with this script's seed: a mixture that nothing was tuned on, though the acoustic model has
heard other mixtures. Recordings stay in --out and are not made again. Nothing is chosen here: it only counts.
"""
import argparse
import json
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models" / "training"))
import synthesize_kokoro as neural  # noqa: E402
from corpus import audio, clips  # noqa: E402
from intervals import wilson  # noqa: E402

RATE = 16000
# From the end of the command to the answer: the chain must have understood, and its prompt (2.5 s) be over.
BEFORE_ANSWER = 4.0
KINDS = ["clean", "room, 20 dB", "10 dB"]


class Voice(neural.Kokoro):
    """One mixture, one speed and pitch for all that one person says."""

    def voice(self, rng):
        return self.english[rng.integers(len(self.english))]

    def person(self, seed):
        return lambda text: self(text, np.random.default_rng(seed))


def loudest(x):
    return np.mean(x[: len(x) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12


def with_noise(x, noise, snr, rng):
    start = int(rng.integers(0, max(1, len(noise) - len(x))))
    bed = np.resize(noise[start:], len(x))
    return x + bed * np.sqrt(loudest(x) / (loudest(bed) * 10 ** (snr / 10)))


def flow(n, speak, names, kitchen, rooms):
    """Of one person: the same request in the three kinds."""
    seed = zlib.crc32(f"flow {n}".encode())
    rng = np.random.default_rng(seed)
    name = names[n % len(names)]
    person = speak.person(seed)

    def say(text):
        pieces, _ = neural.phones(text, rng)
        return person(neural.transcription([*pieces, "."], speak.symbols, rng))[0]

    silence = lambda s: np.zeros(int(s * RATE))
    said = np.concatenate([
        silence(2.0), say("hey earnest"), silence(rng.uniform(0.1, 0.7)), say(f"send a message to {name}"),
        silence(BEFORE_ANSWER), say("yes send it"), silence(3.0),
    ])
    said *= rng.uniform(0.2, 0.6) / np.abs(said).max()
    room = rooms[rng.integers(len(rooms))]
    room = room[np.argmax(np.abs(room)):]
    echoing = signal.fftconvolve(said, room)[: len(said)]
    echoing *= np.sqrt(loudest(said) / loudest(echoing))
    quiet = said + rng.normal(0, 1e-4, len(said))
    return name, dict(zip(KINDS, [quiet, with_noise(echoing, kitchen, 20.0, rng), with_noise(said, kitchen, 10.0, rng)]))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--kokoro", type=Path, required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--flows", type=int, default=60)
    a.add_argument("--earnest", default=str(ROOT / "target" / "release" / "earnest"))
    a.add_argument("--config", type=Path, default=ROOT / "examples" / "household" / "assistant.toml")
    o = a.parse_args()
    o.out.mkdir(parents=True, exist_ok=True)
    names = (ROOT / "examples" / "household" / "contacts.txt").read_text().split()
    speak = None
    for n in range(o.flows):
        paths = {kind: o.out / f"{n:03} {kind}.flac" for kind in KINDS}
        if all(path.exists() for path in paths.values()):
            continue
        if speak is None:
            speak = Voice(o.kokoro)
            kitchen, rooms = audio(clips("noise/kitchen")[0]), [audio(row) for row in clips("rir")]
        for kind, x in flow(n, speak, names, kitchen, rooms)[1].items():
            soundfile.write(paths[kind], x / max(1.0, np.abs(x).max()), RATE)
    for kind in KINDS:
        files = [str(o.out / f"{n:03} {kind}.flac") for n in range(o.flows)]
        lines = subprocess.run([o.earnest, "chain", "--json", "--config", str(o.config), *files], capture_output=True, text=True, check=True).stdout
        done, woke, ends, right = 0, 0, Counter(), set()
        for line in map(json.loads, lines.splitlines()):
            if line["type"] == "heard" and line["gate"] == "intent":
                n = int(Path(line["file"]).name[:3])
                if line["slots"].get("contact", {}).get("value") == names[n % len(names)]:
                    right.add(n)
            elif line["type"] == "guard" and line["decision"] == "Refused":
                ends[f'{line["gate"]}: {line["reason"]}'] += 1
            elif line["type"] == "file":
                woke += line["wakes"] > 0
                done += line["authorized"] == 1
        low, high = wilson(done, o.flows)
        print(f"{kind}: {done} of {o.flows} completed, {100 * done / o.flows:.1f} % [{100 * low:.1f}, {100 * high:.1f}]; "
              f"{woke} woke, {len(right)} with the right contact; refused: {dict(ends.most_common())}", flush=True)


if __name__ == "__main__":
    main()
