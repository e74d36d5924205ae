"""A wake phrase as text: how it is said, and what sounds like it without being it.

    wake_phrase.py "view glass"         prints both

An utterance is a list of words, a word a list of ARPABET phones with stress: what synthesize_kokoro.py speaks. Words that
the dictionary lacks are taken as two of its words run together (snow + boy) where that is possible, else letter by letter
(g2p.py). What sounds alike is found, for any phrase, by weighted phone distance over the whole dictionary
(arXiv:2008.00508): words, pairs of ordinary words divided wherever the phrase can be divided, the phrase as a part of longer words,
parts of the phrase, its words in other company and in the wrong order, the phrase with something stuck to it.
"""
import sys
from collections import Counter
from functools import lru_cache

import numpy as np

import g2p
from corpus import HERE, clips
from lexicon import dictionary, words
from symbols import INDEX, PHONES, SYMBOLS

VOWELS = {p for p in PHONES if p[0] in "AEIOU"}
# Sounds of one group are taken for each other more easily than others.
GROUPS = ["IY IH EY EH", "EH AE AH", "AA AH AW OW", "UW UH OW", "ER AH UH", "AY OY AE", "P B", "T D", "K G", "P T K", "B D G", "F V",
          "S Z", "SH ZH", "CH JH", "S SH TH F", "Z ZH DH V", "CH SH T", "JH ZH D", "M N NG", "L R W", "Y IY", "W UW", "V B", "DH D", "TH T"]
# Nearer than this is the phrase itself as some people say it.
CLOSEST = 1.0
AFFIXES = [["S"], ["Z"], ["IH0", "NG"], ["ER0"], ["L", "IY0"], ["T"], ["D"], ["AH0", "N"]]
COMPANY = "hey okay hi a the my new old smart small great first last blue red big open close turn call play stop house door time day book".split()


def bare(phones):
    """Without stress, AO as AA."""
    return ["AA" if p.startswith("AO") else p.rstrip("012") for p in phones]


def halves(word):
    """Two words of the dictionary that make up one that it lacks, or None."""
    found = [(word[:cut], word[cut:]) for cut in range(len(word) - 3, 2, -1) if word[:cut] in dictionary() and word[cut:] in dictionary()]
    return found[0] if found and word not in dictionary() else None


def spelt(phrase):
    """For voices that read text: `snow boy`, which they read better than `snowboy`."""
    return " ".join(" ".join(halves(w) or [w]) for w in phrase.lower().split())


@lru_cache(None)
def letters_to_phones():
    return g2p.Image((HERE.parent / "g2p-en.bin").read_bytes())


def spoken(word):
    """Pronunciations of one word: the dictionary's, those of two words that it is made of, or a guess."""
    found = dictionary().get(word)
    if found:
        return found
    if halves(word):
        one, two = (dictionary()[half] for half in halves(word))
        return [a + [p.replace("1", "2") for p in b] for a in one for b in two]
    out = []
    for symbols in (found[0] for found in g2p.decode(letters_to_phones(), word, 2)):
        phones, stress = [], "1"
        for name in (SYMBOLS[s] for s in symbols):
            phones.append(name + stress if name in VOWELS else name)
            stress = "0" if name in VOWELS else stress
        out.append(phones)
    return out


def utterances(phrase):
    """Every way of saying the phrase."""
    ways = [[]]
    for word in phrase.lower().split():
        ways = [way + [p] for way in ways for p in spoken(word)]
    return ways


@lru_cache(None)
def costs():
    """What it costs to hear one phone for another [38, 38]; a phone too many or too few costs 1, vowels 1.2."""
    table = np.ones((len(PHONES), len(PHONES)))
    for i, a in enumerate(PHONES):
        for j, b in enumerate(PHONES):
            both = {a, b} <= VOWELS
            if (a in VOWELS) != (b in VOWELS):
                table[i, j] = 1.5
            elif both:
                table[i, j] = 0.7
    for group in GROUPS:
        members = [PHONES.index(p) for p in group.split()]
        for i in members:
            for j in members:
                table[i, j] = min(table[i, j], 0.45)
    np.fill_diagonal(table, 0)
    return table


