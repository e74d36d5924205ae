#!/usr/bin/env python3
"""Weights of the confidence of commands: what `ConfidenceWeights::default()` holds.

    cargo build --release -p earnest --example commands
    confidence.py ../phones-m.int8.ear [--keep FILE]

Orders of command/coffee (dev), clean and in kitchen noise at 12 and 6 dB, are decoded by their grammar; every order is decoded
again for each of its values, in quiet and at 12 dB, with that value taken out of its list, so that "not listed" is right there.

Slots: softmax over score and length of each value, and over what "not listed" has for a score: a constant, the signal to
noise, the phones that are heard there whatever they are. Commands: logistic; orders against ten-second windows of other
speech: `train` recordings for fitting, half of them in noise (never the kitchen's), `dev` recordings for the figures. What it
prints of orders is cross-validated: five folds by order (the speakers of the set are not told), the weights fitted on four and
counted on the fifth. The weights that are printed last are fitted on all.
"""
import argparse, collections, json, os, re, struct, subprocess, tempfile
import numpy as np, soundfile as sf
from scipy.optimize import minimize

DATA = os.environ.get("EARNEST_DATA", "../../../shared/data")
FIT = (("speech/speechocean", 260), ("speech/ljspeech", 60), ("speech/librispeech_train", 120), ("speech/doubletalk", 90),
       ("tts/sentence", 60), ("wake_community/hey_chatterbox", 20), ("words/one_speaker", 15))
OTHERS = ("speech/speechocean", "negative/false_activations", "negative/near_words", "wake/alexa", "wake/computer",
          "wake/snowboy", "wake/view_glass")
RATE, SEED, WINDOW_S, FOLDS = 16000, 5, 10, 5
NOISE = (None, 12, 6)
MOST_AHEAD = 30
# What is thought of how often a value is said that is not listed, and of how often it is no order at all. They move the
# operating point, and were chosen on what is printed.
UNLISTED, OTHER = 0.2, 0.8


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


def decoded(command, recordings):
    engine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    results = []
    for pcm in recordings:
        engine.stdin.write(struct.pack("<I", len(pcm)) + pcm.tobytes())
        engine.stdin.flush()
        results.append(json.loads(engine.stdout.readline()))
    engine.stdin.close()
    engine.wait()
    return results


def bare(value):
    """Without how much: "some milk" is milk, and goes where that goes."""
    return re.sub("^(some|lots of|a lot of|a bit of|a little bit of) ", "", value)


def without_values(engine, orders, clips, kitchen):
    """(result, what was said, slot that lacks it, number of the order) for each value of each order."""
    said = collections.defaultdict(list)
    for n, order in enumerate(orders):
        for slot, value in order["slots"].items():
            said[slot, value].append(n)
    lists = collections.defaultdict(list)
    for slot, value in sorted(said):
        lists[slot].append(value)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for (slot, value), numbers in sorted(said.items()):
            rest = [v for v in lists[slot] if bare(v) != bare(value)]
            path = f"{folder}/rest.txt"
            open(path, "w").write("\n".join(rest) + "\n")
            for snr in (None, 12):
                rng = np.random.default_rng(SEED)
                pcm = (mixed(clips[n], kitchen if snr else None, snr or 0, rng) for n in numbers)
                results = decoded([*engine, f"list.{slot}={path}"], pcm)
                found += [(result, orders[n]["slots"], slot, n) for n, result in zip(numbers, results)]
    return found


# What was said in a slot: a table of values, which is right (-1: none), what "not listed" is judged by.
def slot_table(values, truth, result):
    right = [n for n, value in enumerate(values) if value[0] == truth]
    ahead = min(max(values[0][1] - values[1][1], 0), MOST_AHEAD) if len(values) > 1 else MOST_AHEAD
    facts = [1.0, min(max(result["snr"], 0), 30), values[0][4], ahead, result["score"] / max(result["free"], 1)]
    return [value[1:3] for value in values], right[0] if right else -1, facts


def slot_examples(results, truths, folds, removed):
    """(table, right, facts, fold, weight)"""
    examples = []
    for result, truth, fold in zip(results, truths, folds):
        for slot, values in result.get("candidates", {}).items():
            if values:
                examples.append((*slot_table(values, truth.get(slot), result), fold, 1 - UNLISTED))
    for result, truth, slot, n in removed:
        values = result.get("candidates", {}).get(slot)
        if values:
            table = slot_table(values, None, result)
            examples.append((*table, n % FOLDS, UNLISTED))
    return examples


def slot_probabilities(weights, table, facts):
    logits = np.array([weights[0] * s + weights[1] * p for s, p in table] + [np.dot(weights[2:], facts)])
    odds = np.exp(logits - logits.max())
    return odds / odds.sum()


