#!/usr/bin/env python3
"""Requests that somebody means, spoken from end to end by synthetic voices, and how many of them the whole chain completes.

    flows.py --kokoro FOLDER --out FOLDER [--first 100] [--flows 60] [--earnest PROGRAM] [--config TOML] [--phrase "hey earnest"]
        FOLDER: as models/training/synthesize_kokoro.py

"Alexa, send a message to NAME" … (the prompt) … "yes, send it", in three kinds: clean, in a room with kitchen noise at 20 dB,
and with kitchen noise at 10 dB (the loudest 32 ms of each count, as in models/training/wake_dev.py). Whoever is asked for the
name or the command says the command again, and whoever is asked again for the confirmation says that again; who was not heard at all
says nothing more. For that the recording is made longer by each answer and run again: up to there it is the same.

Each flow has a voice of its own, a mixture of two of Kokoro's with this script's seed: a mixture that nothing was trained on, though
the acoustic model has heard other mixtures. Flows 0 to 19 and 200 to 259 were looked at while the chain was built; 100 to 159 were not.
What was spoken stays in --out and is not made again. Nothing is chosen here: it only counts.
"""
import argparse
import json
import subprocess
import sys
import tempfile
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
# How long a prompt takes, and how long a recording is: a whole flow with one more question.
PROMPT, LENGTH = 2.5, 26
# Questions that are answered: for the name, the announcement, the announcement again.
ANSWERS = 3
KINDS = ["clean", "room, 20 dB", "10 dB"]


class Voice(neural.Kokoro):
    """One mixture, one speed and pitch for all that one person says."""

    def voice(self, rng):
        return self.english[rng.integers(len(self.english))]

    def person(self, seed):
        return lambda text: self(text, np.random.default_rng(seed))


