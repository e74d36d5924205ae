"""The sound of a room: impulse responses of a shoebox by the image-source method.

Allen and Berkley, "Image method for efficiently simulating small-room acoustics", J. Acoust.
Soc. Am. 65 (1979). Walls absorb more at high frequencies, as real ones do, so the response is
made in three bands and put together in the frequency domain.
"""

import numpy as np
from scipy.signal import butter, sosfilt

SPEED_OF_SOUND = 343.0  # m/s
BAND_EDGES_HZ = (500.0, 2000.0)


class Room:
    """A shoebox. `size_m`: three lengths; `t60_s`: decay time in each of the three bands."""

    def __init__(self, size_m, t60_s, rate, seed):
        self.size = np.asarray(size_m, float)
        self.t60 = t60_s
        self.rate = rate
        self.seed = seed
        self.known = {}

    def reflection(self, t60):
        """Eyring's formula, solved for the reflection factor (pressure) of all six walls."""
        lx, ly, lz = self.size
        volume, surface = lx * ly * lz, 2 * (lx * ly + ly * lz + lx * lz)
        absorbed = 1 - np.exp(-24 * np.log(10) * volume / (SPEED_OF_SOUND * surface * t60))
        return np.sqrt(1 - absorbed)

    def response(self, source_m, mic_m, seconds=0.45):
        """Impulse response, direct sound at sample 0 (the flight time is cut), 1/distance gain."""
        key = (tuple(source_m), tuple(mic_m), seconds)
        if key not in self.known:
            self.known[key] = self.compute(*key)
        return self.known[key]

    def compute(self, source_m, mic_m, seconds):
        source, mic = np.asarray(source_m, float), np.asarray(mic_m, float)
        reach = np.ceil(seconds * SPEED_OF_SOUND / (2 * self.size)).astype(int)
        axes = []
        for axis in range(3):
            n = np.arange(-reach[axis], reach[axis] + 1)
            same = 2 * n * self.size[axis] + source[axis] - mic[axis]
            mirrored = 2 * n * self.size[axis] - source[axis] - mic[axis]
            axes.append((
                np.concatenate([same, mirrored]),
                np.concatenate([2 * np.abs(n), np.abs(n - 1) + np.abs(n)]),
            ))
        (x, bx), (y, by), (z, bz) = axes
        offset = np.stack(np.meshgrid(x, y, z, indexing="ij"), -1).reshape(-1, 3)
        bounces = (bx[:, None, None] + by[None, :, None] + bz[None, None, :]).ravel()
        # Perfectly flat, parallel walls flutter. Shifting each image by some centimetres is what
        # furniture does; the direct path stays where it is.
        shift = np.random.default_rng(self.seed).uniform(-0.04, 0.04, offset.shape)
        offset = offset + shift * (bounces > 0)[:, None]
        distance = np.linalg.norm(offset, axis=1)
        direct = np.linalg.norm(source - mic)
        delay = (distance - direct) / SPEED_OF_SOUND * self.rate
        inside = (delay > -1) & (delay < seconds * self.rate)
        distance, bounces, delay = distance[inside], bounces[inside], np.maximum(delay[inside], 0)

        length = int(seconds * self.rate)
        size = 1 << (length + 64 - 1).bit_length()
        bands = []
        for t60 in self.t60:
            gain = self.reflection(t60) ** bounces / distance
            bands.append(np.fft.rfft(place(delay, gain, length), size))
        spectrum = sum(b * w for b, w in zip(bands, crossover(size, self.rate)))
        # All images add with one sign, which piles up at 0 Hz as no room does: high-pass, as in
        # the paper.
        high_pass = butter(2, 50.0, "highpass", fs=self.rate, output="sos")
        return sosfilt(high_pass, np.fft.irfft(spectrum, size)[:length])


def place(delay, gain, length, half=8):
    """Sums impulses at fractional delays: a sinc of 2·`half` taps under a Hann window."""
    out = np.zeros(length + 2 * half)
    base = np.floor(delay).astype(int)
    for tap in range(-half + 1, half + 1):
        t = tap - (delay - base)
        window = 0.5 * (1 + np.cos(np.pi * t / half)) * (np.abs(t) < half)
        index = base + tap
        ok = (index >= 0) & (index < len(out))
        np.add.at(out, index[ok], (gain * np.sinc(t) * window)[ok])
    return out[:length]


def crossover(size, rate):
    """Three weights per bin that sum to 1, an octave wide at each edge, without phase."""
    octave = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0))
    rise = [np.clip(octave - np.log2(edge) + 0.5, 0, 1) for edge in BAND_EDGES_HZ]
    low, high = (np.sin(np.pi / 2 * r) ** 2 for r in rise)
    return 1 - low, low - high, high
