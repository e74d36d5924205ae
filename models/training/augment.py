"""Training batches: clips damaged in the mel domain, strung together into segments of fixed length.

A segment is 12 s: clips one after another with gaps, over a bed of noise, so that the network sees speech begin, end and
begin again as it will in a stream, and nothing is lost to padding. A segment may be asked for in several views: the same
clips at the same places, each view with a damage of its own. Every random choice comes from (seed, step), so a
resumed run goes on with the batches it would have had.
"""
import numpy as np

from corpus import cached, clips
from frontend import BANDS, FLOOR
from lexicon import best, lattice, transcribed
from symbols import BLANK, SYMBOLS, collapse

FRAMES = 1200                      # mel frames of a segment; teacher and output frames are half as many
LABELS = 224                       # most labels of a segment
EASY, HARD = 1000, 3000            # steps between which variation, and the greatest damage, grow from a tenth to all
LOG_BLANK = np.full(len(SYMBOLS), -9.0, np.float32)
LOG_BLANK[BLANK] = 0.0

# Set prefix -> how often a second of it is heard, against 1. What two prefixes name is heard as often as both say: kokoro-g and -l
# are texts.py's, the others of Kokoro's sets sentences of the grammars.
WEIGHTS = {"speech/ljspeech": 2.5, "speech/librispeech_train": 2.0, "speech/speechocean": 2.2, "speech/doubletalk": 1.0,
           "wake_community": 2.0, "words": 1.0, "tts": 1.5,
           "synthetic/kokoro": 1.3, "synthetic/kokoro-g": 1.7, "synthetic/kokoro-l": 1.7,
           "synthetic/joe": 0.6, "synthetic/awb": 0.4, "synthetic/rms": 0.4, "synthetic/slt": 0.4, "synthetic/kal16": 0.2}


class Clip:
    """One clip: its mel copies, the teacher's posteriors and its labels; either of the last two may be missing.

    `places`: the teacher's frame of each label, where the posteriors spell the labels; such a clip may be cut anywhere.
    """

    def __init__(self, row, teacher, labels):
        self.key, self.teacher, self.labels = row["key"], teacher, labels
        self.mels = [np.load(p) for k in ("mel", "mel1", "mel2") if (p := cached(k, row["key"])).exists()]
        self.frames = len(self.mels[0])
        self.places = None
        if teacher is not None and labels is not None:
            heard = teacher.argmax(1)
            if collapse(heard) == list(labels):
                self.places = np.flatnonzero((heard != BLANK) & (heard != np.concatenate([[BLANK], heard[:-1]])))


def labels_of(row, teacher):
    """Known phones, or the pronunciation of the text, or of what transcribe.py heard, nearest to what the teacher hears, or None."""
    if "symbols" in row:
        return row["symbols"]
    text = row.get("text") or row.get("phrase")
    if not text:
        return transcribed(row, collapse(teacher.argmax(1))) if teacher is not None else None
    options, unknown = lattice(text)
    if unknown or not options:
        return None
    heard = collapse(teacher.argmax(1)) if teacher is not None else [p for o in options for p in o[0]]
    return best(options, heard)[1]


def load(split="train", every=1):
    """Clips with features in the cache, those without teacher and labels left out, or every so many of them; and the weight of each."""
    found, weights = [], []
    for prefix, weight in WEIGHTS.items():
        for row in clips(prefix, split)[::every]:
            if not cached("mel", row["key"]).exists():
                continue
            heard, target = (next((np.load(p) for k in kinds if (p := cached(k, row["key"])).exists()), None)
                             for kinds in (("teacher",), ("aligned", "teacher")))
            labels = labels_of(row, heard)
            if target is None and labels is None:
                continue
            clip = Clip(row, target, labels)
            if clip.frames >= 20:
                found.append(clip)
                weights.append(weight * clip.frames)
    return found, np.array(weights) / np.sum(weights)


def noise_beds():
    return [np.load(cached("mel", r["key"])) for p in ("noise/esc10", "noise/rooms", "noise/short", "music", "synthetic-noise") for r in clips(p, "train")]


