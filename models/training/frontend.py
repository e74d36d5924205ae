"""Front-end preset `base`: 40 log-mel energies every 10 ms, written out in NumPy.

Frame n covers samples [160 n, 160 n + 400) of 16 kHz mono audio in -1 .. 1. Periodic Hann window, zero padded to a
512-point FFT, power |X|^2 without scaling, 40 triangles between 80 and 7600 Hz that are linear and equally spaced on
the mel scale 1127 ln(1 + f / 700), peak 1. Output ln(max(E, 1e-8)).
"""
import numpy as np
from scipy import fft

RATE, HOP, LENGTH, FFT, BANDS, FLOOR = 16000, 160, 400, 512, 40, 1e-8


def filterbank(low=80.0, high=7600.0):
    """[257, 40] weights."""
    mel = lambda f: 1127.0 * np.log1p(np.asarray(f, np.float64) / 700.0)
    edges = np.linspace(mel(low), mel(high), BANDS + 2)
    bins = mel(np.arange(FFT // 2 + 1) * RATE / FFT)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    weights = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
    return np.maximum(0.0, weights).astype(np.float32)


WEIGHTS = filterbank()
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / LENGTH)).astype(np.float32)


def log_mel(audio):
    """f32[samples] -> f32[frames, 40]; no frame where there are fewer than 400 samples."""
    audio = np.asarray(audio, np.float32)
    if len(audio) < LENGTH:
        return np.zeros((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, LENGTH)[::HOP]
    power = np.abs(fft.rfft(frames * WINDOW, FFT)) ** 2
    return np.log(np.maximum(power @ WEIGHTS, FLOOR)).astype(np.float32)
