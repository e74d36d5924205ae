#!/usr/bin/env python3
"""Train one size of the network; resumes from its own run, or starts from a checkpoint.

    train.py phones-m --steps 6000 [--from checkpoint/phones-m.npz] [--batch 16] [--rate 2e-3] [--seed 1] [--run NAME] [--until HH:MM]

The loss is CTC on segments whose phones are known plus the Kullback-Leibler divergence from the teacher's posteriors where
there are any. With --agree above 0 every segment is given in two views, damaged each in its own way, and the divergence between
what the network makes of the two counts too (Yao et al. 2024, "CR-CTC: consistency regularization on CTC for improved speech
recognition", arXiv:2410.05101): where a network has more steps than data, it learns from its own agreement. AdamW; linear warm-up over 200 steps, then half a cosine to nothing at --steps, which may be changed when
a run is resumed, as may the data; with --until HH:MM (UTC) the cosine goes from this start to that time by the clock, for a
machine shared with others. From a checkpoint of fewer blocks, those it lacks begin as the identity, and damage is full from
the first step. An exponential average of the weights is what is kept;
at the end batch norm's statistics are taken anew for it, over 100 batches.
Everything goes to EARNEST_CACHE/runs/NAME: state.npz every 50 steps, log.jsonl with dev figures every 1,000. JAX uses a
GPU where it finds one.
"""
import argparse
import json
import math
import queue
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import augment
import model
from corpus import CACHE
from evaluate import dev_figures


def flatten(tree):
    return {jax.tree_util.keystr(k): np.asarray(v) for k, v in jax.tree_util.tree_leaves_with_path(tree)}


def restore(tree, arrays, prefix=""):
    """`tree` with the leaves that `arrays` names, which a checkpoint keeps in half precision."""
    return jax.tree_util.tree_map_with_path(lambda k, v: jnp.asarray(arrays[prefix + jax.tree_util.keystr(k)], jnp.asarray(v).dtype), tree)


def grown(params, state, arrays):
    """A smaller network's weights in a larger one. A block it hasn't has scale 0, and so changes nothing (what enters it is
    never negative, its last ReLU leaves that alone) until training moves the scale."""
    inside = lambda name, kind: any(k.startswith(f"['{kind}']['{name}']") for k in arrays.files)
    took = {n: restore(v, arrays, f"['average']['{n}']") if inside(n, "average") else dict(v) for n, v in params.items()}
    for name in took:
        if not inside(name, "average") and name.endswith("p"):
            took[name]["scale"] = jnp.zeros_like(took[name]["scale"])
    return took, {n: restore(v, arrays, f"['state']['{n}']") if inside(n, "state") else v for n, v in state.items()}


def loss_function(params, state, batch, config, weights, key):
    mel, *known = batch
    views = mel.shape[0] // known[0].shape[0]
    target, weight, labels, lengths, labelled = (jnp.concatenate([k] * views) for k in known)
    logits, new = model.apply(params, state, mel, config, train=True, key=key)
    lp = jax.nn.log_softmax(logits)
    p = jnp.exp(target)
    emphasis = weight * (1 + 2 * (1 - p[..., 0]))
    kl = jnp.sum(emphasis * jnp.sum(p * (target - lp), -1)) / jnp.sum(weight)
    pad = (jnp.arange(labels.shape[1]) >= lengths[:, None]).astype(jnp.float32)
    ctc = optax.ctc_loss(logits, jnp.zeros(logits.shape[:2]), labels, pad)
    ctc = jnp.sum(ctc * labelled) / jnp.maximum(jnp.sum(lengths * labelled), 1)
    agree = 0.0
    if views == 2:
        a, b = jnp.split(lp, 2)
        towards = lambda p, q: jnp.sum(jax.lax.stop_gradient(jnp.exp(p)) * (jax.lax.stop_gradient(p) - q), -1)
        agree = jnp.mean(towards(a, b) + towards(b, a))
    return weights[0] * kl + weights[1] * ctc + weights[2] * agree, (new, kl, ctc)


