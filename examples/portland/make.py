#!/usr/bin/env python3
"""Makes the audio beside this file: the kitchen of 2018, a message somebody wants, a prompt.

    pip install -r ../kitchen/requirements.txt     (and `npm`, which fetches the style vectors)
    python make.py [--out DIR] [--cache DIR]

The kitchen, its noise and its voices are those of ../kitchen/make.py. Everything is seeded.
"""

import argparse
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "kitchen"))

import make as kitchen  # noqa: E402
import noise  # noqa: E402
from room import Room  # noqa: E402
from voice import RATE, Voice  # noqa: E402

SEED = 318
PHONES = "/ˈɜɹnɪst/"

# Who didn't ask for anything: something like the wake phrase, something like "send a message", a name that is
# nearly one of the contacts, "right". None of it is said to the device.
PORTLAND = [
    ("paul", 0.3, "So the floor man rang again, and he wants the hardwood paid by Friday.", 1.05),
    ("nora", 0.2, "Hey, honest, I told him twice already.", 1.05),
    ("ivy", 0.2, "You could send them a message, or better, both of them.", 1.05),
    ("paul", 0.25, "To the niece, I think. She keeps the books, the other one never reads anything.", 1.05),
    ("nora", 0.25, "Then it's the niece we want, and not her uncle.", 1.05),
    ("ivy", 0.2, "Right. And somebody should measure the stairs before they come.", 1.05),
    ("paul", 0.25, "I'll do it tomorrow, right after breakfast.", 1.05),
    ("nora", 0.2, "Right, then that is settled, and we can eat.", 1.0),
]

# Who did. The device speaks in the long pause.
WANTED = [
    ("ivy", 2.6, f"Hey {PHONES}.", 0.95),
    ("ivy", 0.45, "Send a message to Denise.", 0.95),
    ("ivy", 4.4, "Yes, send it.", 0.95),
]

# What the device says, to itself as it were: everything that would answer it is in it.
PROMPT = f"I will send a message to Denise. To confirm, say: yes, send it. Or, hey {PHONES}, cancel."
PROMPT_TIMBRE = {"bf_isabella": 1.0}


def spoken(text):
    return text.replace(PHONES, "earnest")


def prompt(voice, seed):
    """The prompt as the device's own microphone hears it: from a loudspeaker a hand's breadth away."""
    dry = voice.say(PROMPT, PROMPT_TIMBRE, 1.0, "en-gb", seed=seed)
    room = Room(**kitchen.KITCHEN, rate=RATE, seed=seed)
    beside = tuple(np.add(kitchen.DEVICE, (0.12, 0.0, 0.05)))
    wet = kitchen.at_position(room, dry, beside)
    before, after = int(0.4 * RATE), int(1.2 * RATE)
    x = np.zeros(before + len(dry) + after)
    x[before : before + len(wet)] += wet[: len(x) - before]
    x += 10 ** (-40 / 20) * noise.coloured(np.random.default_rng(seed), len(x), RATE, 3.0, 90, 7000)
    return x * 10 ** (kitchen.PEAK_DBFS / 20) / np.abs(x).max(), before, before + len(dry)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder to write into")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/earnest",
                        help="folder for the style vectors")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    voice = Voice(args.cache)
    truth = dict(sample_rate_hz=RATE)
    for name, talk, tail_s, seed in (("portland", PORTLAND, 0.6, SEED), ("wanted", WANTED, 1.5, SEED + 100)):
        x, said = kitchen.scene(voice, kitchen.PEOPLE, talk, tail_s, None, seed)
        size = kitchen.write(args.out / f"{name}.flac", x)
        keep = ("start", "end", "speaker", "distance_m", "snr_db")
        truth[f"{name}.flac"] = dict(
            samples=len(x), utterances=[{k: s[k] for k in keep} | dict(text=spoken(s["text"])) for s in said]
        )
        print(f"{name}: {len(x) / RATE:.1f} s, {size} bytes")
    x, start, end = prompt(voice, SEED + 200)
    size = kitchen.write(args.out / "prompt.flac", x)
    truth["prompt.flac"] = dict(samples=len(x), start=start, end=end, text=spoken(PROMPT))
    print(f"prompt: {len(x) / RATE:.1f} s, {size} bytes")
    (args.out / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