def fit_slots(examples):
    most = max(len(e[0]) for e in examples)
    scores, phones = np.full((len(examples), most), -1e4), np.zeros((len(examples), most))
    for row, e in enumerate(examples):
        scores[row, : len(e[0])] = [one[0] for one in e[0]]
        phones[row, : len(e[0])] = [one[1] for one in e[0]]
    none = np.array([e[2] for e in examples])
    right = np.array([e[1] if e[1] >= 0 else most for e in examples])
    weight = np.array([e[4] for e in examples])
    weight /= weight.sum()

    def loss(w):
        logits = np.concatenate([w[0] * scores + w[1] * phones, (none @ w[2:])[:, None]], axis=1)
        logits -= logits.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(logits, right[:, None], axis=1)[:, 0]
        return weight @ (np.log(np.exp(logits).sum(axis=1)) - chosen) + 1e-3 * np.sum(np.square(w[:2])) + 1e-5 * np.sum(np.square(w[2:]))
    return minimize(loss, [0.3, 0.5] + [0.0] * none.shape[1]).x


FEATURES = ("constant", "score a frame", "score a phone", "words' score a frame", "words' score a phone", "worst word", "covered",
            "outside", "log outside", "before", "between", "words", "slots", "least slot", "mean slot", "all slots", "log phones", "phones a frame")


def command_features(result, weights):
    """As `features` in `src/confidence/mod.rs`, but that a slot which is said twice counts once here."""
    frames = max(50 * (result["speech"][1] - result["speech"][0]), 1)
    words, free, gaps = result["words"], max(result["free"], 1), result["outside"]
    spans = [word[2] + 1 - word[1] for word in words]
    own = [word[3] - word[4] for word in words]
    covered, outside = sum(spans), sum(gaps)
    logs = [np.log(max(slot_probabilities(weights, *slot_table(values, None, result)[::2])[:-1].max(), 1e-4))
            for values in result["candidates"].values() if values]
    return [1.0, result["score"] / frames, result["score"] / free, sum(own) / max(covered, 1), sum(own) / max(free - outside, 1),
            min((o / s for o, s in zip(own, spans)), default=0), min(covered / frames, 1.0), outside / free, np.log1p(outside),
            gaps[0] / free if words else 0, sum(gaps[1:-1]) / free, len(words), len(logs), min(logs, default=0),
            sum(logs) / max(len(logs), 1), sum(logs), np.log(free), result["free"] / frames]


def fit_commands(x, y):
    x, y = np.array(x), np.array(y, float)
    scale = np.maximum(np.abs(x).mean(axis=0), 1e-6)
    weight = np.where(y > 0, (1 - OTHER) / max(y.sum(), 1), OTHER / max((1 - y).sum(), 1))
    def loss(w):
        logit = (x / scale) @ w
        return np.sum(weight * (np.logaddexp(0, logit) - y * logit)) + 1e-4 * np.sum(w[1:] ** 2)
    return minimize(loss, np.zeros(x.shape[1])).x / scale


def calibration_error(probability, right, bins=10):
    probability, right = np.array(probability), np.array(right, float)
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    parts = [bin_of == n for n in range(bins) if np.any(bin_of == n)]
    return sum(part.mean() * abs(probability[part].mean() - right[part].mean()) for part in parts)


def all_of(result):
    """A recording's commands: the longest, and the others."""
    return [one for one in [result, *result.get("others", [])] if one["understood"]]


def verdict(result, slots, commands):
    """(probability of an order, listed?, {slot: value})"""
    p = 1 / (1 + np.exp(-np.dot(commands, command_features(result, slots))))
    values, listed = {}, True
    for slot, table in result["candidates"].items():
        probabilities = slot_probabilities(slots, *slot_table(table, None, result)[::2])
        chosen = int(probabilities.argmax())
        listed &= chosen < len(table)
        values[slot] = table[chosen][0] if chosen < len(table) else None
    return p, listed, values


def decode_all(options):
    path = os.path.abspath
    engine = [path(options.commands), path(options.grammar), path(options.model), *options.with_]
    orders = rows("command/coffee", "dev")
    kitchen = read(f"{DATA}/noise/kitchen/kitchen.ogg")
    clips = [read(f"{DATA}/command/coffee/{row['file']}") for row in orders]
    rng = np.random.default_rng(SEED)
    beds = [read(f"{DATA}/{folder}/{row['file']}") for folder in ("noise/esc10", "noise/rooms")
            for row in rows(folder, "train") if row["seconds"] > 3]
    fit = [w for folder, most in FIT for w in windows(folder, "train", most, rng)]
    # Noisy as often as the orders are, so that noise says nothing about which it is.
    fit = [mixed(w, beds[rng.integers(len(beds))] if n % 3 else None, rng.uniform(4, 14), rng) for n, w in enumerate(fit)]
    dev = [w for folder in OTHERS for w in windows(folder, "dev", 10**6, rng)]
    dev = [mixed(w, kitchen if snr else None, snr or 0, rng) for snr in NOISE for w in dev]
    os.chdir(options.root)
    found = []
    for snr in NOISE:
        rng = np.random.default_rng(SEED)
        found += decoded(engine, (mixed(clip, kitchen if snr else None, snr or 0, rng) for clip in clips))
    return dict(found=found, fit=decoded(engine, fit), dev=decoded(engine, dev),
                removed=without_values(engine, orders, clips, kitchen))


