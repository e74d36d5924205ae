#!/usr/bin/env python3
"""Weights of the confidence of commands: src/confidence/phones_m.rs, which `ConfidenceWeights::phones_m()` gives.

    cargo build --release -p earnest --example commands
    synthesize_commands.py KOKORO
    confidence.py ../phones-m.int8.ear [--keep FOLDER] [--write ../../src/confidence/phones_m.rs]

Two kinds of sentences, clean and in noise at 12 and 6 dB, are decoded by their grammars: real orders of command/coffee (dev; the
kitchen's noise; every order again for each of its values with that value taken out of its list, so that "not listed" is right
there), and sentences of the other example grammars from synthetic voices (noises of `train`; some name a contact that is not
listed; lights and messages again with values taken out). Against them stand ten-second windows of other speech in every grammar: `train` recordings for fitting, half of
them in noise (never the kitchen's), `dev` recordings for the figures.

Slots: softmax over score and length of each value, and over what a network of a few units beside a linear part gives "not
listed" for a score. Commands: another such network; a straight line alone cannot serve short answers and long orders at once.
Every grammar counts alike. What it prints is cross-validated:
five folds by sentence (the speakers of the orders are not told), the weights fitted on four and counted on the fifth.
The weights that are written are fitted on all.
"""
import argparse
import jax
import jax.numpy as jnp
import numpy as np
import optax

from confidence_data import FOLDS, GRAMMARS, NOISE, decode_all, rows, spoken
from intervals import calibration_error

MOST_AHEAD, HIDDEN, STEPS = 30, 8, 1500
# Decay of hidden units, outputs and the linear part. With the commands' own, slots were learnt by heart.
SLOTS_DECAY, COMMANDS_DECAY = (1e-3, 1e-3, 1e-3), (1e-4, 1e-3, 1e-4)
# Slots of real orders weigh as those of so many other grammars.
REAL = 3
# What is thought of how often a value is said that is not listed, and of how often it is no order at all. They move the
# operating point, and were chosen on what is printed.
UNLISTED, OTHER = 0.2, 0.8


# What was said in a slot: a table of values, which is right (-1: none), what "not listed" is judged by.
def slot_table(values, truth, result):
    """As `slot_features` in `src/confidence/features.rs`."""
    right = [n for n, value in enumerate(values) if value[0] == truth]
    _, score, phones, _, free, (worst, misfit, within, frames, any_phones) = values[0]
    ahead = min(max(score - values[1][1], 0), MOST_AHEAD) if len(values) > 1 else MOST_AHEAD
    facts = [1.0, min(max(result["snr"], 0), 30), score, phones, free, ahead, result["score"] / max(result["free"], 1), worst, misfit,
             free - within, within - phones, frames / max(phones, 1), min(max(any_phones, -20), 10)]
    return [value[1:3] for value in values], right[0] if right else -1, facts


def slot_examples(part, truths):
    """[(table, right, facts, fold, weight, noise)]: listed and not listed weigh as UNLISTED says."""
    listed, unlisted = [], []
    for n, result in enumerate(part["found"]):
        truth = truths[n % len(truths)]
        fold = n % len(truths) % FOLDS
        for slot, values in result.get("candidates", {}).items():
            # A slot of another sentence than was said says nothing, where sentences differ in their slots.
            if values and (slot in truth["slots"] or "intent" not in truth):
                one = (*slot_table(values, truth["slots"].get(slot), result), fold, n // len(truths))
                (listed if truth.get("listed", True) else unlisted).append(one)
    for result, truth, slot, n in part.get("removed", []):
        values = result.get("candidates", {}).get(slot)
        if values:
            unlisted.append((*slot_table(values, None, result), n % FOLDS, 0))
    return [(*one[:4], share / len(kind), one[4]) for kind, share in ((listed, 1 - UNLISTED), (unlisted, UNLISTED)) for one in kind]


def slot_probabilities(weights, table, facts):
    (score, phone), network = weights
    logits = np.array([score * s + phone * p for s, p in table] + [output(network, np.array(facts))])
    odds = np.exp(logits - logits.max())
    return odds / odds.sum()


def fit_slots(examples):
    """((score, phone), network of "not listed")"""
    most = max(len(e[0]) for e in examples)
    scores, phones = np.full((len(examples), most), -1e4), np.zeros((len(examples), most))
    for row, e in enumerate(examples):
        scores[row, : len(e[0])] = [one[0] for one in e[0]]
        phones[row, : len(e[0])] = [one[1] for one in e[0]]
    right = np.array([e[1] if e[1] >= 0 else most for e in examples])
    weight = np.array([e[4] * e[6] for e in examples])

    def loss(own, none):
        logits = jnp.concatenate([own[0] * scores + own[1] * phones, none[:, None]], axis=1)
        return -weight @ jnp.take_along_axis(jax.nn.log_softmax(logits), right[:, None], axis=1)[:, 0] / weight.sum() + 1e-3 * own @ own
    return fit_network([e[2] for e in examples], loss, SLOTS_DECAY, [0.3, 0.5])


def command_features(result, weights):
    """As `features` in `src/confidence/features.rs`, but that a slot which is said twice counts once here."""
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
            sum(logs) / max(len(logs), 1), sum(logs), np.log(free), result["free"] / frames,
            sum(own), max(free - outside, 0), outside, min(own, default=0)]