def distances(phones, others):
    """Weighted edit distance of one phone string to each of many of the same length [words, length], as ids from 0."""
    table, gap = costs(), lambda p: 1.2 if PHONES[p] in VOWELS else 1.0
    gaps = np.array([gap(p) for p in range(len(PHONES))])
    row = np.concatenate([np.zeros((len(others), 1)), np.cumsum(gaps[others], 1)], 1)
    for p in phones:
        new = np.empty_like(row)
        new[:, 0] = row[:, 0] + gap(p)
        for j in range(others.shape[1]):
            new[:, j + 1] = np.minimum(np.minimum(row[:, j] + table[p, others[:, j]], row[:, j + 1] + gap(p)), new[:, j] + gaps[others[:, j]])
        row = new
    return row[:, -1]


@lru_cache(None)
def by_length(common):
    """Dictionary, or what of it stands in the texts of the training sets, by number of phones:
    length -> (words, pronunciations, ids [words, length])."""
    wanted, out = Counter(w for p in ("speech", "tts") for r in clips(p, "train") for w in words(r.get("text") or "")), {}
    for word, ways in dictionary().items():
        if word.isalpha() and (not common or word in wanted):
            out.setdefault(len(ways[0]), []).append((word, ways[0]))
    return {n: ([w for w, _ in v], [p for _, p in v], np.array([[INDEX[q] - 1 for q in bare(p)] for _, p in v])) for n, v in out.items()}


def nearest(phones, count, reach, common=False):
    """Words nearest to `phones` (bare): [(distance, word, pronunciation)]."""
    ids, found = [INDEX[p] - 1 for p in phones], []
    for n, (names, ways, table) in by_length(common).items():
        if abs(n - len(ids)) <= reach:
            found += [(d, names[i], ways[i]) for i, d in enumerate(distances(ids, table))]
    return sorted(found, key=lambda f: (f[0], f[1]))[:count]


def confusables(phrase, count=60):
    """[(kind, words or None, utterance)], none of which is the phrase. Words are given where all are the dictionary's."""
    ways = utterances(phrase)
    own = {tuple(bare(sum(way, []))) for way in ways}
    main, out, seen = ways[0], [], set()
    flat = sum(main, [])

    def add(kind, text, utterance):
        key = tuple(bare(sum(utterance, [])))
        if key and key not in own and key not in seen and f" {phrase.lower()} " not in f" {text} ":
            seen.add(key)
            out.append((kind, text, utterance))

    for d, word, phones in nearest(bare(flat), 2 * count, 3):
        if d >= CLOSEST:
            add("word", word, [phones])
    pairs = []
    for cut in range(1, len(flat)):
        left, right = bare(flat[:cut]), bare(flat[cut:])
        if VOWELS & set(left) and VOWELS & set(right):
            pairs += [(a + b, f"{u} {v}", [p, q]) for a, u, p in nearest(left, 6, 1, True) for b, v, q in nearest(right, 10, 2, True)]
    pairs = sorted((p for p in pairs if p[0] >= CLOSEST), key=lambda p: (p[0], p[1]))
    for _, text, utterance in pairs[:count]:
        add("pair", text, utterance)
    core = " ".join(bare(flat))
    longer = [(len(p), w, p) for names, ways_, _ in by_length(False).values() for w, p in zip(names, ways_) if core in " ".join(bare(p))]
    for _, word, phones in sorted(longer)[: count // 3]:
        add("longer word", word, [phones])
    for affix in AFFIXES:
        add("affix", None, main[:-1] + [main[-1] + affix])
    vowels = [i for i, p in enumerate(flat) if p[-1].isdigit()]
    if len(vowels) > 1:
        for i in vowels[:-1]:
            add("part", None, [flat[i + 1 :]])
        for i in vowels[1:]:
            add("part", None, [flat[:i]])
        add("part", None, [flat[: vowels[-1] + 1]])
    own_words = phrase.lower().split()
    if len(own_words) > 1:
        for i, word in enumerate(own_words):
            for d, other, phones in nearest(bare(main[i]), 30, 2, True):
                if d >= CLOSEST:
                    add("one word off", " ".join(own_words[:i] + [other] + own_words[i + 1 :]), main[:i] + [phones] + main[i + 1 :])
            for other in COMPANY[i % 2 :: 2]:
                if other not in own_words:
                    phones = dictionary()[other][0]
                    add("other company", f"{other} {word}", [phones, main[i]])
                    add("other company", f"{word} {other}", [main[i], phones])
            add("part", word, [main[i]])
        add("wrong order", " ".join(own_words[::-1]), main[::-1])
    return out


if __name__ == "__main__":
    for phrase in sys.argv[1:]:
        for way in utterances(phrase):
            print(phrase, "/", " ".join(sum(way, [])))
        for kind, text, utterance in confusables(phrase):
            print(f"  {kind}: {text or ' '.join(sum(utterance, []))}")
