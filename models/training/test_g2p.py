#!/usr/bin/env python3
"""What the model of letters rests on, checked on a small part of the dictionary: `python test_g2p.py`."""
import itertools

import numpy as np

import g2p
from g2p import BEGIN, END, FIRST, LETTER, UNIT, Image, align, count, decode, describe, kneser_ney, part, prune, stressed, write


def small(bits=8, wanted=6000):
    words = sorted(stressed())[::60]
    pairs = [(w, p) for w in words if part(w) == "train" for p in stressed()[w]]
    paths = align(pairs, 6)
    used = sorted({c for path in paths if path for c in path}, key=describe)
    token = {c: n + FIRST for n, c in enumerate(used)}
    sequences = [[BEGIN] + [token[c] for c in path] + [END] for path in paths if path]
    levels = count(sequences, 5)
    kneser_ney(levels)
    prune(levels, wanted)
    chunks = [(letters, [g2p.FOLDED[x] for x in phones]) for letters, phones in map(describe, used)]
    return pairs, paths, sequences, levels, write(levels, chunks, bits), len(used) + FIRST


PAIRS, PATHS, SEQUENCES, LEVELS, DATA, TOKENS = small()


def test_chunks_say_the_word_and_its_phones():
    divided = [(pair, path) for pair, path in zip(PAIRS, PATHS) if path]
    assert len(divided) > 0.98 * len(PAIRS)
    for (word, phones), path in divided:
        chunks = [describe(c) for c in path]
        assert [x for c in chunks for x in c[0]] == [LETTER[c] for c in word]
        assert tuple(x for c in chunks for x in c[1]) == phones


def test_counts_are_those_of_a_loop():
    for k, level in enumerate(LEVELS, 1):
        grams = [tuple(s[i : i + k]) for s in SEQUENCES for i in range(len(s) - k + 1)]
        assert len(set(grams)) == (level.raw > 0).sum()
        assert sorted(level.raw[level.raw > 0]) == sorted(len(list(g)) for _, g in itertools.groupby(sorted(grams)))


def test_probabilities_sum_to_one_after_any_history():
    image, rng = Image(DATA), np.random.default_rng(1)
    for sequence in [SEQUENCES[n] for n in rng.integers(len(SEQUENCES), size=30)]:
        state = image.start()
        for token in sequence[1:]:
            costs = image.costs(state, 0, TOKENS)
            assert abs(sum(np.exp(-c / UNIT) for c in costs.values()) - 1) < 0.06          # quantised to 8 bits
            assert sorted(costs) == list(range(TOKENS))
            state = image.advance(state, token)


def test_words_it_was_trained_on_come_back():
    image = Image(DATA)
    right = [tuple(g2p.FOLDED[x] for x in p) in [d[0] for d in decode(image, w, 3)] for w, p in PAIRS[::10] if w.strip("'")]
    assert np.mean(right) > 0.6, np.mean(right)
    found = decode(image, "brook", 1000)
    assert abs(sum(np.exp(p) for _, p in found) - 1) < 1e-6 and len({phones for phones, _ in found}) == len(found)


def test_held_out_words_are_apart():
    parts = [part(w) for w in stressed()]
    assert 0.045 < parts.count("test") / len(parts) < 0.055
    assert all(part(w) == "train" for w, _ in PAIRS)


if __name__ == "__main__":
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name)