def output(network, x):
    linear, hidden, out = network
    return x @ linear + np.tanh(x @ hidden.T) @ out


def fit_network(x, loss, decays, own=()):
    """(`own`, (linear, hidden, out)) by which `loss` of `own` and the network's outputs is least, for features as they are."""
    x = np.array(x)
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    middle[0], scale[0] = 0, 1
    z = jnp.array((x - middle) / scale)
    start = jax.random.normal(jax.random.PRNGKey(0), (HIDDEN, x.shape[1])) * 0.3
    state = dict(linear=jnp.zeros(x.shape[1]), hidden=start.at[:, 0].set(0), out=jnp.zeros(HIDDEN), own=jnp.array(own, float))

    def whole(w):
        squares = jnp.sum(w["hidden"][:, 1:] ** 2), jnp.sum(w["out"] ** 2), jnp.sum(w["linear"][1:] ** 2)
        return loss(w["own"], z @ w["linear"] + jnp.tanh(z @ w["hidden"].T) @ w["out"]) + sum(d * s for d, s in zip(decays, squares))
    optimiser = optax.adam(1e-2)
    memory = optimiser.init(state)

    @jax.jit
    def step(state, memory):
        updates, memory = optimiser.update(jax.grad(whole)(state), memory)
        return optax.apply_updates(state, updates), memory
    for _ in range(STEPS):
        state, memory = step(state, memory)

    def plain(w):
        # Scale and middle go into the weights; the constant's takes what is left.
        w = np.array(w) / scale
        w[..., 0] -= w[..., 1:] @ middle[1:]
        return w
    return np.array(state["own"]), (plain(state["linear"]), plain(state["hidden"]), np.array(state["out"]))


def fit_commands(x, y, weight):
    y, weight = jnp.array(y, float), jnp.array(weight / np.sum(weight))
    return fit_network(x, lambda _, logit: jnp.sum(weight * (jnp.logaddexp(0, logit) - y * logit)), COMMANDS_DECAY)[1]


def all_of(result):
    """A recording's commands: the longest, and the others."""
    return [one for one in [result, *result.get("others", [])] if one["understood"]]


def verdict(result, slots, commands):
    """(probability of an order, listed?, {slot: value})"""
    p = 1 / (1 + np.exp(-output(commands, np.array(command_features(result, slots)))))
    values, listed = {}, True
    for slot, table in result["candidates"].items():
        if not table:
            continue
        probabilities = slot_probabilities(slots, *slot_table(table, None, result)[::2])
        chosen = int(probabilities.argmax())
        listed &= chosen < len(table)
        values[slot] = table[chosen][0] if chosen < len(table) else None
    return p, listed, values


class Fit:
    """Slots' and commands' weights from all grammars, or from the folds that `inside` lets in."""

    def __init__(self, parts, truths, inside):
        slots = [(*e, REAL if g == "coffee" else 1) for g in parts for e in slot_examples(parts[g], truths[g]) if inside(e[3])]
        self.slots, x, y, weight = fit_slots(slots), [], [], []
        for grammar, part in parts.items():
            count = len(truths[grammar])
            positive = [r for n, r in enumerate(part["found"]) if inside(n % count % FOLDS) and r["understood"]]
            negative = [one for result in part["fit"] for one in all_of(result)]
            x += [command_features(r, self.slots) for r in positive + negative]
            y += [1] * len(positive) + [0] * len(negative)
            weight += [(1 - OTHER) / len(positive)] * len(positive) + [OTHER / len(negative)] * len(negative)
        self.commands = fit_commands(x, y, np.array(weight))

    def __call__(self, result):
        return verdict(result, self.slots, self.commands)


