"""The network: a strided convolutional stem, then residual separable convolutions, 25 steps a second.

    mel [T, 40] -> conv 5, stride 2 -> depthwise 5, stride 2 -> pointwise -> blocks -> dense -> [T / 4, 2, 39] logits
    block:  x -> ReLU(x + pointwise(ReLU(depthwise(x))))

A step covers 40 ms of audio and gives two output frames of 20 ms, so the deep part runs at half the rate of the output.
Batch norm follows every convolution while training and is folded into it for use. Edges are zeros. The mel is read raw:
the first batch norm takes up its mean and scale. Look-ahead is the stem's 6 mel frames plus 4 for each block that
looks one step ahead.
"""
import math

import jax
import jax.numpy as jnp
import numpy as np

from symbols import SYMBOLS

EPS = 1e-3
INPUT_SCALE = 0.125
TAPS = 5
DROPPED = 0.1                      # of the channels before a block's pointwise convolution, while training

CONFIGS = {
    "phones-m": dict(stem=112, channels=256, dilations=[1, 1, 1, 2, 2, 4, 4, 2, 1, 2, 4], ahead=[0, 2]),
    "phones-s": dict(stem=48, channels=112, dilations=[1, 1, 1, 2, 2, 4, 4, 2], ahead=[0, 2]),
    "wake-base": dict(stem=32, channels=64, dilations=[1, 1, 2, 1, 2, 1, 2], ahead=[0]),
}


def look_ahead(config):
    """Mel frames past the first of a step."""
    return 6 + 4 * len(config["ahead"])


def init(config, seed=0):
    """Parameters: a dict of dicts of arrays; `state` holds the running statistics of batch norm."""
    rng, params, state = np.random.default_rng(seed), {}, {}

    def layer(name, shape, fan):
        params[name] = dict(w=rng.normal(0, math.sqrt(2 / fan), shape).astype(np.float32),
                            scale=np.ones(shape[-1], np.float32), bias=np.zeros(shape[-1], np.float32))
        state[name] = dict(mean=np.zeros(shape[-1], np.float32), var=np.ones(shape[-1], np.float32))

    stem, c = config["stem"], config["channels"]
    layer("stem1", (5 * 40, stem), 200)
    layer("stem2d", (5, stem), 5)
    layer("stem2p", (stem, c), stem)
    for i in range(len(config["dilations"])):
        layer(f"block{i}d", (TAPS, c), TAPS)
        layer(f"block{i}p", (c, c), c)
        params[f"block{i}p"]["scale"][:] = 0.3
    params["head"] = dict(w=rng.normal(0, 0.02, (c, 2 * len(SYMBOLS))).astype(np.float32), bias=np.zeros(2 * len(SYMBOLS), np.float32))
    params["head"]["bias"][[0, len(SYMBOLS)]] = 2.0
    return params, state


def norm(name, y, params, state, new, train):
    p = params[name]
    if train:
        mean, var = jnp.mean(y, (0, 1)), jnp.var(y, (0, 1))
        new[name] = dict(mean=0.98 * state[name]["mean"] + 0.02 * mean, var=0.98 * state[name]["var"] + 0.02 * var)
    else:
        mean, var = state[name]["mean"], state[name]["var"]
    factor = p["scale"] * jax.lax.rsqrt(var + EPS)
    return y * factor + (p["bias"] - mean * factor)


def depthwise(x, w, ahead, stride=1, dilation=1):
    """x [B, T, C], w [K, C]: tap K - 1 - ahead falls on the current frame. A sum of shifted products runs several times
    faster on a CPU than a grouped convolution."""
    k = w.shape[0]
    x = jnp.pad(x, ((0, 0), ((k - 1) * dilation - ahead, ahead), (0, 0)))
    n = x.shape[1] - (k - 1) * dilation
    return sum(x[:, i * dilation : i * dilation + n : stride] * w[i] for i in range(k))


def trunk(params, state, mel, config, train=False, key=None):
    """mel f32 [B, T, 40], T a multiple of 4 -> what each block gives [B, T / 4, channels], new state. `key`: leave out
    whole channels at random."""
    new, given = {}, []
    x = jnp.pad(mel * INPUT_SCALE, ((0, 0), (2, 2), (0, 0)))
    n = x.shape[1] - 4
    x = jnp.concatenate([x[:, i : i + n : 2] for i in range(5)], axis=-1)
    x = jax.nn.relu(norm("stem1", x @ params["stem1"]["w"], params, state, new, train))
    x = jax.nn.relu(norm("stem2d", depthwise(x, params["stem2d"]["w"], 2, 2), params, state, new, train))
    x = jax.nn.relu(norm("stem2p", x @ params["stem2p"]["w"], params, state, new, train))
    for i, dilation in enumerate(config["dilations"]):
        d, p = f"block{i}d", f"block{i}p"
        y = depthwise(x, params[d]["w"], 1 if i in config["ahead"] else 0, 1, dilation)
        y = jax.nn.relu(norm(d, y, params, state, new, train))
        if key is not None:
            kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - DROPPED, (y.shape[0], 1, y.shape[2]))
            y = y * kept / (1 - DROPPED)
        x = jax.nn.relu(x + norm(p, y @ params[p]["w"], params, state, new, train))
        given.append(x)
    return given, new


def phones(params, x):
    """Logits [B, T / 2, 39] from what a block gives."""
    x = x @ params["head"]["w"] + params["head"]["bias"]
    return x.reshape(x.shape[0], -1, len(SYMBOLS))


def apply(params, state, mel, config, train=False, key=None):
    """mel f32 [B, T, 40], T a multiple of 4 -> logits [B, T / 2, 39], new state; `key` as in trunk()."""
    given, new = trunk(params, state, mel, config, train, key)
    return phones(params, given[-1]), new


def count(params):
    """Parameters after folding: batch norm leaves one bias per channel."""
    return sum(v["w"].size + v["bias"].size for v in params.values())
