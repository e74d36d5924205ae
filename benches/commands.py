#!/usr/bin/env python3
"""What `earnest understand` makes of real orders, of orders whose value isn't listed, of other speech and of names.

    cargo build --release -p earnest-cli
    commands.py --split dev|test --out FOLDER [--confidence 0.9] [--earnest PROGRAM]

Orders: command/coffee, in quiet and in the kitchen's noise at 12 and 6 dB (by the loudest 32 ms of each), a second of
silence around. Right: every slot right and nothing added. A value removed: every order again for each of its values, with that value
taken out of its list, in quiet and at 12 dB; refused is what is not understood. Other speech: windows of ten seconds,
a third in quiet, the others as the orders. Names: tts/name, alone and as "call NAME" (tts/intent), every other name listed, then the rest; all of
them are synthetic voices and the same whatever the split. Nothing is chosen here. Wilson intervals, 95 %.
EARNEST_DATA is ../shared/data if it isn't set; the environment is that of models/training/README.md.
"""
import argparse
import collections
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.setdefault("EARNEST_DATA", str(ROOT.parent / "shared" / "data")))
sys.path.insert(0, str(ROOT / "models" / "training"))
from confidence_data import NOISE, RATE, SEED, bare, loudest, read, rows, windows  # noqa: E402
from intervals import calibration_error, wilson  # noqa: E402

OTHERS = ("speech/speechocean", "speech/ljspeech", "speech/librispeech_other", "negative/false_activations", "negative/near_words", "wake/alexa",
          "wake/computer", "wake/snowboy", "wake/view_glass")
ALIKE = [{"Sean", "Shawn"}]                  # names that are said the same


def share(count, total):
    low, high = wilson(count, total)
    return f"{count} of {total} = {100 * count / total:.1f} % [{100 * low:.1f}, {100 * high:.1f}]" if total else "0 of 0"


