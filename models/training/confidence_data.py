"""What the confidence of commands is fitted on: recordings, and what the decoder makes of them (see confidence.py)."""
import collections, json, os, re, struct, subprocess, tempfile
import numpy as np, soundfile as sf

from sampler import LISTED

DATA = os.environ.get("EARNEST_DATA", "../../../shared/data")
SPOKEN = os.environ.get("EARNEST_CACHE", ".cache") + "/synthetic-commands"
FIT = (("speech/speechocean", 260), ("speech/ljspeech", 60), ("speech/librispeech_train", 120), ("speech/doubletalk", 90),
       ("tts/sentence", 60), ("wake_community/hey_chatterbox", 20), ("words/one_speaker", 15))
OTHERS = ("speech/speechocean", "negative/false_activations", "negative/near_words", "wake/alexa", "wake/computer",
          "wake/snowboy", "wake/view_glass")
RATE, SEED, WINDOW_S, FOLDS = 16000, 5, 10, 5
NOISE = (None, 12, 6)
# Grammars besides the real orders' (coffee), of which synthesize_commands.py has spoken sentences.
GRAMMARS = ("messages", "lights", "timers", "home", "confirm")
# Those of them whose sentences are also decoded with a value out of its list, and what there is in lists besides what is said.
REMOVED = {"messages": {"contact": LISTED}, "lights": {}}


def read(path):
    return sf.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)


