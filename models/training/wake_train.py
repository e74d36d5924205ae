#!/usr/bin/env python3
"""Train wake nets: heads for one or several phrases on one trunk, which starts from wake-base.

    wake_train.py PHRASE … [--from checkpoint/wake-base.npz] [--steps 3000] [--batch 4] [--rate 1e-3] [--run NAME]

--from may name another run: the heads of phrases that it had come along.

A head is one output a step of 40 ms, the log-odds that its phrase has just ended. Loss: of each phrase, how unsure the two
surest steps are in the window around its end (max pooling, arXiv:1705.02411); of all other steps, how sure the few worst
are, and a little of all; and the phones of everything, so that its lower blocks go on knowing them. Half of the way
through, every clip without a phrase is listened to, and those most like a phrase are heard more often from then on.

EARNEST_CACHE/runs/NAME: state.npz every 100 steps, from which a stopped run goes on; log.jsonl with figures on dev
(wake_dev.py). Deterministic given the seed and the data.
"""
import argparse
import json
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import augment
import model
import wake_dev
from corpus import CACHE, HERE
from train import flatten, prefetch, restore
from wake_base import CONFIG
from wake_data import AFTER, BEFORE, STEPS, Data, Segments, streams

WORST = 0.03                       # share of the steps of a batch that count as the worst
PHONES = 0.15                      # weight of the phones
PHONES_AT = 3                      # block that they are read from: those after it have the phrase alone to find
MINED = 150                        # clips per phrase that are heard more often
UNSURE = -3.0                      # a new head's log-odds


def heads(params, x):
    return x @ params["wake"]["w"] + params["wake"]["bias"]


def loss_function(params, state, batch):
    mel, target, weight, negative, ends, which = batch
    given, new = model.trunk(params, state, mel, CONFIG, train=True)
    lp = jax.nn.log_softmax(model.phones(params, given[PHONES_AT]))
    p = jnp.exp(target)
    emphasis = weight * (1 + 2 * (1 - p[..., 0]))
    kl = jnp.sum(emphasis * jnp.sum(p * (target - lp), -1)) / jnp.sum(weight)

    odds = heads(params, given[-1])                                                    # [B, STEPS, phrases]
    at = ends[..., None] + jnp.arange(-BEFORE, AFTER + 1)                      # [B, phrases said, window]
    inside = (ends[..., None] >= 0) & (at >= 0) & (at < STEPS)
    rows = jnp.arange(odds.shape[0])[:, None, None]
    window = jnp.where(inside, odds[rows, jnp.clip(at, 0, STEPS - 1), which[..., None]], -30.0)
    surest = jnp.mean(jax.lax.top_k(window, 2)[0], -1)
    said = (ends >= 0) & (ends < STEPS - AFTER)
    missed = jnp.sum(jnp.where(said, jax.nn.softplus(-surest), 0)) / jnp.maximum(jnp.sum(said), 1)

    wrong = jax.nn.softplus(odds) * negative
    flat = wrong.reshape(-1, wrong.shape[-1]).T                                # [phrases, B * STEPS]
    worst = jnp.mean(jax.lax.top_k(flat, int(WORST * flat.shape[1]))[0])
    false = worst + 0.5 * jnp.mean(wrong)
    return missed + false + PHONES * kl, (new, missed, false, kl)