def prefetch(batches, first, last, depth=6):
    q = queue.Queue(depth)

    def work():
        for step in range(first, last):
            q.put(batches(step))
    threading.Thread(target=work, daemon=True).start()
    for _ in range(first, last):
        yield q.get()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("model", choices=model.CONFIGS)
    a.add_argument("--steps", type=int, default=6000)
    a.add_argument("--batch", type=int, default=16)
    a.add_argument("--rate", type=float, default=2e-3)
    a.add_argument("--kl", type=float, default=1.0)
    a.add_argument("--ctc", type=float, default=0.5)
    a.add_argument("--agree", type=float, default=0.0)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--run")
    a.add_argument("--from", dest="start")
    a.add_argument("--until")
    o = a.parse_args()
    config, run = model.CONFIGS[o.model], CACHE / "runs" / (o.run or o.model)
    run.mkdir(parents=True, exist_ok=True)
    params, state = jax.tree.map(jnp.asarray, model.init(config, o.seed))
    optimiser = optax.chain(optax.clip_by_global_norm(2.0), optax.adamw(1.0, b2=0.98, weight_decay=1e-3))
    everything = dict(params=params, state=state, average=params, optimiser=optimiser.init(params))
    first, path = 0, run / "state.npz"
    if path.exists():
        arrays = np.load(path)
        first, everything = int(arrays["step"]), restore(everything, arrays)
    elif o.start:
        everything["params"], everything["state"] = grown(params, state, np.load(o.start))
        everything["average"] = everything["params"]

    @jax.jit
    def update(e, batch, step, rate):
        grad = jax.value_and_grad(loss_function, has_aux=True)
        (loss, (state, kl, ctc)), g = grad(e["params"], e["state"], batch, config, (o.kl, o.ctc, o.agree), jax.random.fold_in(jax.random.key(o.seed), step))
        change, optimiser_state = optimiser.update(g, e["optimiser"], e["params"])
        params = optax.apply_updates(e["params"], jax.tree.map(lambda c: rate * c, change))
        average = jax.tree.map(lambda a, p: 0.998 * a + 0.002 * p, e["average"], params)
        return dict(params=params, state=state, average=average, optimiser=optimiser_state), loss, kl, ctc

    @jax.jit
    def observe(e, sums, mel):
        """Adds the statistics of one batch; apply() gives them mixed into the running ones."""
        mixed = model.apply(e["average"], e["state"], mel, config, train=True)[1]
        return jax.tree.map(lambda s, m, r: s + (m - 0.98 * r) / 0.02, sums, mixed, e["state"])

    clips, weights = augment.load()
    batches = augment.Batches(clips, weights, augment.noise_beds(), o.batch, o.seed, easy=o.start is None, views=2 if o.agree else 1)
    print(f"{o.model}: {model.count(params)} parameters, look-ahead {model.look_ahead(config)} mel frames; "
          f"{len(clips)} clips, {sum(c.frames for c in clips) / 360000:.2f} h; from step {first}; {jax.devices()}", flush=True)
    begin, sums, end = time.time(), np.zeros(3), 0.0
    if o.until:
        hours, minutes = map(int, o.until.split(":"))
        end = begin + (3600 * hours + 60 * minutes - begin) % 86400
    for step, batch in enumerate(prefetch(batches, first, o.steps), first + 1):
        done = (time.time() - begin) / (end - begin) if o.until else step / o.steps
        rate = o.rate * min(max(min((step - first * bool(o.until)) / 200, 0.5 + 0.5 * math.cos(math.pi * min(done, 1))), 0.002), 1)
        everything, *values = update(everything, batch, step, rate)
        sums += [float(v) for v in values]
        last = step == o.steps or done >= 1
        if step % 50 == 0:
            print(f"{step} loss {sums[0] / 50:.3f} kl {sums[1] / 50:.3f} ctc {sums[2] / 50:.3f} "
                  f"{(time.time() - begin) / (step - first):.2f} s/step", flush=True)
            sums[:] = 0
        if last:
            sums_of = jax.tree.map(jnp.zeros_like, everything["state"])
            for extra in range(100):
                sums_of = observe(everything, sums_of, batches(step + 1 + extra)[0])
            everything["state"] = jax.tree.map(lambda s: s / 100, sums_of)
        if step % 50 == 0 or last:
            part = run / "state.part.npz"
            np.savez(part, step=step, **flatten(everything))
            part.replace(path)
        if step % 1000 == 0 or last:
            figures = dev_figures(everything["average"], everything["state"], config)
            with (run / "log.jsonl").open("a") as f:
                print(json.dumps(dict(step=step, hours=round(step * o.batch * augment.FRAMES / 360000, 1), **figures)), file=f)
            print(figures, flush=True)
        if last:
            break


if __name__ == "__main__":
    main()
