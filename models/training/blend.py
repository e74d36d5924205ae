#!/usr/bin/env python3
"""Weights between those of a run and of the checkpoint it started from, batch norm's statistics taken anew.

    blend.py phones-m START.npz RUN/state.npz OUT.npz --share 0.65        SHARE of RUN; choose it on dev

A run with more noise than its start hears better in noise and a little worse without; on the line between their weights
most of the one is had for little of the other (Wortsman et al. 2022, robust fine-tuning). OUT is for export.py and `train.py --from`.
The statistics are those of 50 batches of every eighth clip.
"""
import argparse

import jax
import jax.numpy as jnp
import numpy as np

import augment
import model
from train import flatten, grown


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("model", choices=model.CONFIGS)
    for name in ("start", "run", "out"):
        a.add_argument(name)
    a.add_argument("--share", type=float, required=True)
    a.add_argument("--seed", type=int, default=9)
    o = a.parse_args()
    config = model.CONFIGS[o.model]
    params, zero = jax.tree.map(jnp.asarray, model.init(config))
    new, state = grown(params, zero, np.load(o.run))
    old, _ = grown(new, zero, np.load(o.start))    # blocks that the start hasn't: the run's, with scale 0
    blend = jax.tree.map(lambda x, y: (1 - o.share) * x + o.share * y, old, new)
    clips, weights = augment.load(every=8)
    batches = augment.Batches(clips, weights, augment.noise_beds(), 4, o.seed, easy=False)
    observe = jax.jit(lambda mel: model.apply(blend, state, mel, config, train=True)[1])
    sums = jax.tree.map(jnp.zeros_like, state)
    for i in range(50):                            # apply() gives a batch's statistics mixed into the running ones
        sums = jax.tree.map(lambda s, m, r: s + (m - 0.98 * r) / 0.02, sums, observe(batches(10**6 + i)[0]), state)
    np.savez(o.out, **flatten(dict(average=blend, state=jax.tree.map(lambda s: s / 50, sums))))


if __name__ == "__main__":
    main()
