#!/usr/bin/env python3
"""Weights of the confidence of commands, fitted on dev: what `ConfidenceWeights::default()` holds.

    cargo build --release --example commands
    confidence.py ../phones-m.int8.ear --confusions ../phones-m.confusions.bin

Orders of command/coffee (dev), clean and in kitchen noise at 12 and 6 dB, are decoded by their grammar. Slots: softmax over
score and length of each value of the list and a constant for "not listed"; besides what was said, some slots are taken
once more without the value that was said, so that "not listed" is right. Commands: logistic; orders against other speech
(dev: read sentences, false activations, near words, wake phrases; and synthetic sentences). The figures it prints are on halves
that the weights were not fitted on.
"""
import argparse, json, os, struct, subprocess
import numpy as np, soundfile as sf
from scipy.optimize import minimize

DATA = os.environ.get("EARNEST_DATA", "../../../shared/data")
OTHERS = ("speech/speechocean", "negative/false_activations", "negative/near_words", "wake/alexa", "wake/computer",
          "wake/snowboy", "wake/view_glass")
RATE, SEED = 16000, 5
NOISE = (None, 12, 6)
# Share of slots that are taken once more as unlisted: how often that is thought to happen moves the operating point.
UNLISTED = 0.3


def read(path):
    return sf.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)