def vocal_tracts():
    """Matrices that stretch the frequency axis of a log-mel frame by 0.84 … 1.19."""
    out, mel = [], lambda f: 1127 * np.log1p(f / 700)
    centres = np.linspace(mel(80.0), mel(7600.0), BANDS + 2)[1:-1]
    for alpha in np.geomspace(0.84, 1.19, 15):
        source = np.interp(mel(700 * np.expm1(centres / 1127) * alpha), centres, np.arange(BANDS))
        low = np.minimum(source.astype(int), BANDS - 2)
        m = np.zeros((BANDS, BANDS), np.float32)
        m[low, np.arange(BANDS)] = 1 - (source - low)
        m[low + 1, np.arange(BANDS)] += source - low
        out.append(m)
    return out


def equaliser(rng):
    """A smooth random change of colour, natural logarithm of power per band: some 6 dB up or down."""
    knots = rng.normal(0, 0.6, 6)
    return np.interp(np.linspace(0, 5, BANDS), np.arange(6), knots).astype(np.float32)


class Batches:
    def __init__(self, clips, weights, noise, size, seed, easy=True, views=1):
        self.easy = easy                         # whether damage grows from little
        self.clips, self.size, self.seed, self.noise, self.views = clips, size, seed, noise, views
        self.tracts = vocal_tracts()
        labelled = np.array([c.labels is not None and (c.frames < 1000 or c.places is not None) for c in clips])
        taught = np.array([c.teacher is not None for c in clips])
        self.pools = [(np.flatnonzero(m), np.cumsum(weights[m] / np.maximum([c.frames for c, k in zip(clips, m) if k], 1)))
                      for m in (labelled, taught)]
        whole = weights[labelled].sum() / (weights[labelled].sum() + weights[taught & ~labelled].sum())
        self.share = max(whole, 0.5)             # of segments in which every clip has labels

    def pick(self, pool, rng):
        members, cumulative = self.pools[pool]
        return self.clips[members[np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")]]

    def clip(self, c, rng, room, hard, vary):
        """One clip, or a stretch of it, warped in time, and in colour and frequency as each view has it: mel powers
        [n, 40] of the views, teacher [n / 2, symbols] or None, labels."""
        frames = c.frames
        rate = np.exp(rng.uniform(-0.18, 0.18)) if rng.random() < 0.5 * vary else 1.0
        n = int(frames / rate) & ~1
        start = 0.0
        whole = n <= room
        if not whole:
            start, n = rng.uniform(0, n - room), room & ~1
        at = np.clip((start + np.arange(n)) * rate, 0, frames - 1)
        low = np.minimum(at.astype(int), frames - 2)
        part = (at - low).astype(np.float32)[:, None]
        gain = rng.uniform(-1.4, 1.4)
        powers = []
        for _ in range(self.views):
            x = c.mels[rng.integers(len(c.mels)) if rng.random() < 0.8 * hard else 0].astype(np.float32)
            x = x[low] * (1 - part) + x[low + 1] * part
            if rng.random() < 0.6 * vary:
                x = x @ self.tracts[rng.integers(len(self.tracts))]
            if rng.random() < 0.5 * vary:
                x = x + equaliser(rng)
            powers.append(np.exp(x + gain))
        teacher, labels = None, c.labels
        if not whole:                             # a label right at a cut is left to the teacher
            where = (c.places - start / 2) / rate if c.places is not None else []
            labels = [c.labels[i] for i, w in enumerate(where) if 2 <= w < n // 2 - 4]
        if c.teacher is not None:
            index = np.round((start / 2 + np.arange(n // 2)) * rate).astype(int)
            teacher = c.teacher[np.minimum(index, len(c.teacher) - 1)].astype(np.float32)
        return powers, teacher, labels

    def bed(self, rng):
        """Noise power [FRAMES, 40], mean 1 over the loudest half of its frames."""
        kind = rng.random()
        if kind < 0.2:
            tilt = rng.uniform(-5, 1) * np.linspace(0, 1, BANDS) + np.cumsum(rng.standard_normal(BANDS)) * 0.25
            x = np.exp(tilt) * rng.gamma(4.0, 0.25, (FRAMES, BANDS))
        elif kind < 0.35:                         # other people, several at once
            x = np.zeros((FRAMES, BANDS), np.float32)
            for _ in range(rng.integers(2, 6)):
                x += np.exp(np.resize(self.pick(1, rng).mels[0].astype(np.float32), (FRAMES, BANDS)) + rng.normal(0, 0.7))
        else:
            m = self.noise[rng.integers(len(self.noise))].astype(np.float32)
            m = np.roll(m, rng.integers(len(m)), axis=0)
            x = np.exp(np.resize(np.concatenate([m, m[::-1]]), (FRAMES, BANDS)))
        level = np.sort(x.sum(1))[FRAMES // 2:].mean()
        return x / max(level, 1e-9)

    def segment(self, rng, hard, vary):
        power = np.zeros((self.views, FRAMES, BANDS), np.float32)
        target = np.tile(LOG_BLANK, (FRAMES // 2, 1))
        weight = np.ones(FRAMES // 2, np.float32)
        labels, pool = [], 0 if rng.random() < self.share else 1
        at = int(rng.integers(0, 20)) * 2
        while at < FRAMES - 60:
            room = FRAMES - at
            c = self.pick(pool, rng)
            if pool == 0 and c.places is None and (c.frames * 1.2 > room or len(labels) + len(c.labels) > LABELS):
                break
            powers, teacher, said = self.clip(c, rng, room, hard, vary)
            if pool == 0 and len(labels) + len(said) > LABELS:
                break
            n = len(powers[0])
            power[:, at : at + n] += powers
            if teacher is not None:
                target[at // 2 : (at + n) // 2] = teacher
            else:
                weight[at // 2 : (at + n) // 2] = 0
            if pool == 0:
                labels += said
            at += n + int(rng.integers(0, 30) if rng.random() < 0.8 else rng.integers(30, 150)) // 2 * 2
        padded = np.zeros(LABELS, np.int32)
        padded[: len(labels)] = labels
        return np.stack([self.damaged(p, rng, hard, vary) for p in power]), target, weight, padded, len(labels), np.float32(pool == 0 and len(labels) > 0)

    def damaged(self, power, rng, hard, vary):
        """Log-mels of mel power [FRAMES, 40] in noise, at some level, with stretches of time and frequency missing."""
        voiced = np.sort(power.sum(1))
        level = voiced[int(len(voiced) * 0.7):].mean()
        if rng.random() < (0.85 if vary == 1 else 0.4 * vary + 0.5 * hard):
            noise = self.bed(rng)
            if rng.random() < 0.3:
                noise = noise + self.bed(rng)
            noise *= level * 10 ** (-rng.uniform(28 - 28 * vary, 30 - 5 * hard) / 10)
            power = power + noise + np.sqrt(power * noise) * np.cos(2 * np.pi * rng.random((FRAMES, BANDS)))
        gain = 10 ** (rng.uniform(-30, 6) * hard / 10)
        x = np.log(np.maximum(power * gain + rng.exponential(3e-8, (FRAMES, BANDS)), FLOOR)).astype(np.float32)
        more = 3 * self.views - 2                 # views differ by what is hidden in each, above all
        for _ in range(rng.integers(0, 3) if rng.random() < vary else 0):
            width, first = rng.integers(1, 7), rng.integers(0, BANDS - 6)
            x[:, first : first + width] = x.mean()
        for _ in range(rng.integers(0, 6 * more + 1) if rng.random() < vary else 0):
            width, first = rng.integers(2, 12), rng.integers(0, FRAMES - 12)
            x[first : first + width] = x.min(0)
        return x

    def __call__(self, step):
        """mel [views · size, FRAMES, BANDS], all segments of one view after those of another, and once per segment: targets,
        their weights, labels, how many, whether they count."""
        rng = np.random.default_rng((self.seed, step))
        vary = min(max((step - EASY) / (HARD - EASY), 0.1), 1.0) if self.easy else 1.0
        mel, *rest = (np.stack(p) for p in zip(*(self.segment(rng, vary * rng.random(), vary) for _ in range(self.size))))
        return [np.moveaxis(mel, 1, 0).reshape(-1, FRAMES, BANDS), *rest]
