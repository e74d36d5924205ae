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
    of = lambda key: [np.array(numbers(found)) for found in re.findall(key + r": (\[[^\]]+|[^,]+)", text)]
    hidden = [numbers(row) for row in re.findall(r"^ {12}\[([^\]]+)\]", text, re.M)]
    half = len(hidden) // 2
    slots, commands = zip(of("linear"), map(np.array, (hidden[:half], hidden[half:])), of("out"))
    return ((of("score")[0][0], of("phone")[0][0]), slots), commands


def judged(result, slots, commands):
    """[log-odds of an order, probability of "not listed" for each slot, the least first]"""
    log_odds = confidence.output(commands, np.array(confidence.command_features(result, slots)))
    tables = (confidence.slot_table(values, None, result) for values in result["candidates"].values())
    not_listed = (confidence.slot_probabilities(slots, table, facts)[-1] for table, _, facts in tables)
    return [round(float(log_odds), 4), *sorted(round(float(p), 5) for p in not_listed)]


def main():
    slots, commands = weights()
    engine, golden = confidence_data.Engine(Options), []
    for grammar in GRAMMARS:
        for clip in CLIPS:
            pcm, _ = soundfile.read(ROOT / f"examples/{clip}.flac", dtype="int16")
            [result] = engine(grammar, [pcm])
            heard = [one for one in [result, *result["others"]] if one["understood"]]
            golden.append(dict(grammar=grammar, clip=clip, heard=sorted(judged(one, slots, commands) for one in heard)))
    print(json.dumps(golden, indent=1))


if __name__ == "__main__":
    main()
