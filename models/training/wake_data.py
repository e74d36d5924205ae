"""Segments to train wake nets on: the phrases, what sounds like them, and everything else, damaged as augment.py does it.

Every clip has the posteriors of the phones as a target, and one column more that says where a phrase is. That column goes
through the same warping of time, so that the ends of phrases stay known.
"""
import copy

import numpy as np

import augment
from augment import BANDS, FRAMES, LOG_BLANK, Batches, Clip
from corpus import cached, clips
from lexicon import words
from symbols import SYMBOLS
from wake_align import LONGEST, SHORTEST, positives

STEPS = FRAMES // 4                              # of the network
MOST = 16                                        # phrases in a segment
BEFORE, AFTER = 1, 4                             # steps around a phrase's last within which it must be found
QUIET = 12                                       # steps after it in which nothing is asked
# group -> how often it is heard
PHRASE_GROUPS = {"synthetic-wake/*/kokoro": 1.0, "tts/wake": 0.8, "wake_community": 1.2, "synthetic-wake/*/joe": 0.35,
                 "synthetic-wake/*/flite": 0.25, "synthetic-wake/*/festival": 0.25, "synthetic-wake/*/espeak": 0.3}
ALIKE_GROUPS = {"synthetic-wake/*/kokoro": 1.0, "synthetic-wake/*/joe": 0.3, "synthetic-wake/*/flite": 0.3, "synthetic-wake/*/festival": 0.15,
                "synthetic-wake/*/espeak": 0.3, "tts/confusable": 0.6, "tts/wake": 0.5, "wake_community": 0.8, "words": 0.5}
KINDS = dict(phrase=0.46, part=0.06, alike=0.1, mined=0.14, other=0.24)
ENOUGH = 60                                      # clips of a group that are heard as often as it may be
VARY = 0.8                                       # of what augment.py can do to a segment


def group(key):
    parts = key.split("/")
    return f"synthetic-wake/*/{parts[2]}" if parts[0] == "synthetic-wake" else parts[0] if parts[0] in ("wake_community", "words") else "/".join(parts[:2])


def says(row, phrase):
    said, wanted = words(row.get("text") or row.get("phrase") or ""), words(phrase)
    return any(said[i : i + len(wanted)] == wanted for i in range(len(said)))


def weighed(members, groups):
    """Share of each clip, so that each group is heard as often as `groups` says, a small one less; groups
    unknown there, never."""
    names = [group(c.key) for c in members]
    share = np.array([groups.get(n, 0.0) / max(names.count(n), ENOUGH) for n in names])
    return share / share.sum()


def target_of(key):
    return next((np.load(p).astype(np.float32) for k in ("aligned", "own", "teacher", "spoken") if (p := cached(k, key)).exists()), None)


def marked(row, phrase=None, span=None):
    """A clip whose target has the column; None where there is no target or no mel."""
    target = target_of(row["key"])
    if target is None or not cached("mel", row["key"]).exists():
        return None
    clip = Clip(row, np.concatenate([target, np.zeros((len(target), 1), np.float32)], 1), None)
    clip.phrase, clip.frames = phrase, len(clip.mels[0])
    if span is not None:
        clip.teacher[span[0] : span[1] + 1, -1] = 1
        clip.span = span
    return clip if clip.frames >= 20 else None


class Data:
    def __init__(self, phrases):
        self.phrases, seen = phrases, set()
        self.said = []                            # per phrase: (clips, shares)
        for k, phrase in enumerate(phrases):
            found = []
            for row, _ in positives(phrase):
                seen.add(row["key"])
                span = np.load(p) if (p := cached("span", row["key"])).exists() else np.zeros(2, int)
                if SHORTEST <= span[1] - span[0] + 1 <= LONGEST:
                    found.append(marked(row, k, span))
            found = [c for c in found if c]
            self.said.append((found, weighed(found, PHRASE_GROUPS)))
        free = lambda row: row["key"] not in seen and not any(says(row, p) for p in phrases)
        prefixes = {f"synthetic-wake/{p.replace(' ', '_')}/" for p in phrases} | {"tts/confusable", "tts/wake", "wake_community", "words"}
        alike = [marked(r) for prefix in sorted(prefixes) for r in clips(prefix, "train") if free(r)]
        self.alike = [c for c in alike if c]
        self.alike_share = weighed(self.alike, ALIKE_GROUPS)
        self.other, weights = [], []
        for prefix, weight in augment.WEIGHTS.items():
            if prefix in ("words", "wake_community"):
                continue
            for row in clips(prefix, "train"):
                if free(row) and (c := marked(row)):
                    self.other.append(c)
                    weights.append(weight * (1.0 if c.frames < FRAMES else FRAMES / c.frames))
        self.other_share = np.array(weights) / np.sum(weights)
        self.mined = []

    def summary(self):
        hours = lambda cs: f"{len(cs)} ({sum(c.frames for c in cs) / 360000:.2f} h)"
        return ", ".join([f"{p} {hours(c)}" for p, (c, _) in zip(self.phrases, self.said)] + [f"alike {hours(self.alike)}", f"other {hours(self.other)}"])