def mine(odds_of, data):
    """The clips without a phrase that are most taken for one."""
    clips = data.alike + data.other
    best = np.full((len(clips), len(data.phrases)), -99.0)
    for mel, places in streams(clips):
        odds = np.asarray(odds_of(mel[None]))[0]
        for i, first, last in places:
            best[i] = np.maximum(best[i], odds[first // 4 : last // 4 + 6].max(0))
    # Mostly of ordinary audio: what was made to sound alike would otherwise be all of them.
    alike, other = best[: len(data.alike)], best[len(data.alike) :]
    chosen = np.unique(np.concatenate([np.argsort(-alike, axis=0)[: MINED // 4], len(alike) + np.argsort(-other, axis=0)[:MINED]]))
    data.mined = [clips[i] for i in chosen]
    return np.sort(other, axis=0)[::-1][[0, MINED - 1]].round(1).tolist()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrases", nargs="+")
    a.add_argument("--from", dest="start", default=str(HERE / "checkpoint" / "wake-base.npz"))
    a.add_argument("--steps", type=int, default=3000)
    a.add_argument("--batch", type=int, default=4)
    a.add_argument("--rate", type=float, default=1.5e-3)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--dev", type=int, default=500, help="steps between figures on dev")
    a.add_argument("--run")
    o = a.parse_args()
    run = CACHE / "runs" / (o.run or "wake-" + "-".join(p.replace(" ", "_") for p in o.phrases))
    run.mkdir(parents=True, exist_ok=True)
    params, state = jax.tree.map(jnp.asarray, model.init(CONFIG, o.seed))
    arrays = np.load(o.start)
    params, state = restore(params, arrays, "['average']"), restore(state, arrays, "['state']")
    w = np.random.default_rng(o.seed).normal(0, 0.05, (CONFIG["channels"], len(o.phrases))).astype(np.float32)
    bias = np.full(len(o.phrases), UNSURE, np.float32)
    for k, phrase in enumerate(arrays["phrases"] if "phrases" in arrays.files else []):
        if phrase in o.phrases:
            at = o.phrases.index(phrase)
            w[:, at], bias[at] = arrays["['average']['wake']['w']"][:, k], arrays["['average']['wake']['bias']"][k]
    params["wake"] = dict(w=jnp.asarray(w), bias=jnp.asarray(bias))
    schedule = lambda n: o.rate * jnp.clip(jnp.minimum(n / 100, 0.5 + 0.5 * jnp.cos(jnp.pi * n / o.steps)), 0.002, 1)
    optimiser = optax.chain(optax.clip_by_global_norm(2.0), optax.adamw(schedule, b2=0.98, weight_decay=1e-3))
    everything = dict(params=params, state=state, average=params, optimiser=optimiser.init(params))
    first, path = 0, run / "state.npz"
    if path.exists():
        arrays = np.load(path)
        first, everything = int(arrays["step"]), restore(everything, arrays)

    @jax.jit
    def update(e, batch):
        grad = jax.value_and_grad(loss_function, has_aux=True)
        (loss, (state, *parts)), g = grad(e["params"], e["state"], batch)
        change, optimiser_state = optimiser.update(g, e["optimiser"], e["params"])
        params = optax.apply_updates(e["params"], change)
        average = jax.tree.map(lambda a, p: 0.995 * a + 0.005 * p, e["average"], params)
        return dict(params=params, state=state, average=average, optimiser=optimiser_state), jnp.stack(parts)

    @jax.jit
    def observe(e, sums, mel):
        mixed = model.trunk(e["average"], e["state"], mel, CONFIG, train=True)[1]
        return jax.tree.map(lambda s, m, r: s + (m - 0.98 * r) / 0.02, sums, mixed, e["state"])

    odds_of = jax.jit(lambda e, mel: heads(e["average"], model.trunk(e["average"], e["state"], mel, CONFIG)[0][-1]))
    data = Data(o.phrases)
    batches = Segments(data, augment.noise_beds(), o.batch, o.seed)
    dev = wake_dev.Dev(o.phrases)
    print(f"{', '.join(o.phrases)}: {data.summary()}; from step {first}", flush=True)
    begin, sums = time.process_time(), np.zeros(3)
    step, mining = first, [o.steps // 2]
    for stop in [m for m in mining if m > first] + [o.steps]:
        if any(step >= m for m in mining):
            print("mined", len(data.mined), mine(lambda mel: odds_of(everything, mel), data), flush=True)
        for step, batch in enumerate(prefetch(batches, step, stop), step + 1):
            everything, parts = update(everything, batch)
            sums += np.asarray(parts)
            if step % 50 == 0:
                print(f"{step} missed {sums[0] / 50:.3f} false {sums[1] / 50:.3f} kl {sums[2] / 50:.3f} "
                      f"{(time.process_time() - begin) / (step - first):.3f} CPU s/step", flush=True)
                sums[:] = 0
            if step == o.steps:
                sums_of = jax.tree.map(jnp.zeros_like, everything["state"])
                for extra in range(60):
                    sums_of = observe(everything, sums_of, batches(o.steps + 1 + extra)[0])
                everything["state"] = jax.tree.map(lambda s: s / 60, sums_of)
            if step % 100 == 0 or step == o.steps:
                part = run / "state.part.npz"
                np.savez(part, step=step, phrases=np.array(o.phrases), **flatten(everything))
                part.replace(path)
            if step % o.dev == 0 or step == o.steps:
                figures = dev.figures(lambda mel: odds_of(everything, mel))
                with (run / "log.jsonl").open("a") as f:
                    print(json.dumps(dict(step=step, **figures)), file=f)
                for phrase, figure in figures.items():
                    print(phrase, figure, flush=True)


if __name__ == "__main__":
    main()
