#!/usr/bin/env python3
"""A wake phrase and what sounds like it, spoken by every synthesiser there is, into EARNEST_CACHE/synthetic-wake/PHRASE.

    wake_synthesize.py alexa "view glass" … --kokoro FOLDER [--piper FOLDER] [--clips 200] [--negatives 150]
        FOLDER: as synthesize_kokoro.py; without it, only the small synthesisers speak
        --clips, --negatives: of the phrase, and of what sounds like it, by Kokoro; the others make
        shares of that (SHARES)

The phrase stands alone in two clips of three; in the others a command follows (or, seldom, words go before). Rows say
`wake`: the symbols of words before the phrase, of it, and after it; no `wake` in a confusable's. Clips already made are skipped.
"""
import argparse
import json
import subprocess
import zlib
from pathlib import Path

import numpy as np
import soundfile
import soxr

import synthesize
import synthesize_kokoro as neural
from corpus import CACHE
from symbols import ids
from wake_phrase import confusables, spelt, utterances

# Of the clips that Kokoro makes.
SHARES = {"kokoro": 1.0, "joe": 0.25, "flite": 0.3, "festival": 0.15, "espeak": 0.5}
ACCENTS = ["en-gb", "en-us", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029", "en-us-nyc"]
VARIANTS = "f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 klatt klatt2 klatt4 adam anika antonio aunty belinda benjamin boris caleb david edward \
grandma grandpa gustave iven john linda marcelo max michael michel mike norbert pablo paul pedro quincy rob robert sandro shelby steph \
steph2 travis victor Alex Alicia Andrea Annie Denis Diogo Gene Henrique Hugo Jacky Lee Marco Mario".split()
AFTER = ["turn on the lights", "what time is it", "play some music", "set a timer for ten minutes", "stop", "call my mother", "how is the weather",
         "turn it down", "open the door", "send a message", "volume up", "tell me a story", "is it raining", "wake me at seven", "next song"]
BEFORE = ["hey", "okay", "so", "um", "now", "please", "thank you", "and then", "come on", "well"]
ENDS = [".", ".", "!", "?", ",", ""]


def said(phrase, rng):
    """(text, utterance, [symbols before, of the phrase, after])"""
    ways = utterances(phrase)
    way = ways[0] if rng.random() < 0.8 else ways[rng.integers(len(ways))]
    kind = rng.random()
    before = BEFORE[rng.integers(len(BEFORE))] if kind > 0.92 else ""
    after = AFTER[rng.integers(len(AFTER))] if 0.67 < kind < 0.96 else ""
    sides = [neural.phones(t, rng) if t else ([], []) for t in (before, after)]
    comma = [","] if after and rng.random() < 0.6 else []
    end = ENDS[rng.integers(len(ENDS))]
    pieces = [*sides[0][0], *way, *comma, *sides[1][0], *([end] if end else [])]
    text = f"{before} {phrase}{'' if not comma else ','} {after}".strip() + end
    return text, pieces, [sides[0][1], ids(sum(way, [])), sides[1][1]]


def espeak(text, rng, path):
    variant = VARIANTS[rng.integers(len(VARIANTS))]
    voice = f"{ACCENTS[rng.integers(len(ACCENTS))]}+{variant}"
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(rng.integers(120, 210)), "-p", str(rng.integers(15, 90)), "-w", str(path), text], check=True, capture_output=True)
    return voice


def small(engine, text, rng, path):
    """One of the small synthesisers, which read text."""
    if engine == "espeak":
        return espeak(text, rng, path)
    voices = sorted(synthesize.FLITE if engine == "flite" else synthesize.FESTIVAL)
    voice = voices[rng.integers(len(voices))]
    (synthesize.flite if engine == "flite" else synthesize.festival)(voice, text, rng, path)
    return voice


class Phrase:
    """What is to be spoken of one phrase."""

    def __init__(self, phrase, clips, negatives):
        self.phrase, self.clips, self.negatives, self.others = phrase, clips, negatives, confusables(phrase)
        self.readable = [c for c in self.others if c[1]]

    def speak(self, engine, voice, most):
        """Up to `most` clips more; whether there were that many left to make."""
        folder = CACHE / "synthetic-wake" / self.phrase.replace(" ", "_") / engine
        folder.mkdir(parents=True, exist_ok=True)
        manifest = folder / "manifest.jsonl"
        done = sum(1 for _ in manifest.open()) if manifest.exists() else 0
        positives = int(self.clips * SHARES[engine])
        total = positives + int(self.negatives * SHARES[engine])
        others = self.readable if voice is None else self.others
        for i in range(done, min(total, done + most)):
            rng = np.random.default_rng((zlib.crc32(f"{self.phrase} {engine}".encode()), i))
            # In turn, so that a run that is stopped has both.
            row, is_wake = {}, (i * positives) // total != ((i + 1) * positives) // total
            if is_wake:
                text, pieces, row["wake"] = said(self.phrase, rng)
            else:
                row["kind"], text, utterance = others[rng.integers(len(others))]
                pieces, row["symbols"] = [*utterance, "."], ids(sum(utterance, []))
            path = folder / f"{i:05}.flac"
            if voice is None:
                row["voice"] = small(engine, text.replace(self.phrase, spelt(self.phrase)), rng, path.with_suffix(".wav"))
                x, rate = soundfile.read(path.with_suffix(".wav"), dtype="float32")
                path.with_suffix(".wav").unlink()
                x = soxr.resample(x, rate, 16000)
            else:
                x, row["voice"] = voice(neural.transcription(pieces, voice.symbols, rng), rng)
            x = x * (rng.uniform(0.1, 0.9) / max(np.abs(x).max(), 1e-6))
            soundfile.write(path, x, 16000)
            row = dict(file=path.name, split="train", text=text or " ".join(sum(utterance, [])), seconds=round(len(x) / 16000, 3), **row)
            with manifest.open("a") as f:
                print(json.dumps(row), file=f)
        print(f"{self.phrase} {engine}: {min(total, done + most)} of {total} clips", flush=True)
        return done + most < total


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrases", nargs="+")
    a.add_argument("--kokoro", type=Path)
    a.add_argument("--piper", type=Path)
    a.add_argument("--clips", type=int, default=200)
    a.add_argument("--negatives", type=int, default=150)
    o = a.parse_args()
    phrases = [Phrase(p, o.clips, o.negatives) for p in o.phrases]
    for engine in ("espeak", "flite", "festival"):
        for phrase in phrases:
            phrase.speak(engine, None, 10_000)
    for engine, voice in (("joe", neural.Piper(o.piper) if o.piper else None), ("kokoro", neural.Kokoro(o.kokoro) if o.kokoro else None)):
        left = phrases if voice else []
        while left:
            left = [phrase for phrase in left if phrase.speak(engine, voice, 30)]


if __name__ == "__main__":
    main()
