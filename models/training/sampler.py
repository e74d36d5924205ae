"""Random sentences of the example grammars: a random way through, every intent as often as any other.

For the list `contact` names stand, where no others are given: those of LISTED are what the decoder is given, one sentence in four
names somebody else.
"""
from pathlib import Path

import numpy as np
import yaml
from hassil import Intents
from hassil.expression import Alternative, ListReference, Permutation, RuleReference, TextChunk
from hassil.intents import RangeSlotList

GRAMMARS = Path(__file__).resolve().parents[2] / "examples" / "grammars"
LISTED = ("Aaron Anna Ben Carl Chloe Christina Dad Danielle Denise Erin Grace Guadalupe John Kristen Mum Michael Olivia Rob "
          "Sarah Sean Stephanie Steven").split()
UNLISTED = "Margaret Walter Natalie Gregory Vincent Beatrice Oscar Eleanor Trevor Melissa Roland Judith Dennis Joan Sharon Hannah".split()
UNITS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
         "nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_words(number):
    if number < 20:
        return UNITS[number]
    if number == 100:
        return "one hundred"
    return " ".join([TENS[number // 10 - 2], *([UNITS[number % 10]] if number % 10 else [])])


class Sampler:
    """Random sentences of one grammar. `contact`: what gives a name, from a random generator."""

    def __init__(self, name, contact=None):
        self.contact = contact
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
        if node.list_name == "contact" and self.contact:
            said = value = self.contact(rng)
        elif node.list_name == "contact":
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
                said = one.text_in.text if isinstance(one.text_in, TextChunk) else self.walk(one.text_in, rng)
                value = str(one.value_out)
        self.slots[node.slot_name] = value
        return said
