"""The sounds of a kitchen, made from nothing: a refrigerator, a tap, crockery, a knife.

All functions return f64 at the given rate; `make.py` sets the levels.
"""

import numpy as np
from scipy.signal import butter, sosfilt


def coloured(rng, n, rate, slope_db_per_octave, low_hz, high_hz):
    """Noise whose spectrum falls by `slope_db_per_octave` between two edges; RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.fft.rfftfreq(n, 1 / rate)
    f[0] = f[1]
    spectrum *= 10 ** (-slope_db_per_octave * np.log2(f / low_hz) / 20)
    spectrum *= 1 / np.sqrt(1 + (low_hz / f) ** 8) / np.sqrt(1 + (f / high_hz) ** 8)
    x = np.fft.irfft(spectrum, n)
    return x / np.sqrt(np.mean(x**2))


def wander(rng, n, rate, hz, depth):
    """A slow gain around 1 that drifts by about ±`depth` at about `hz`."""
    knots = max(4, int(n / rate * hz * 2) + 2)
    points = rng.standard_normal(knots)
    return 1 + depth * np.interp(np.linspace(0, knots - 1, n), np.arange(knots), points)


def fridge(rng, n, rate):
    """A compressor: harmonics of 60 Hz, strongest at 120, over a breath of low noise; RMS 1."""
    t = np.arange(n) / rate
    hum = sum(
        a * np.sin(2 * np.pi * 60 * k * t + rng.uniform(0, 2 * np.pi))
        for k, a in [(1, 0.35), (2, 1.0), (3, 0.2), (4, 0.5), (6, 0.25), (8, 0.15), (12, 0.06)]
    )
    x = hum * wander(rng, n, rate, 0.8, 0.06) + 0.5 * coloured(rng, n, rate, 5.0, 60, 5000)
    return x / np.sqrt(np.mean(x**2))


def tap(rng, n, rate, bubbles_per_s=260):
    """Running water: shaped noise and the ringing of bubbles, whose pitch rises; RMS 1.

    A bubble rings at a frequency set by its radius (Minnaert 1933: about 3.26 m/s divided by the
    radius) and dies within milliseconds, its pitch rising as it nears the surface. Decay and rise:
    van den Doel, "Physically based models for liquid sounds", ACM Trans. Applied Perception 2
    (2005).
    """
    hiss = coloured(rng, n, rate, 2.0, 350, 6500) * wander(rng, n, rate, 3.0, 0.12)
    ring = np.zeros(n + rate)
    for _ in range(int(bubbles_per_s * n / rate)):
        radius_m = 0.0012 * rng.lognormal(0.0, 0.45)
        f0 = min(3.26 / radius_m, 0.42 * rate)
        t = np.arange(int(0.03 * rate)) / rate
        decay = 0.13 / radius_m + 0.0072 / radius_m**1.5
        sound = np.sin(2 * np.pi * f0 * (t + 0.05 * decay * t**2)) * np.exp(-decay * t)
        at = rng.integers(0, n)
        ring[at : at + len(t)] += sound * rng.lognormal(-0.5, 0.8)
    ring = ring[:n] / np.sqrt(np.mean(ring[:n] ** 2))
    x = 0.8 * hiss + 0.6 * ring
    return x / np.sqrt(np.mean(x**2))


def clink(rng, rate, pitch_hz=2600):
    """One touch of glass or china: inharmonic modes that die at their own rates; peak 1."""
    t = np.arange(int(0.35 * rate)) / rate
    x = np.zeros(len(t))
    for k in range(6):
        f = pitch_hz * (1 + 0.62 * k + 0.13 * k**2) * rng.uniform(0.96, 1.04)
        if f < 0.45 * rate:
            decay = rng.uniform(14, 30) * (1 + 0.6 * k)
            x += 0.75**k * rng.uniform(0.5, 1) * np.sin(2 * np.pi * f * t) * np.exp(-decay * t)
    return x / np.abs(x).max()


def chop(rng, rate):
    """One stroke of a knife on a board: a low thump and a short crack; peak 1."""
    t = np.arange(int(0.12 * rate)) / rate
    thump = np.sin(2 * np.pi * rng.uniform(150, 210) * t) * np.exp(-55 * t)
    crack = sosfilt(butter(2, [900, 4500], "band", fs=rate, output="sos"), rng.standard_normal(len(t)))
    x = thump + 0.5 * crack * np.exp(-160 * t)
    return x / np.abs(x).max()