class Segments(Batches):
    """Batches of (mel, phone targets, their weights, negative steps per phrase, last steps of phrases, which phrases)."""

    def __init__(self, data, noise, size, seed):
        # The babble in the beds is of clips without phrases.
        frames = np.array([c.frames for c in data.other], float)
        super().__init__(data.other, data.other_share * frames, noise, size, seed, easy=False)
        self.data = data
        self.tables = {id(s): np.cumsum(s) for s in [data.alike_share, data.other_share, *(s for _, s in data.said)]}

    def draw(self, members, share, rng):
        table = self.tables[id(share)]
        return members[min(np.searchsorted(table, rng.random() * table[-1], side="right"), len(members) - 1)]

    def part(self, c, rng):
        """The beginning or the end of a phrase, which is not the phrase."""
        first, last = c.span
        n = last - first + 1
        c = copy.copy(c)
        if rng.random() < 0.5:
            cut = slice(0, first + int(n * rng.uniform(0.3, 0.62)))
        else:
            cut = slice(first + int(n * rng.uniform(0.45, 0.7)), None)
        c.mels = [m[slice(None if cut.start is None else 2 * cut.start, None if cut.stop is None else 2 * cut.stop)] for m in c.mels]
        c.teacher = c.teacher[cut].copy()
        c.teacher[:, -1] = 0
        c.frames, c.phrase = min(len(m) for m in c.mels), None
        return c

    def next(self, rng):
        kind, data = rng.random(), self.data
        if kind < KINDS["phrase"] + KINDS["part"]:
            which = rng.integers(len(data.phrases))
            c = self.draw(*data.said[which], rng)
            return c if kind < KINDS["phrase"] else self.part(c, rng)
        kind -= KINDS["phrase"] + KINDS["part"]
        if kind < KINDS["alike"]:
            return self.draw(data.alike, data.alike_share, rng)
        if kind < KINDS["alike"] + KINDS["mined"] and data.mined:
            return data.mined[rng.integers(len(data.mined))]
        return self.draw(data.other, data.other_share, rng)

    def segment(self, rng, hard, _):
        vary = VARY
        power = np.zeros((FRAMES, BANDS), np.float32)
        target, weight = np.tile(LOG_BLANK, (FRAMES // 2, 1)), np.ones(FRAMES // 2, np.float32)
        negative = np.ones((STEPS, len(self.data.phrases)), np.float32)
        ends, which = np.full(MOST, -1, np.int32), np.zeros(MOST, np.int32)
        at, count = int(rng.integers(0, 20)) * 2, 0
        while at < FRAMES - 60:
            room, c = FRAMES - at - 40, self.next(rng)
            if c.frames < 12:
                continue
            if c.phrase is not None and (c.frames * 1.25 > room or count == MOST):
                break
            (x,), known, _ = self.clip(c, rng, room, hard, vary)
            n = len(x)
            power[at : at + n] += x
            target[at // 2 : (at + n) // 2] = known[:, : len(SYMBOLS)]
            if c.phrase is not None:
                inside = np.flatnonzero(known[:, -1] > 0.5)
                if len(inside):
                    first, last = (at // 2 + inside[0]) // 2, (at // 2 + inside[-1]) // 2
                    ends[count], which[count], count = last, c.phrase, count + 1
                    negative[first : last + QUIET, c.phrase] = 0
            at += n + int(rng.integers(0, 30) if rng.random() < 0.7 else rng.integers(30, 150)) // 2 * 2
        return self.damaged(power, rng, hard, vary)[None], target, weight, negative, ends, which


def streams(members, length=12000, gap=60):
    """Clips one after another in streams of mel [length, 40], for finding which of them are taken for a phrase:
    [(mel, [(index, first frame, last frame)])]."""
    out, mel, places = [], [], []
    for i, c in enumerate(members):
        x = c.mels[0][: length - gap].astype(np.float32)
        if sum(map(len, mel)) + len(x) + gap > length:
            out.append((mel, places))
            mel, places = [], []
        at = sum(map(len, mel))
        places.append((i, at, at + len(x)))
        mel += [x, np.full((gap, BANDS), x.min(), np.float32)]
    out.append((mel, places))
    pad = lambda parts: np.concatenate([*parts, np.full((length - sum(map(len, parts)), BANDS), -12, np.float32)])
    return [(pad(parts), places) for parts, places in out]
