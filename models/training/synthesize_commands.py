#!/usr/bin/env python3
"""Sentences of the example grammars, spoken by Kokoro, into EARNEST_CACHE/synthetic-commands/GRAMMAR: what the confidence of
commands is fitted on beside the real orders.

    synthesize_commands.py KOKORO [--grammars messages lights timers home confirm] [--clips 80]
        KOKORO: a folder as synthesize_kokoro.py takes it

The sentences are those of sampler.py. Rows of the manifest say text, intent, what each slot holds as the grammar has it, and whether
that is listed. Clips already made are skipped.
"""
import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import soundfile

import synthesize_kokoro as neural
from corpus import CACHE
from sampler import Sampler

ENDS = [".", ".", ".", "!", "?", ""]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("kokoro", type=Path)
    a.add_argument("--grammars", nargs="+", default=["messages", "lights", "timers", "home", "confirm"])
    a.add_argument("--clips", type=int, default=80)
    o = a.parse_args()
    speak = neural.Kokoro(o.kokoro)
    for name in o.grammars:
        folder = CACHE / "synthetic-commands" / name
        folder.mkdir(parents=True, exist_ok=True)
        manifest, sampler = folder / "manifest.jsonl", Sampler(name)
        for n in range(sum(1 for _ in manifest.open()) if manifest.exists() else 0, o.clips):
            rng = np.random.default_rng((zlib.crc32(name.encode()), n))
            spoken = None
            while spoken is None:
                text, intent, slots, listed = sampler(rng)
                spoken = neural.phones(text, rng)
            pieces, _ = spoken
            x, voice = speak(neural.transcription([*pieces, ENDS[rng.integers(len(ENDS))]], speak.symbols, rng), rng)
            x = x * (rng.uniform(0.1, 0.9) / max(np.abs(x).max(), 1e-6))
            soundfile.write(folder / f"{n:04}.flac", x, 16000)
            row = dict(file=f"{n:04}.flac", split="train", text=text, intent=intent, slots=slots, listed=listed,
                       seconds=round(len(x) / 16000, 3), voice=voice)
            with manifest.open("a") as f:
                print(json.dumps(row), file=f)
        print(f"{name}: {o.clips} clips", flush=True)


if __name__ == "__main__":
    main()