def loudest(x):
    return np.mean(x[: len(x) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12


class Flow:
    """One person's request, in one kind."""

    def __init__(self, n, kind, spoken, name, kitchen, rooms):
        self.n, self.kind, self.spoken, self.name = n, kind, spoken, name
        self.rng_seed = zlib.crc32(f"flow {n}".encode())
        rng = np.random.default_rng(self.rng_seed)
        self.gain = rng.uniform(0.2, 0.6) / max(np.abs(x).max() for x in spoken.values())
        wake, command, gap = spoken["wake"], spoken["command"], rng.uniform(0.1, 0.7)
        self.parts = [(2.0, wake), (2.0 + len(wake) / RATE + gap, command)]
        room = rooms[rng.integers(len(rooms))]
        self.room = room[np.argmax(np.abs(room)):]
        self.bed = np.resize(kitchen[int(rng.integers(0, max(1, len(kitchen) - LENGTH * RATE))):], LENGTH * RATE)
        self.hiss = rng.normal(0, 1e-4, LENGTH * RATE)
        self.reaction = rng.uniform(0.4, 1.2, ANSWERS)
        self.answered, self.announced, self.lines = 0, False, []

    def recording(self):
        x = np.zeros(LENGTH * RATE)
        for start, part in self.parts:
            at = int(start * RATE)
            x[at : at + len(part)] += (self.gain * part)[: len(x) - at]
        # The level of what was said first: answers change nothing before them.
        first = int((self.parts[1][0] + len(self.parts[1][1]) / RATE) * RATE)
        level = loudest(x[:first])
        if self.kind == "clean":
            return x + self.hiss
        if self.kind.startswith("room"):
            x = signal.fftconvolve(x, self.room)[: len(x)]
            x *= np.sqrt(level / loudest(x[:first]))
        snr = 10.0 if self.kind == "10 dB" else 20.0
        return x + self.bed * np.sqrt(level / (loudest(self.bed) * 10 ** (snr / 10)))

    def answer(self):
        """Says what was asked for last, if something was asked that is not answered yet."""
        asked = [line for line in self.lines if line["type"] == "guard" and line["decision"] == "Say"]
        if len(asked) <= self.answered or self.answered == ANSWERS:
            return False
        question = asked[self.answered]
        command = question["prompt"] in ("ask_slot", "ask_command")
        what = self.spoken["command_again" if command else "answer_again" if self.announced else "answer"]
        self.announced |= not command
        start = question["at_s"] + PROMPT + self.reaction[self.answered]
        self.answered += 1
        if start + len(what) / RATE > LENGTH:
            return False
        self.parts.append((start, what))
        return True


def speak_all(o, names):
    """{number: {wake, command, answer, command_again, answer_again}}"""
    spoken, speak = {}, None
    for n in range(o.first, o.first + o.flows):
        path = o.out / f"{n:03}.npz"
        if not path.exists():
            speak = speak or Voice(o.kokoro)
            seed = zlib.crc32(f"flow {n}".encode())
            rng, person = np.random.default_rng(seed), speak.person(seed)

            def say(text):
                pieces, _ = neural.phones(text, rng)
                return person(neural.transcription([*pieces, "."], speak.symbols, rng))[0].astype(np.float32)

            name = names[n % len(names)]
            # Who is asked again speaks with more of a pause.
            np.savez_compressed(path, command=say(f"send a message to {name}"), answer=say("yes send it"),
                                command_again=say(f"send a message, to {name}"), answer_again=say("yes, send it"))
        woken = o.out / f"{n:03} {o.phrase}.npy"
        if not woken.exists():
            speak = speak or Voice(o.kokoro)
            seed = zlib.crc32(f"flow {n}".encode())
            pieces, _ = neural.phones(o.phrase, np.random.default_rng(seed))
            np.save(woken, speak.person(seed)(neural.transcription([*pieces, "."], speak.symbols, np.random.default_rng(seed)))[0].astype(np.float32))
        spoken[n] = dict(np.load(path), wake=np.load(woken))
    return spoken


def run(o, flows):
    """The chain over the recordings of `flows`, which keep what it told."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {f"{folder}/{i}.flac": flow for i, flow in enumerate(flows)}
        for path, flow in paths.items():
            x = flow.recording()
            soundfile.write(path, x / max(1.0, np.abs(x).max()), RATE)
            flow.lines = []
        command = [o.earnest, "chain", "--json", "--prompt", str(PROMPT), "--config", str(o.config), *paths]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for line in map(json.loads, told.splitlines()):
            paths[line["file"]].lines.append(line)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--kokoro", type=Path, required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--first", type=int, default=100)
    a.add_argument("--flows", type=int, default=60)
    a.add_argument("--earnest", default=str(ROOT / "target" / "release" / "earnest"))
    a.add_argument("--config", type=Path, default=ROOT / "examples" / "household" / "alexa.toml")
    a.add_argument("--phrase", default="alexa", help="what wakes it")
    a.add_argument("--verbose", action="store_true", help="how each flow that was not completed ended")
    o = a.parse_args()
    o.out.mkdir(parents=True, exist_ok=True)
    names = (ROOT / "examples" / "household" / "contacts.txt").read_text().split()
    spoken = speak_all(o, names)
    kitchen, rooms = audio(clips("noise/kitchen")[0]), [audio(row) for row in clips("rir")]
    for kind in KINDS:
        flows = [Flow(n, kind, said, names[n % len(names)], kitchen, rooms) for n, said in spoken.items()]
        waiting = flows
        while waiting:
            run(o, waiting)
            waiting = [flow for flow in waiting if flow.answer()]
        done, woke, right, wrong, again, ends = 0, 0, 0, 0, 0, Counter()
        for flow in flows:
            last = next(line for line in flow.lines if line["type"] == "file")
            heard = [line["slots"].get("contact", {}).get("value") for line in flow.lines
                     if line["type"] == "heard" and line["gate"] == "intent"]
            woke += last["wakes"] > 0
            right += flow.name in heard
            refused = [f'{line["gate"]}: {line["reason"]}' for line in flow.lines if line["type"] == "guard" and line["decision"] == "Refused"]
            if last["authorized"]:
                # Whose message it was: what was heard last before the authorisation.
                done, wrong = done + (heard[-1] == flow.name), wrong + (heard[-1] != flow.name)
                again += flow.answered > 1
            else:
                end = refused[0] if refused else "not woken" if not last["wakes"] else "no answer"
                ends[end] += 1
                if o.verbose:
                    print(f"  {kind} {flow.n}: {end}; heard {heard}, {flow.answered} questions answered")
        low, high = wilson(done, o.flows)
        print(f"{kind}: {done} of {o.flows} completed, {100 * done / o.flows:.1f} % [{100 * low:.1f}, {100 * high:.1f}], {again} of them with a second "
              f"question, {wrong} for somebody else; {woke} woke, {right} with the right contact; not completed: {dict(ends.most_common())}", flush=True)


if __name__ == "__main__":
    main()
