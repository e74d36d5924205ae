#!/usr/bin/env python3
"""Writes stats.tsv: limits and p-values by SciPy and statsmodels, one a line: what, arguments, values.

    pip install scipy statsmodels mpmath && python3 stats.py

SciPy's inverse of the incomplete gamma function is off by up to 1.4e-9 at a million events, so mpmath makes its
answers exact to 17 digits; the script says how far they moved.
"""
from pathlib import Path

import mpmath
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

mpmath.mp.dps = 50
COUNTS = [0, 1, 2, 3, 5, 10, 16, 50, 99, 100, 101, 1000, 10_000, 100_000, 1_000_000]
ALPHAS = [0.5, 0.1, 0.05, 0.025, 1e-3, 1e-6, 1e-9, 1e-12]
lines = []


def put(what, arguments, values):
    lines.append("\t".join([what, *map(repr, map(float, arguments)), "=", *map(repr, map(float, values))]))


def gamma_lower(a, x):
    """P(a, x) by its series (DLMF 8.7.1)."""
    term = total = mpmath.mpf(1)
    n = a
    while term > total * mpmath.mpf(10) ** -35:
        n += 1
        term *= x / n
        total += term
    return mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a + 1)) * total


def polished(a, x, p, upper):
    """The point by SciPy moved by Newton's method until mpmath finds `p` beyond it; how far it moved."""
    start = x = mpmath.mpf(x)
    for _ in range(3):
        off = (1 - gamma_lower(a, x) if upper else gamma_lower(a, x)) - p
        density = mpmath.exp((a - 1) * mpmath.log(x) - x - mpmath.loggamma(a))
        x += off / density if upper else -off / density
    moved.append((float(abs(start / x - 1)), a, p))
    return x


moved = []


def wilson(k, n, alpha):
    """The roots in 40 digits, since statsmodels' lower limit cancels near 0."""
    zz = mpmath.mpf(stats.norm.isf(alpha)) ** 2
    spread = mpmath.sqrt(zz) * mpmath.sqrt(mpmath.mpf(k) * (n - k) / n + zz / 4)
    limits = [(k + zz / 2 - spread) / (n + zz), (k + zz / 2 + spread) / (n + zz)]
    assert max(abs(a - b) for a, b in zip(limits, proportion_confint(k, n, 2 * alpha, "wilson"))) < 1e-13
    return [0 if k == 0 else limits[0], 1 if k == n else limits[1]]


for alpha in ALPHAS:
    for k in COUNTS:
        low = stats.chi2.ppf(alpha, 2 * k) / 2 if k else 0.0
        high = stats.chi2.isf(alpha, 2 * (k + 1)) / 2
        high = polished(k + 1, high, alpha, True)
        if k:
            low = polished(k, low, alpha, False)
        put("poisson", [k, alpha], [low, high])
    put("normal", [alpha], [stats.norm.isf(alpha)])
    for freedom in [1, 2, 5, 30, 1000]:
        if alpha < 0.5:
            put("student", [freedom, alpha], [stats.t.isf(alpha, freedom)])
    for n in [1, 2, 10, 315, 1000, 1_000_000]:
        for k in sorted({0, 1, n // 100, n // 3, n // 2, n - 1, n}):
            if alpha < 0.5:
                put("wilson", [k, n, alpha], wilson(k, n, alpha))
            put("exact", [k, n, alpha], [stats.beta.ppf(alpha, k, n - k + 1) if k else 0.0,
                                         stats.beta.isf(alpha, k + 1, n - k) if k < n else 1.0])
for b, c in [(0, 0), (0, 1), (0, 5), (3, 9), (9, 3), (20, 20), (100, 150), (0, 60), (5000, 5300)]:
    put("mcnemar", [b, c], [mcnemar([[0, b], [c, 0]], exact=True).pvalue if b + c else 1.0])
for a, ha, b, hb in [(0, 4.6, 1, 4.6), (10, 28.7, 3, 33.2), (41, 33.2, 9, 28.7), (0, 10, 40, 12), (1, 1, 1, 100),
                     (1000, 30, 1100, 30), (7, 5, 0, 5)]:
    n, share = a + b, ha / (ha + hb)
    p = min(1.0, 2 * min(stats.binom.cdf(a, n, share), stats.binom.sf(a - 1, n, share)))
    low = stats.beta.ppf(0.025, a, b + 1) if a else 0.0
    odds = lambda q: q / (1 - q) * hb / ha
    high = odds(stats.beta.isf(0.025, a + 1, b)) if b else float("inf")
    put("ratio", [a, ha, b, hb], [p, odds(low), high])
Path(__file__).with_suffix(".tsv").write_text("\n".join(lines) + "\n")
print("moved furthest:", *sorted(moved)[-3:])
