"""Speech and noise mixed at known levels, with labels from the clean speech. Used by train.py and by benches/vad.py.

A mixture is a sequence of utterances with pauses between them, over one kind of noise. Everything is drawn from a
seed, so that the same mixtures come out on every machine.
"""
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import fftconvolve, lfilter

RATE = 16000
HOP = 160
WINDOW = 400
NOISES = ("kitchen", "esc10", "rooms", "music")
# Music by length in whole seconds: files of one length are the parts of one piece, which must not be divided.
MUSIC = {"train": {0, 40, 41}, "dev": {7, 80}, "test": {15, 83, 97}}
# Which share of each split's utterances comes from where.
SPEECH = {
    "train": (("ljspeech", "train"), ("librispeech_train", "train"), ("speechocean", "train")),
    "dev": (("speechocean", "dev"),),
    "test": (("librispeech_other", "test"), ("speechocean", "test")),
}


@dataclass
class Mixture:
    """speech and noise: float32 at 16 kHz, both with unit power where they are active; label: bool a frame."""

    noise_kind: str
    speech: np.ndarray
    noise: np.ndarray
    label: np.ndarray

    def at(self, snr_db, level_dbfs=-26.0, noise=None):
        """i16 samples with the speech at `level_dbfs` (RMS below a full-scale square wave) where it is active."""
        noise = self.noise if noise is None else noise
        mixed = self.speech + noise * 10 ** (-snr_db / 20)
        return np.clip(np.round(mixed * 32768 * 10 ** (level_dbfs / 20)), -32768, 32767).astype(np.int16)


def read(path):
    samples, rate = sf.read(path, dtype="float32")
    assert rate == RATE and samples.ndim == 1, path
    return samples


