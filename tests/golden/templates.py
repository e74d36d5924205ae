#!/usr/bin/env python3
"""What `hassil` (PyPI, 3.12.1) makes of sentences, generated from templates and mutated: templates.jsonl for ../intent_text.rs.

    pip install hassil==3.12.1 && python templates.py > templates.jsonl
"""
import json, pathlib, random
from hassil import Intents, recognize_all
from hassil.intents import RangeSlotList
from hassil.sample import sample_sentence

here = pathlib.Path(__file__).parent
with open(here / "templates.yaml", encoding="utf-8") as file:
    intents = Intents.from_yaml(file)
random.seed(6)
texts = set()
for intent in intents.intents.values():
    for data in intent.data:
        # Its sampler, unlike its matcher, doesn't know ranges in the sentence.
        inline = {"0..10,2": RangeSlotList(name="0..10,2", start=0, stop=10, step=2)}
        lists, rules = {**inline, **intents.slot_lists, **data.slot_lists}, {**intents.expansion_rules, **data.expansion_rules}
        for sentence in data.sentences:
            own = sorted(set(sample_sentence(sentence, lists, rules, language="en")))
            texts.update(random.sample(own, min(40, len(own))))
words = sorted({word for text in texts for word in text.split()})
for text in sorted(texts):
    for _ in range(2):
        parts = text.split()
        at = random.randrange(len(parts))
        kind = random.randrange(5)
        if kind == 0:
            del parts[at]
        elif kind == 1:
            parts.insert(at, random.choice(words))
        elif kind == 2:
            parts[at] = random.choice(words)
        elif kind == 3:
            random.shuffle(parts)
        else:
            parts[at] = parts[at].upper() + random.choice([",", "!", "?", ""])
        texts.add(" ".join(parts))
def told(value):
    """Numbers without `.0`."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


for text in sorted(texts):
    found = recognize_all(text, intents)
    readings = [{"intent": one.intent.name, "slots": {name: told(entity.value) for name, entity in one.entities.items()}} for one in found]
    unique = [one for n, one in enumerate(readings) if one not in readings[:n]]
    print(json.dumps({"text": text, "readings": unique}, ensure_ascii=False))