def loudest(x):
    return np.mean(x[: len(x) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12


def mixed(speech, noise, snr, rng):
    """As the peers are given it: a second of silence around, noise by the loudest 32 ms of each."""
    speech = np.concatenate([np.zeros(RATE, np.float32), speech, np.zeros(RATE, np.float32)])
    if noise is not None:
        start = int(rng.integers(0, max(1, len(noise) - len(speech))))
        bed = np.resize(noise[start:], len(speech))
        speech = speech + bed * np.sqrt(loudest(speech) / (loudest(bed) * 10 ** (snr / 10)))
    return (speech / max(1.0, float(np.abs(speech).max())) * 32767).astype("<i2")


def rows(folder, split):
    return [row for row in map(json.loads, open(f"{DATA}/{folder}/manifest.jsonl")) if row["split"] == split]


def windows(folder, split, most, rng):
    """Ten seconds each: clips of a folder, one after the other with 0.3 s between them; longer clips are cut."""
    out, window = [], np.zeros(0, np.float32)
    chosen = rows(folder, split)
    for row in chosen:
        if len(out) >= most:
            break
        window = np.concatenate([window, read(f"{DATA}/{folder}/{row['file']}"), np.zeros(RATE * 3 // 10, np.float32)])
        while len(window) >= WINDOW_S * RATE:
            out.append(window[: WINDOW_S * RATE])
            window = window[WINDOW_S * RATE:]
    return out[:most]


def bare(value):
    """Without how much: "some milk" is milk, and goes where that goes."""
    return re.sub("^(some|lots of|a lot of|a bit of|a little bit of) ", "", value)


def without_values(engine, grammar, said, clips, bed, lists=()):
    """(result, what was said, slot that lacks it, number of the sentence) for each value of each sentence. Lists hold what is
    said of them, or what `lists` gives for their names."""
    sentences = collections.defaultdict(list)
    for n, row in enumerate(said):
        for slot, value in row["slots"].items():
            if row.get("listed", True):
                sentences[slot, value].append(n)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for (slot, value), numbers in sorted(sentences.items()):
            every = dict(lists).get(slot, [v for s, v in sorted(sentences) if s == slot])
            path = f"{folder}/rest.txt"
            open(path, "w").write("".join(f"{v}\n" for v in every if bare(v) != bare(value)))
            for snr in (None, 12):
                rng = np.random.default_rng(SEED)
                pcm = (mixed(clips[n], bed(rng) if snr else None, snr or 0, rng) for n in numbers)
                results = engine(grammar, pcm, f"list.{slot}={path}")
                found += [(result, said[n]["slots"], slot, n) for n, result in zip(numbers, results)]
    return found


def spoken(grammar):
    return [json.loads(line) for line in open(f"{SPOKEN}/{grammar}/manifest.jsonl")]


class Engine:
    """The decoder with one grammar."""

    def __init__(self, options):
        path = os.path.abspath
        self.command, self.grammars, self.root = path(options.commands), path(options.grammars), options.root
        self.model, self.settings = path(options.model), options.with_

    def __call__(self, grammar, recordings, *settings):
        command = [self.command, f"{self.grammars}/{grammar}.yaml", self.model, *self.settings, *settings]
        engine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.root)
        results = []
        for pcm in recordings:
            engine.stdin.write(struct.pack("<I", len(pcm)) + pcm.tobytes())
            engine.stdin.flush()
            results.append(json.loads(engine.stdout.readline()))
        engine.stdin.close()
        engine.wait()
        return results


class Recordings:
    """Orders, spoken sentences and other speech, and what the decoder makes of them."""

    def __init__(self, options):
        self.engine = Engine(options)
        self.kitchen = read(f"{DATA}/noise/kitchen/kitchen.ogg")
        rng = np.random.default_rng(SEED)
        self.beds = [read(f"{DATA}/{folder}/{row['file']}") for folder in ("noise/esc10", "noise/rooms")
                     for row in rows(folder, "train") if row["seconds"] > 3]
        fit = [w for folder, most in FIT for w in windows(folder, "train", most, rng)]
        # Noisy as often as the orders are, so that noise says nothing about which it is.
        self.fit = [mixed(w, self.bed(rng) if n % 3 else None, rng.uniform(4, 14), rng) for n, w in enumerate(fit)]
        dev = [w for folder in OTHERS for w in windows(folder, "dev", 10**6, rng)]
        self.dev = [mixed(w, self.kitchen if snr else None, snr or 0, rng) for snr in NOISE for w in dev]

    def bed(self, rng):
        return self.beds[rng.integers(len(self.beds))]

    def noisy(self, clips, bed):
        """Every clip in every NOISE; each noise begins with the same seed."""
        for snr in NOISE:
            rng = np.random.default_rng(SEED)
            yield from (mixed(clip, bed(rng) if snr else None, snr or 0, rng) for clip in clips)

    def orders(self):
        """{found: every order in each NOISE, removed, fit and dev: other speech}"""
        orders = rows("command/coffee", "dev")
        clips = [read(f"{DATA}/command/coffee/{row['file']}") for row in orders]
        return dict(found=self.engine("coffee", self.noisy(clips, lambda _: self.kitchen)), **self.others("coffee"),
                    removed=without_values(self.engine, "coffee", orders, clips, lambda _: self.kitchen))

    def sentences(self, grammar):
        """The same of a grammar whose sentences were synthesised."""
        clips = [read(f"{SPOKEN}/{grammar}/{row['file']}") for row in spoken(grammar)]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as contacts:
            contacts.write("\n".join(LISTED) + "\n")
            contacts.flush()
            settings = [f"list.contact={contacts.name}"] if grammar == "messages" else []
            result = dict(found=self.engine(grammar, self.noisy(clips, self.bed), *settings), **self.others(grammar, *settings))
            if grammar in REMOVED:
                result["removed"] = without_values(self.engine, grammar, spoken(grammar), clips, self.bed, REMOVED[grammar])
            return result

    def others(self, grammar, *settings):
        return dict(fit=self.engine(grammar, self.fit, *settings), dev=self.engine(grammar, self.dev, *settings))


def decode_all(options):
    """{grammar: what `Recordings` tells of it}; --keep is a folder where it is kept, and read where it is there."""
    parts, recordings = {}, None
    for grammar in ("coffee", *GRAMMARS):
        kept = options.keep and f"{options.keep}/{grammar}.json"
        if kept and os.path.exists(kept):
            parts[grammar] = json.load(open(kept))
            continue
        recordings = recordings or Recordings(options)
        parts[grammar] = recordings.orders() if grammar == "coffee" else recordings.sentences(grammar)
        print(f"{grammar}: decoded", flush=True)
        if kept:
            os.makedirs(options.keep, exist_ok=True)
            json.dump(parts[grammar], open(kept, "w"))
    return parts