def judged(parts, orders):
    """Prints what weights fitted on other orders do; gives the weights fitted on all."""
    found, removed = parts["found"], parts["removed"]
    truths = [order["slots"] for order in orders] * len(NOISE)
    folds = [n % len(orders) % FOLDS for n in range(len(found))]
    count = len(orders)
    whole = [result.get("slots") == truth for result, truth in zip(found, truths)]
    print(f"orders decoded right, of {count}, by noise {NOISE}:", [sum(whole[n : n + count]) for n in range(0, len(whole), count)])
    examples = slot_examples(found, truths, folds, removed)
    negatives = [one for result in parts["fit"] for one in all_of(result)]

    def fitted(inside):
        slots = fit_slots([e for e in examples if inside(e[3])])
        positive = [r for r, fold in zip(found, folds) if inside(fold) and r["understood"]]
        x = [command_features(r, slots) for r in positive + negatives]
        return slots, fit_commands(x, [1] * len(positive) + [0] * len(negatives))
    right, forced, p, y, refused, wrong, command = np.zeros(len(NOISE), int), np.zeros(len(NOISE), int), [], [], 0, 0, 0
    taken = np.zeros((FOLDS, len(NOISE)))
    for fold in range(FOLDS):
        slots, commands = fitted(lambda n: n != fold)
        for n, (result, truth) in enumerate(zip(found, truths)):
            if folds[n] != fold or not result["understood"]:
                continue
            order, listed, values = verdict(result, slots, commands)
            top = {s: t[0][0] for s, t in result["candidates"].items()}
            best = {s: t[int(slot_probabilities(slots, *slot_table(t, None, result)[::2])[:-1].argmax())][0] for s, t in result["candidates"].items()}
            forced[n // count] += best == truth
            right[n // count] += order >= 0.5 and listed and values == truth
            command += order < 0.5
        for table, which, facts, of, _ in examples[: sum(len([v for v in r.get("candidates", {}).values() if v]) for r in found)]:
            if of == fold:
                probabilities = slot_probabilities(slots, table, facts)
                chosen = int(probabilities.argmax())
                p.append(probabilities[chosen])
                y.append(chosen == (which if which >= 0 else len(table)))
        for result, truth, slot, n in removed:
            if n % FOLDS == fold:
                if not result["understood"]:
                    refused += 1
                    continue
                order, listed, values = verdict(result, slots, commands)
                refused += order < 0.5 or not listed
                wrong += order >= 0.5 and listed and values.get(slot) is not None
        for n, result in enumerate(parts["dev"]):
            heard = (verdict(one, slots, commands) for one in all_of(result))
            taken[fold][n * len(NOISE) // len(parts["dev"])] += any(order >= 0.5 and listed for order, listed, _ in heard)
    print("orders right, values by the odds, nothing refused:", forced, "; refusing:", right, f"; {command} refused as no order")
    print(f"a value removed: {refused} of {len(removed)} refused, {wrong} taken for another value")
    print(f"slots: {sum(y)} of {len(y)} right, calibration error {calibration_error(p, y):.3f}")
    print(f"windows of other speech understood as an order, of {len(parts['dev']) // len(NOISE)} in each noise (mean over folds):", taken.mean(axis=0).round(1))
    return fitted(lambda n: True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("with_", metavar="name=value", nargs="*", help="settings of the decoder, as `commands` takes them")
    arguments.add_argument("--grammar", default="../../examples/grammars/coffee.yaml")
    arguments.add_argument("--commands", default="../../target/release/examples/commands")
    arguments.add_argument("--root", default="../..")
    arguments.add_argument("--keep", help="what was decoded is kept in this file, and read from it where it exists")
    options = arguments.parse_args()
    keep = options.keep and os.path.abspath(options.keep)
    if keep and os.path.exists(keep):
        parts = json.load(open(keep))
    else:
        parts = decode_all(options)
        if keep:
            json.dump(parts, open(keep, "w"))
    slots, commands = judged(parts, rows("command/coffee", "dev"))
    print("score, phone, not_listed:", [round(float(w), 4) for w in slots])
    print("command:", {name: round(float(w), 4) for name, w in zip(FEATURES, commands)})


if __name__ == "__main__":
    main()
