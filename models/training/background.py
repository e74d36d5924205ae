#!/usr/bin/env python3
"""What an acoustic model says about background speech, small enough to ship: the measure of typed phrases.

    background.py MODEL.ear OUT.bin

From `train` recordings only, every n-th clip of a set: frames of 20 ms with the three likeliest phones above 0.04, the
rest blank. The format is described in `src/spotter/phonetic/background.rs`. To be written anew for every new model.
"""
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

from corpus import audio, clips
from evaluate import Image

SETS = {"speech/librispeech_train": 2, "speech/doubletalk": 2, "speech/ljspeech": 4, "speech/speechocean": 8, "music": 6,
        "noise/esc10": 12}
PHONES, LEAST, PAUSE = 3, 0.04, 4800


def encode(frames):
    """Posteriors [T, 39] -> bytes."""
    out, blanks = bytearray(), 0

    def flush(blanks):
        while blanks:
            run = min(blanks, 128)
            out.append(127 + run)
            blanks -= run

    for frame in frames:
        heard = [p for p in np.argsort(frame[1:])[::-1][:PHONES] + 1 if frame[p] >= LEAST]
        if not heard:
            blanks += 1
            continue
        flush(blanks)
        blanks = 0
        out.append(len(heard))
        for phone in heard:
            out += bytes([phone, min(255, round(float(frame[phone]) * 255))])
    flush(blanks)
    return bytes(out)


def main():
    model, path = sys.argv[1:]
    net, parts = Image(model), []
    for prefix, step in SETS.items():
        for row in clips(prefix, "train")[::step]:
            parts.append(np.exp(net(np.pad(audio(row), PAUSE))))
    frames = np.concatenate(parts)
    body = struct.pack("<I", len(frames)) + encode(frames)
    Path(path).write_bytes(b"EARNBKG1" + struct.pack("<I", zlib.crc32(body)) + body)
    print(f"{len(frames) / 180000:.2f} h, {len(body) + 12} bytes")


if __name__ == "__main__":
    main()