def mixed(speech, noise, snr, rng):
    """As the peers are given it: a second of silence around, noise by the loudest 32 ms of each."""
    speech = np.concatenate([np.zeros(RATE, np.float32), speech, np.zeros(RATE, np.float32)])
    if noise is not None:
        start = int(rng.integers(0, max(1, len(noise) - len(speech))))
        bed = np.resize(noise[start:], len(speech))
        loudest = lambda x: np.mean(x[: len(x) // 512 * 512].reshape(-1, 512) ** 2, axis=1).max() + 1e-12
        speech = speech + bed * np.sqrt(loudest(speech) / (loudest(bed) * 10 ** (snr / 10)))
    return (speech / max(1.0, float(np.abs(speech).max())) * 32767).astype("<i2")


def rows(folder, split):
    return [row for row in map(json.loads, open(f"{DATA}/{folder}/manifest.jsonl")) if row["split"] == split]


def decoded(command, recordings):
    engine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    results = []
    for pcm in recordings:
        engine.stdin.write(struct.pack("<I", len(pcm)) + pcm.tobytes())
        engine.stdin.flush()
        results.append(json.loads(engine.stdout.readline()))
    return results


def slot_examples(results, truths):
    """(values [[score, phones, one], …], which is right, -1 for none, snr)"""
    examples, rng = [], np.random.default_rng(SEED)
    for result, truth in zip(results, truths):
        for slot, values in result.get("candidates", {}).items():
            right = [n for n, value in enumerate(values) if value[0] == truth.get(slot)]
            table = [value[1:] for value in values]
            examples.append((table, right[0] if right else -1, result["snr"]))
            if right and len(values) > 1 and rng.random() < UNLISTED:
                rest = [value for n, value in enumerate(table) if n != right[0]]
                examples.append((rest, -1, result["snr"]))
    return examples


def slot_probabilities(weights, table, snr):
    score, phone, none, per_db = weights
    logits = np.array([score * one[0] + phone * one[1] for one in table] + [none + per_db * min(max(snr, 0), 30)])
    odds = np.exp(logits - logits.max())
    return odds / odds.sum()


def fit_slots(examples):
    most = max(len(table) for table, _, _ in examples)
    scores, phones = np.full((len(examples), most), -1e4), np.zeros((len(examples), most))
    for row, (table, _, _) in enumerate(examples):
        scores[row, : len(table)] = [one[0] for one in table]
        phones[row, : len(table)] = [one[1] for one in table]
    snr = np.clip([snr for _, _, snr in examples], 0, 30)
    right = np.array([which if which >= 0 else most for _, which, _ in examples])

    def loss(weights):
        none = (weights[2] + weights[3] * snr)[:, None]
        logits = np.concatenate([weights[0] * scores + weights[1] * phones, none], axis=1)
        logits -= logits.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(logits, right[:, None], axis=1)[:, 0]
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen) + 1e-3 * np.sum(np.square(weights[:2]))
    return minimize(loss, [0.3, 0.5, 0.0, 0.0]).x


def command_features(result, weights):
    frames = max(50 * (result["speech"][1] - result["speech"][0]), 1)
    words = result["words"]
    covered = sum(word[2] + 1 - word[1] for word in words)
    best = [slot_probabilities(weights, [v[1:] for v in values], result["snr"])[:-1].max()
            for values in result["candidates"].values()]
    least = min(best, default=1.0)
    return [1.0, result["score"] / frames, min(covered / frames, 1.0), len(words), np.log(max(least, 1e-4))]


def fit_commands(x, y):
    x, y = np.array(x), np.array(y, float)
    scale = np.maximum(np.abs(x).mean(axis=0), 1e-6)
    weight = np.where(y > 0, 0.5 / max(y.sum(), 1), 0.5 / max((1 - y).sum(), 1))
    def loss(w):
        logit = (x / scale) @ w
        return np.sum(weight * (np.logaddexp(0, logit) - y * logit)) + 1e-3 * np.sum(w[1:] ** 2)
    return minimize(loss, np.zeros(x.shape[1])).x / scale


def calibration_error(probability, right, bins=10):
    probability, right = np.array(probability), np.array(right, float)
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    parts = [bin_of == n for n in range(bins) if np.any(bin_of == n)]
    return sum(part.mean() * abs(probability[part].mean() - right[part].mean()) for part in parts)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("--confusions", required=True)
    arguments.add_argument("--grammar", default="../../examples/grammars/coffee.yaml")
    arguments.add_argument("--commands", default="target/release/examples/commands")
    arguments.add_argument("--root", default="../..")
    arguments.add_argument("--keep", help="what was decoded is kept in this file, and read from it where it exists")
    arguments.add_argument("--others", type=int, default=400, help="clips of other speech")
    options = arguments.parse_args()
    path = os.path.abspath
    engine = [options.commands, path(options.grammar), path(options.model), f"confusions={path(options.confusions)}"]
    orders, others = rows("command/coffee", "dev"), [(f, row) for f in OTHERS for row in rows(f, "dev")]
    kitchen = read(f"{DATA}/noise/kitchen/kitchen.ogg")
    rng = np.random.default_rng(SEED)
    others = [others[n] for n in rng.permutation(len(others))[: options.others]]
    others += [("tts/sentence", row) for row in rows("tts/sentence", "train")[:100]]
    if options.keep and os.path.exists(options.keep):
        found, negatives = json.load(open(options.keep))
    else:
        keep, found = options.keep and path(options.keep), []
        clips = [read(f"{DATA}/command/coffee/{row['file']}") for row in orders]
        other_clips = [read(f"{DATA}/{folder}/{row['file']}") for folder, row in others]
        os.chdir(options.root)
        for snr in NOISE:
            rng = np.random.default_rng(SEED)
            found += decoded(engine, (mixed(clip, kitchen if snr else None, snr or 0, rng) for clip in clips))
        negatives = decoded(engine, (mixed(clip, None, 0, rng) for clip in other_clips))
        if keep:
            json.dump((found, negatives), open(keep, "w"))
    truths = [order["slots"] for order in orders] * len(NOISE)
    whole = [result.get("slots") == truth for result, truth in zip(found, truths)]
    right = [sum(whole[n : n + len(orders)]) for n in range(0, len(whole), len(orders))]
    print(f"orders right, of {len(orders)}, by noise {NOISE}:", right)
    # Halves by order, whatever the noise.
    half = [n % len(orders) % 2 for n in range(len(found))]
    error = []
    for fold in (0, 1):
        inside = [n for n in range(len(found)) if half[n] == fold]
        outside = [n for n in range(len(found)) if half[n] != fold]
        weights = fit_slots(slot_examples([found[n] for n in inside], [truths[n] for n in inside]))
        p, y = [], []
        for table, which, snr in slot_examples([found[n] for n in outside], [truths[n] for n in outside]):
            probabilities = slot_probabilities(weights, table, snr)
            chosen = int(probabilities.argmax())
            p.append(probabilities[chosen])
            y.append(chosen == (which if which >= 0 else len(table)))
        error.append((calibration_error(p, y), float(np.mean(y)), len(y)))
    print("slots, on the other half: (calibration error, share right, slots)", error)
    slots = fit_slots(slot_examples(found, truths))
    x = [command_features(r, slots) for r in found + negatives if r["understood"]]
    y = [1] * sum(r["understood"] for r in found) + [0] * sum(r["understood"] for r in negatives)
    commands = fit_commands(x, y)
    p = 1 / (1 + np.exp(-np.array(x) @ commands))
    y = np.array(y)
    print(f"other clips that the grammar had a way for: {int((1 - y).sum())} of {len(negatives)}")
    for threshold in (0.3, 0.5, 0.7, 0.9):
        print(f"at {threshold}: orders kept {(p[y == 1] >= threshold).sum()} of {y.sum()}, "
              f"others taken {(p[y == 0] >= threshold).sum()} of {len(negatives)}")
    print("score, phone, not_listed:", [round(float(w), 4) for w in slots])
    print("command:", [round(float(w), 4) for w in commands])


if __name__ == "__main__":
    main()