def spoken_until(x):
    """Seconds to the last 10 ms within 25 dB of the loudest."""
    power = np.mean(x[: len(x) // 160 * 160].reshape(-1, 160) ** 2, axis=1)
    return 0.01 * (1 + np.flatnonzero(power > power.max() * 10**-2.5)[-1])


class Listener:
    """`earnest understand` over recordings that are written to a folder for it."""

    def __init__(self, o):
        self.o, self.kitchen, self.cpu, self.seconds = o, read(DATA / "noise/kitchen/kitchen.ogg"), 0.0, 0.0
        o.out.mkdir(parents=True, exist_ok=True)

    def written(self, name, clips, snr):
        """Paths of clips with a second of silence around, in noise."""
        rng, paths = np.random.default_rng(SEED), []
        for n, clip in enumerate(clips):
            x = np.concatenate([np.zeros(RATE, np.float32), clip, np.zeros(RATE, np.float32)])
            if snr is not None:
                start = int(rng.integers(0, max(1, len(self.kitchen) - len(x))))
                bed = np.resize(self.kitchen[start:], len(x))
                x = x + bed * np.sqrt(loudest(x) / (loudest(bed) * 10 ** (snr / 10)))
            paths.append(self.o.out / f"{name}-{snr or 'quiet'}-{n:04}.wav")
            soundfile.write(paths[-1], x / max(1.0, float(np.abs(x).max())), RATE, subtype="PCM_16")
        return paths

    def __call__(self, grammar, paths, *options, confidence=None):
        """What is told of each path."""
        command = [self.o.earnest, "understand", "-g", str(grammar), "--json", "--confidence", str(confidence or self.o.confidence), *options]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.seconds += sum(soundfile.info(path).duration for path in paths)
        lines = [line for line in map(json.loads, told.splitlines()) if line["type"] == "result"]
        assert [line["file"] for line in lines] == [str(path) for path in paths]
        return lines


def values(line):
    return {slot: one["value"] for slot, one in line.get("slots", {}).items()}


def orders(listen, grammar):
    said = rows("command/coffee", listen.o.split)
    clips = [read(DATA / "command/coffee" / row["file"]) for row in said]
    paths = {snr: listen.written("order", clips, snr) for snr in NOISE}
    probability, right = [], []
    for snr in NOISE:
        lines = listen(grammar, paths[snr])
        whole = sum(line["understood"] and values(line) == row["slots"] for line, row in zip(lines, said))
        wrong = sum(line["understood"] and values(line) != row["slots"] for line, row in zip(lines, said))
        print(f"orders, {f'{snr} dB' if snr else 'quiet'}: right {share(whole, len(said))}; understood wrongly {wrong}")
        for line, row in zip(listen(grammar, paths[snr], confidence=1e-9), said):
            for slot, one in line.get("slots", {}).items():
                probability.append(one["confidence"])
                right.append(one["value"] == row["slots"].get(slot))
        if snr is None:
            late = [line["decided_s"] - 1 - spoken_until(clip) for line, clip in zip(lines, clips) if line["understood"]]
            print(f"decided after the end of speech: median {1000 * np.median(late):.0f} ms, 95th percentile {1000 * np.percentile(late, 95):.0f}")
    print(f"slots: {sum(right)} of {len(right)} right, expected calibration error {calibration_error(probability, right):.3f}", flush=True)
    return said, paths


def removed(listen, grammar, orders, paths):
    said = collections.defaultdict(list)
    for n, row in enumerate(orders):
        for slot, value in row["slots"].items():
            said[slot, value].append(n)
    total, refused, taken = 0, 0, 0
    probability, right = [], []
    for (slot, value), numbers in sorted(said.items()):
        rest = listen.o.out / "rest.txt"
        rest.write_text("".join(f"{v}\n" for s, v in sorted(said) if s == slot and bare(v) != bare(value)))
        for snr in (None, 12):
            for line in listen(grammar, [paths[snr][n] for n in numbers], "--slot", f"{slot}={rest}"):
                total += 1
                refused += not line["understood"]
                taken += line["understood"] and values(line).get(slot) is not None
                if slot in line.get("slots", {}):
                    probability.append(line["slots"][slot]["confidence"])
                    right.append(line["slots"][slot]["value"] is None)
    print(f"a value removed: refused {share(refused, total)}; another value taken {share(taken, total)}; "
          f"where an order was told, calibration error {calibration_error(probability, right):.3f}", flush=True)


def other_speech(listen, grammar):
    others = [window for folder in OTHERS for window in windows(folder, listen.o.split, 10**6, None)]
    all_understood = 0
    for snr in NOISE:
        paths = listen.written("window", others, snr)
        understood = sum(line["understood"] for line in listen(grammar, paths))
        all_understood += understood
        print(f"other speech, {f'{snr} dB' if snr else 'quiet'}: an order in {share(understood, len(paths))} windows")
        for path in paths:
            path.unlink()
    print(f"other speech, all: an order in {share(all_understood, 3 * len(others))} windows", flush=True)


def names(listen):
    bare_grammar = listen.o.out / "names.yaml"
    bare_grammar.write_text('language: en\nintents:\n  Name:\n    data:\n      - sentences: ["{contact}"]\nlists:\n  contact:\n    values: [Nobody]\n')
    kinds = {"the name alone": (bare_grammar, "tts/name", ""), "call NAME": (ROOT / "examples/grammars/messages.yaml", "tts/intent", "call ")}
    for kind, (grammar, folder, prefix) in kinds.items():
        spoken = [row for row in rows(folder, "train") if row["text"].startswith(prefix)]
        called = [row["text"].removeprefix(prefix) for row in spoken]
        paths = listen.written(folder.replace("/", "-"), [read(DATA / folder / row["file"]) for row in spoken], None)
        every = sorted(set(called))
        found, other, unlisted, taken, listed, alike = 0, 0, 0, 0, 0, 0
        for half in (0, 1):
            contacts = every[half::2]
            listed_file = listen.o.out / "contacts.txt"
            listed_file.write_text("".join(f"{name}\n" for name in contacts))
            for name, line in zip(called, listen(grammar, paths, "--slot", f"contact={listed_file}")):
                value = values(line).get("contact") if line["understood"] else None
                if name in contacts:
                    listed += 1
                    found += value == name
                    other += value not in (None, name)
                elif any(name in pair and pair & set(contacts) for pair in ALIKE):
                    alike += 1
                else:
                    unlisted += 1
                    taken += value is not None
        print(f"{kind}: listed found {share(found, listed)}, taken for another {other}; not listed taken for one that is {share(taken, unlisted)}"
              f" ({alike} said like a listed one left out)", flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--split", required=True, choices=["dev", "test"])
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--confidence", type=float, default=0.9)
    a.add_argument("--earnest", default=str(ROOT / "target" / "release" / "earnest"))
    o = a.parse_args()
    listen, grammar = Listener(o), ROOT / "examples" / "grammars" / "coffee.yaml"
    said, paths = orders(listen, grammar)
    print(f"{3600 * listen.cpu / listen.seconds:.1f} CPU s per hour of orders, decoding of files and start of the program included")
    removed(listen, grammar, said, paths)
    other_speech(listen, grammar)
    names(listen)


if __name__ == "__main__":
    main()