def told(grammar, part, truths, fits):
    """Prints what weights do that were fitted on other sentences."""
    count, said, p, y = len(truths), [], [], []
    for n, result in enumerate(part["found"]):
        fold = n % count % FOLDS
        said.append(fits[fold](result) if result["understood"] else (0.0, False, {}))
    for table, right, facts, fold, _, _ in slot_examples({"found": part["found"]}, truths):
        probabilities = slot_probabilities(fits[fold].slots, table, facts)
        p.append(probabilities[int(probabilities.argmax())])
        y.append(int(probabilities.argmax()) == (right if right >= 0 else len(table)))
    for k, snr in enumerate(NOISE):
        these = list(zip(said[k * count : (k + 1) * count], part["found"][k * count : (k + 1) * count], truths))
        listed = [(v, r, t) for v, r, t in these if t.get("listed", True)]
        whole = lambda r, t: r["understood"] and all(r["slots"].get(s) == v for s, v in t["slots"].items())
        over = [sum(v[0] >= least for v, _, _ in these) for least in (0.5, 0.9, 0.95)]
        right = sum(v[0] >= 0.5 and v[1] and all(v[2].get(s) == value for s, value in t["slots"].items()) for v, r, t in listed)
        unlisted = [v for v, _, t in these if not t.get("listed", True)]
        taken = f"; somebody not listed taken for another: {sum(v[0] >= 0.5 and v[1] for v in unlisted)} of {len(unlisted)}" if unlisted else ""
        print(f"{grammar}, {snr or 'no'} noise: {len(these)} sentences, decoded right {sum(whole(r, t) for _, r, t in listed)} of {len(listed)}, and with "
              f"all odds over 0.5 {right}; odds over 0.5, 0.9, 0.95: {[int(n) for n in over]}{taken}")
    other = np.array([[max((fit(one)[0] for one in all_of(result)), default=0) for result in part["dev"]] for fit in fits])
    print(f"{grammar}: windows of other speech over 0.5, 0.9, 0.95, of {other.shape[1]} (mean over folds): "
          f"{[round(float((other >= least).sum(axis=1).mean()), 1) for least in (0.5, 0.9, 0.95)]}"
          + (f"; {sum(y)} of {len(y)} slots right, calibration error {calibration_error(p, y):.3f}" if y else ""), flush=True)
    if "removed" in part:
        points(grammar, part, truths, said, fits)


def points(grammar, part, truths, said, fits):
    """What refusing costs, by the odds that are asked for."""
    count = len(truths)
    removed = [(fits[n % FOLDS](result) if result["understood"] else (0.0, False, {}), slot) for result, _, slot, n in part["removed"]]
    heard = [[[fit(one) for one in all_of(result)] for result in part["dev"]] for fit in fits]
    windows = len(part["dev"]) // len(NOISE)
    for least in (0.5, 0.8, 0.9):
        taken = lambda verdict: verdict[0] >= least and verdict[1]
        right = [int(sum(taken(v) and v[2] == t["slots"] for v, t in zip(said[k * count : (k + 1) * count], truths))) for k in range(len(NOISE))]
        other = [np.mean([sum(any(map(taken, w)) for w in fit[k * windows : (k + 1) * windows]) for fit in heard]) for k in range(len(NOISE))]
        wrong = sum(taken(v) and v[2].get(slot) is not None for v, slot in removed)
        print(f"{grammar}, odds over {least}: every value right {right} of {count} by noise; other speech {[round(float(x), 1) for x in other]} of {windows}; "
              f"a value removed: {sum(not taken(v) for v, _ in removed)} of {len(removed)} refused, {wrong} taken for another value", flush=True)


def written(fit):
    """src/confidence/phones_m.rs"""
    number = lambda x: f"{np.float32(x):.6g}" if "." in f"{np.float32(x):.6g}" or "e" in f"{np.float32(x):.6g}" else f"{np.float32(x):.6g}.0"
    row = lambda values: "[" + ", ".join(number(x) for x in values) + "]"

    def network(linear, hidden, out):
        rows = "".join(f"            {row(one)},\n" for one in hidden)
        return f"Network {{\n        linear: {row(linear)},\n        hidden: [\n{rows}        ],\n        out: {row(out)},\n    }}"
    (score, phone), not_listed = fit.slots
    return f"""//! Written by `models/training/confidence.py`, for `models/phones-m`.

use super::weights::{{ConfidenceWeights, Network, SlotWeights}};

#[rustfmt::skip]
pub(super) static PHONES_M: ConfidenceWeights = ConfidenceWeights {{
    slots: SlotWeights {{ score: {number(score)}, phone: {number(phone)}, not_listed: {network(*not_listed)} }},
    commands: {network(*fit.commands)},
}};
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("with_", metavar="name=value", nargs="*", help="settings of the decoder, as `commands` takes them")
    arguments.add_argument("--grammars", default="../../examples/grammars")
    arguments.add_argument("--commands", default="../../target/release/examples/commands")
    arguments.add_argument("--root", default="../..")
    arguments.add_argument("--keep", help="what was decoded is kept in this folder, and read from it where it is there")
    arguments.add_argument("--write", help="where the weights go; without it they are printed")
    options = arguments.parse_args()
    parts = decode_all(options)
    truths = {grammar: rows("command/coffee", "dev") if grammar == "coffee" else spoken(grammar) for grammar in ("coffee", *GRAMMARS)}
    fits = [Fit(parts, truths, lambda n: n != fold) for fold in range(FOLDS)]
    for grammar in parts:
        told(grammar, parts[grammar], truths[grammar], fits)
    text = written(Fit(parts, truths, lambda _: True))
    if options.write:
        open(options.write, "w").write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
