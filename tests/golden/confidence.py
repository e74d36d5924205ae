#!/usr/bin/env python3
"""Golden odds of commands: confidence.json, for ../confidence.rs.

    cargo build --release -p earnest --example commands
    confidence.py > confidence.json

What the decoder heard is told by `examples/commands`; features and network are those of `models/training/confidence.py`, with the
weights that stand in `src/confidence/phones_m.rs`. Needs numpy, soundfile and what that recipe needs.
"""
import json
import re
import sys
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models" / "training"))
import confidence  # noqa: E402
import confidence_data  # noqa: E402

GRAMMARS, CLIPS = ("messages", "lights"), ("portland/wanted", "kitchen/kitchen")


class Options:
    commands, grammars, root = ROOT / "target/release/examples/commands", ROOT / "examples/grammars", ROOT
    model, with_ = ROOT / "models/phones-m.int8.ear", []


def numbers(text):
    return [float(x) for x in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


def weights():
    text = (ROOT / "src/confidence/phones_m.rs").read_text()
    of = lambda key: numbers(re.search(key + r": (\[[^\]]+|[^,]+)", text)[1])
    hidden = [numbers(row) for row in re.findall(r"^ {12}\[([^\]]+)\]", text, re.M)]
    return [*of("score"), *of("phone"), *of("not_listed")], tuple(map(np.array, (of("linear"), hidden, of("out"))))


def main():
    slots, commands = weights()
    engine, golden = confidence_data.Engine(Options), []
    for grammar in GRAMMARS:
        for clip in CLIPS:
            pcm, _ = soundfile.read(ROOT / f"examples/{clip}.flac", dtype="int16")
            [result] = engine(grammar, [pcm])
            heard = [one for one in [result, *result["others"]] if one["understood"]]
            features = (np.array(confidence.command_features(one, slots)) for one in heard)
            log_odds = sorted(round(float(confidence.command_logit(commands, x)), 4) for x in features)
            golden.append(dict(grammar=grammar, clip=clip, log_odds=log_odds))
    print(json.dumps(golden, indent=1))


if __name__ == "__main__":
    main()
