"""Intervals: Wilson for shares, bootstrap over speakers (or clips) for error rates. 95 %. And how far probabilities are from shares."""
import math

import numpy as np


def wilson(hits, n, z=1.959964):
    if n == 0:
        return 0.0, 1.0
    p, d = hits / n, 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    middle = (p + z * z / (2 * n)) / d
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap_rate(groups, draws=2000, seed=1):
    """groups: (errors, total) per speaker -> interval of the sum of errors over the sum of totals."""
    g = np.asarray(groups, np.float64)
    pick = np.random.default_rng(seed).integers(len(g), size=(draws, len(g)))
    rates = g[pick, 0].sum(1) / g[pick, 1].sum(1)
    return tuple(float(v) for v in np.quantile(rates, [0.025, 0.975]))


def calibration_error(probability, right, bins=10):
    """Expected calibration error: |mean probability − share right| over bins of probability, by how many are in each."""
    probability, right = np.array(probability), np.array(right, float)
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    parts = [bin_of == n for n in range(bins) if np.any(bin_of == n)]
    return sum(part.mean() * abs(probability[part].mean() - right[part].mean()) for part in parts)
