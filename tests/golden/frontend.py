#!/usr/bin/env python3
"""Golden features for tests/frontend_golden.rs, by other people's implementations.

    pip install numpy scipy librosa==0.11.0 kaldi-native-fbank==1.23.0 pymicro-features==2.0.2
    python tests/golden/frontend.py        # writes frontend_*.bin beside itself

Each file is a matrix of little-endian float32 (the micro front end: uint16), one frame a row. A last one holds the
FNV-1a hash of what the micro front end makes of a minute of noise: it is long enough to tell filter weights that are
one step apart.
The audio is made of integers alone, so that the Rust test makes the very same samples.
"""
from pathlib import Path

import kaldi_native_fbank as knf
import librosa
import numpy as np
import pymicro_features
import scipy.signal

HERE = Path(__file__).parent
RATE, HOP, WINDOW, FFT = 16000, 160, 400, 512


def signal():
    """Two seconds: chirp, silence, rising noise, clipped noise, chirp and noise on an offset."""
    out, state, phase = [], 1, 0
    for i in range(2 * RATE):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        noise = (state >> 16) - 32768
        phase = (phase + 400000 + (i % 8000) * 230000) & 0xFFFFFFFF
        ramp = (phase >> 16) - 32768
        triangle = 2 * abs(ramp) - 32768
        if i < 8000:
            x = triangle >> 2
        elif i < 12800:
            x = 0
        elif i < 22400:
            x = (noise * (i - 12800)) >> 16
        elif i < 25600:
            x = 3 * noise
        else:
            x = (triangle >> 4) + (noise >> 7) + 500
        out.append(max(-32768, min(32767, x)))
    return np.array(out, dtype=np.int16)


def save(name, matrix, dtype="<f4"):
    matrix = np.ascontiguousarray(matrix, dtype=dtype)
    (HERE / f"frontend_{name}.bin").write_bytes(matrix.tobytes())
    print(f"{name:12s} {matrix.shape} {matrix.min():.4f} .. {matrix.max():.4f}")


def kaldi(pcm, bins, snip_edges):
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE
    options.frame_opts.snip_edges = snip_edges
    options.mel_opts.num_bins = bins
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(RATE, pcm.astype(np.float32).tolist())
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])


def micro(pcm):
    frontend, raw, rows = pymicro_features.MicroFrontend(), pcm.tobytes(), []
    for start in range(0, len(raw) - 319, 320):
        features = frontend.process_samples(raw[start : start + 320]).features
        if features:
            rows.append(np.round(np.array(features) / 0.0390625))
    return np.stack(rows)


def minute():
    """White noise whose level goes up and down every second."""
    out, state = [], 1
    for i in range(60 * RATE):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(((state >> 16) - 32768) >> (i // 4000 % 12))
    return np.array(out, dtype=np.int16)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def log_mel(x):
    """The base preset by its definition, in double precision."""
    mel = lambda hz: 1127 * np.log(1 + hz / 700)
    edges = np.linspace(mel(80), mel(7600), 42)
    position = mel(np.arange(FFT // 2 + 1) * RATE / FFT)[None, :]
    step = edges[1] - edges[0]
    bank = np.maximum(0, 1 - np.abs(position - edges[1:-1, None]) / step)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * window, FFT)) ** 2
    return np.log(np.maximum(power @ bank.T, 1e-8))


def decibel(x):
    energy = librosa.feature.melspectrogram(
        y=x, sr=RATE, n_fft=FFT, win_length=WINDOW, hop_length=HOP, n_mels=80, power=2.0, dtype=np.float64
    )
    return librosa.power_to_db(energy, ref=1.0, amin=1e-10, top_db=None).T


def pcen(x):
    # librosa centres a short window in the FFT's frame; 56 zeros in front move it back to the start.
    padded = np.concatenate([np.zeros((FFT - WINDOW) // 2), x, np.zeros((FFT - WINDOW) // 2)])
    energy = librosa.feature.melspectrogram(
        y=padded, sr=RATE, n_fft=FFT, win_length=WINDOW, hop_length=HOP, n_mels=40, fmin=80, fmax=7600,
        power=2.0, center=False, htk=True, norm=None, dtype=np.float64,
    )
    return librosa.pcen(energy * 32768.0**2, sr=RATE, hop_length=HOP).T


def conditioned(x):
    pole = np.exp(-2 * np.pi * 20 / RATE)
    high_passed = scipy.signal.lfilter([1, -1], [1, -pole], x)
    return log_mel(scipy.signal.lfilter([1, -0.97], [1], high_passed))


pcm = signal()
unit = pcm / 32768.0
save("base", log_mel(unit))
save("conditioned", conditioned(unit)[::4])
save("kaldi", kaldi(pcm, 80, True))
save("kaldi_mirror", kaldi(pcm, 23, False))
save("librosa", decibel(unit)[::2])
save("pcen", pcen(unit))
save("micro", micro(pcm), "<u2")
(HERE / "frontend_micro_minute.txt").write_text(f"{fnv1a(micro(minute()).astype('<u2').tobytes()):#018x}\n")