def manifest(folder):
    with open(folder / "manifest.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) | {"path": folder / json.loads(line)["file"]} for line in lines]


def frame_power(samples):
    """Power in every window of WINDOW samples, one every HOP, Hann-weighted as in the front end."""
    window = np.hanning(WINDOW + 1)[:-1] ** 2
    count = max(0, (len(samples) - WINDOW) // HOP + 1)
    squares = samples.astype(np.float64) ** 2
    frames = np.lib.stride_tricks.sliding_window_view(squares, WINDOW)[::HOP][:count]
    return frames @ window / window.sum()


def runs(mask):
    """Start and end of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return edges.reshape(-1, 2)


def speech_frames(clean):
    """The label rule: a frame is speech where the clean recording is within 30 dB of its 95th percentile of frame
    power. Pauses up to 100 ms (stop closures) then count as speech, and speech under 50 ms (clicks) doesn't."""
    power = frame_power(clean)
    mask = power > np.percentile(power, 95) * 1e-3
    for start, end in runs(~mask):
        if end - start <= 10 and start > 0 and end < len(mask):
            mask[start:end] = True
    for start, end in runs(mask):
        if end - start < 5:
            mask[start:end] = False
    return mask


def noise_clips(data, kind, split):
    """Recordings of one kind that belong to one split: half of them test, a tenth dev."""
    if kind == "kitchen":  # One recording: the first half trains, then dev, then test.
        whole = read(data / "noise/kitchen/kitchen.ogg")
        cuts = {"train": (0.0, 0.4), "dev": (0.4, 0.5), "test": (0.5, 1.0)}[split]
        return [whole[int(len(whole) * cuts[0]):int(len(whole) * cuts[1])]]
    clips = []
    for clip in manifest(data / ("music" if kind == "music" else f"noise/{kind}")):
        if kind == "music":
            mine = int(clip["seconds"]) in MUSIC[split]
        else:
            # ESC-10 cuts several clips from one upload; the upload's number decides.
            name = clip["file"].split("-")[1] if kind == "esc10" else clip["file"]
            bucket = zlib.crc32(name.encode()) % 10
            mine = split == ("test" if bucket < 5 else "dev" if bucket < 6 else "train")
        if mine and clip["seconds"] > 1:
            clips.append(read(clip["path"]))
    return clips


def unit_power(samples, active):
    return samples / np.sqrt(max(np.mean(samples[active] ** 2), 1e-12))


def active_samples(samples, below_db=40.0):
    power = frame_power(samples)
    mask = np.repeat(power > np.percentile(power, 95) * 10 ** (-below_db / 10), HOP)
    return np.flatnonzero(mask)


def fade(samples, length=160):
    ramp = np.linspace(0, 1, min(length, len(samples) // 2), dtype=np.float32)
    samples = samples.copy()
    samples[:len(ramp)] *= ramp
    samples[len(samples) - len(ramp):] *= ramp[::-1]
    return samples


def draw_noise(rng, clips, length, kind):
    """`length` samples of pieces of `clips`; music is up to three parts of a piece at once."""
    out = np.zeros(length, np.float32)
    at = 0
    while at < length:
        clip = clips[rng.integers(len(clips))]
        if kind == "music":
            same = [c for c in clips if len(c) == len(clip)]
            clip = sum(same[i] for i in rng.choice(len(same), min(len(same), rng.integers(1, 4)), replace=False))
        start = rng.integers(max(1, len(clip) - 3 * RATE))
        piece = fade(clip[start:start + min(length - at, 8 * RATE)])
        if np.mean(piece ** 2) > 1e-9:
            piece = piece / np.sqrt(np.mean(piece ** 2))
            out[at:at + len(piece)] = piece
            at += len(piece)
    return unit_power(out, active_samples(out))


def utterances(data, split, count, rng, longest_s=5.0):
    """At most `count` utterances of each corpus, shortened to `longest_s`."""
    clips = []
    for corpus, part in SPEECH[split]:
        items = [clip for clip in manifest(data / "speech" / corpus) if clip["split"] == part]
        for i in rng.permutation(len(items))[:count]:
            clips.append(read(items[i]["path"])[:int(longest_s * RATE)])
    return [clips[i] for i in rng.permutation(len(clips))]


def mixtures(data, split, count, seed, per_sequence=4, reverberant=0.0):
    """Sequences of `per_sequence` utterances with pauses of 0.6 to 3 s, the kinds of noise in turn."""
    data = Path(data)
    rng = np.random.default_rng(seed)
    noise = {kind: noise_clips(data, kind, split) for kind in NOISES}
    rooms = [read(item["path"]) for item in manifest(data / "rir")] if reverberant else []
    clips = utterances(data, split, count, rng)
    for n, start in enumerate(range(0, len(clips) - per_sequence + 1, per_sequence)):
        parts, labels = [], []
        room = rooms[rng.integers(len(rooms))] if rng.random() < reverberant else None
        for clip in clips[start:start + per_sequence]:
            clip = fade(clip)
            frames = speech_frames(clip)
            clip = unit_power(clip, np.flatnonzero(np.repeat(frames, HOP)))
            pause = int(rng.uniform(0.6, 3.0) * RATE) // HOP * HOP
            parts += [np.zeros(pause, np.float32), clip[:len(clip) // HOP * HOP]]
            # Labels on the grid of the whole sequence: the frame that starts at sample 160·i.
            label = np.zeros(len(parts[-1]) // HOP, bool)
            label[:len(frames)] = frames[:len(label)]
            labels += [np.zeros(pause // HOP, bool), label]
        pause = int(rng.uniform(0.6, 3.0) * RATE) // HOP * HOP
        parts.append(np.zeros(pause, np.float32))
        labels.append(np.zeros(pause // HOP, bool))
        speech, label = np.concatenate(parts), np.concatenate(labels)
        if room is not None:
            peak = np.argmax(np.abs(room))
            wet = fftconvolve(speech, room[peak:peak + RATE // 2])[:len(speech)].astype(np.float32)
            speech = unit_power(wet, np.flatnonzero(np.repeat(label, HOP)))
        kind = NOISES[n % len(NOISES)]
        yield Mixture(kind, speech, draw_noise(rng, noise[kind], len(speech), kind), label)


def coloured(rng, samples):
    """A random gentle first-order tilt: another microphone."""
    tilt = rng.uniform(-0.5, 0.5)
    return lfilter([1.0, tilt], [1.0], samples).astype(np.float32)
