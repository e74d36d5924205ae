#!/usr/bin/env python3
"""How long after the end of the phrase a packed image's score is highest, ms: what the spotter takes off to say where it ended.

    wake_delay.py IMAGE.ear PHRASE [--earnest PROGRAM]

The median over the dev recordings in which the phrase is heard, a second of silence around each. The phrase ends where
wake_align.py's acoustic model puts the last frame of its last phone. Prints nothing where there are no recordings.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile

from corpus import HERE, audio, cached, clips, save
from frontend import log_mel
from symbols import ids
from wake_align import span
from wake_phrase import utterances


def ends(rows, phrase):
    """Where the phrase ends in each recording, s."""
    session, out = None, {}
    ways = [[[], ids(sum(way, [])), []] for way in utterances(phrase)]
    for row in rows:
        path = cached("span", row["key"])
        if not path.exists():
            session = session or onnxruntime.InferenceSession(str(HERE.parent / "phones-m.onnx"), providers=["CPUExecutionProvider"])
            mel = log_mel(np.pad(audio(row), (0, 6400)))
            save(path, span(session.run(None, {"mel": mel[None]})[0][0], ways))
        out[row["key"]] = 0.02 * (np.load(path)[1] + 1)
    return out


def told(program, image, files):
    """Where the spotter puts the end of the phrase, first event of each file: {file: s}."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(map(str, files)))
        listed.flush()
        command = [program, "detect", "--model", str(image), "--json", "--list", listed.name]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    out = {}
    for event in map(json.loads, lines):
        if event["type"] == "detection":
            out.setdefault(event["file"], event["end_s"])
    return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("image", type=Path)
    a.add_argument("phrase")
    a.add_argument("--earnest", default=str(HERE.parents[1] / "target/release/earnest"))
    o = a.parse_args()
    rows = [row for row in clips("wake/", "dev") if row["phrase"] == o.phrase]
    if not rows:
        return
    about = subprocess.run([o.earnest, "model", "info", str(o.image)], capture_output=True, text=True, check=True).stdout
    taken_off = int(next(line.split()[-1] for line in about.splitlines() if line.startswith("delay_ms")))
    with tempfile.TemporaryDirectory() as folder:
        padded = {}
        for n, row in enumerate(rows):
            path = str(Path(folder) / f"{n}.wav")
            soundfile.write(path, np.pad(audio(row), 16000), 16000, subtype="PCM_16")
            padded[path] = row["key"]
        heard = told(o.earnest, o.image, padded)
    last = ends(rows, o.phrase)
    late = [1000 * (end - 1.0 - last[padded[path]]) for path, end in heard.items()]
    if late:
        print(max(0, round(float(np.median(late))) + taken_off))


if __name__ == "__main__":
    main()
