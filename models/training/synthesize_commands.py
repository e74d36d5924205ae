#!/usr/bin/env python3
"""Sentences of the example grammars, spoken by Kokoro, into EARNEST_CACHE/synthetic-commands/GRAMMAR: what the confidence of
commands is fitted on beside the real orders.

    synthesize_commands.py KOKORO [--grammars messages lights timers home confirm] [--clips 80]
        KOKORO: a folder as synthesize_kokoro.py takes it

A sentence is a random way through the grammar, every intent as often as any other. For the list `contact` NAMES stand: those
of LISTED are what the decoder is given, one sentence in four names somebody else. Rows of the manifest say text, intent,
what each slot holds as the grammar has it, and whether that is listed. Clips already made are skipped.
"""
import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import soundfile
import yaml
from hassil import Intents
from hassil.expression import Alternative, ListReference, Permutation, RuleReference, TextChunk
from hassil.intents import RangeSlotList

import synthesize_kokoro as neural
from corpus import CACHE

GRAMMARS = Path(__file__).resolve().parents[2] / "examples" / "grammars"
LISTED = ("Aaron Anna Ben Carl Chloe Christina Dad Danielle Denise Erin Grace Guadalupe John Kristen Mum Michael Olivia Rob "
          "Sarah Sean Stephanie Steven").split()
UNLISTED = "Margaret Walter Natalie Gregory Vincent Beatrice Oscar Eleanor Trevor Melissa Roland Judith Dennis Joan Sharon Hannah".split()
UNITS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
         "nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ENDS = [".", ".", ".", "!", "?", ""]


def in_words(number):
    if number < 20:
        return UNITS[number]
    if number == 100:
        return "one hundred"
    return " ".join([TENS[number // 10 - 2], *([UNITS[number % 10]] if number % 10 else [])])


class Sampler:
    """Random sentences of one grammar."""

    def __init__(self, name):
        self.intents = Intents.from_dict(yaml.safe_load((GRAMMARS / f"{name}.yaml").read_text()))
        self.names = list(self.intents.intents)

    def __call__(self, rng):
        """(text, intent, {slot: value}, whether all of it is listed)"""
        intent = self.names[rng.integers(len(self.names))]
        data = self.intents.intents[intent].data
        one = data[rng.integers(len(data))]
        self.rules = {**self.intents.expansion_rules, **(one.expansion_rules or {})}
        self.slots, self.listed = {}, True
        sentences = list(one.sentences)
        text = self.walk(sentences[rng.integers(len(sentences))].expression, rng)
        return " ".join(text.split()), intent, self.slots, self.listed

    def walk(self, node, rng):
        if isinstance(node, TextChunk):
            return node.original_text
        if isinstance(node, ListReference):
            return f" {self.value(node, rng)} "
        if isinstance(node, RuleReference):
            return self.walk(self.rules[node.rule_name].expression, rng)
        items = list(node.items)
        if isinstance(node, Alternative):
            return self.walk(items[rng.integers(len(items))], rng)
        if isinstance(node, Permutation):
            items = [items[n] for n in rng.permutation(len(items))]
        return "".join(self.walk(item, rng) for item in items)

    def value(self, node, rng):
        if node.list_name == "contact":
            listed = rng.random() < 0.75
            said = value = str(rng.choice(LISTED if listed else UNLISTED))
            self.listed &= listed
        else:
            values = self.intents.slot_lists[node.list_name]
            if isinstance(values, RangeSlotList):
                number = int(rng.choice(np.arange(values.start, values.stop + 1, values.step)))
                said, value = in_words(number), str(number)
            else:
                one = values.values[rng.integers(len(values.values))]
                said, value = one.text_in.text, str(one.value_out)
        self.slots[node.slot_name] = value
        return said


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
