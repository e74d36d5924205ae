#!/usr/bin/env python3
"""The spotter's figures for one packed image, through `earnest detect`: misses clean and in noise, false accepts, latency.

    wake_measure.py IMAGE.ear --phrase alexa --out MEASURED.json [--split dev] [--threshold X] [--earnest PROGRAM] [--accepts N]

Real recordings of the phrase, clean and in kitchen noise at 10 dB (wake_dev.py), a second of silence around each, are hits if
anything is heard in them. Negatives: all speech and false activations of the split, other phrases' recordings clean, and
the dialogue of EARNEST_DIALOGUE; a file counts at most once, each is a few seconds. On dev, without --threshold, the
threshold is the lowest with no more false accepts than --accepts, between 0.3 and 0.97; from it come the curve and the delay that
wake_export.py writes into the model. Latency: from the end of the phrase, where wake_align.py's acoustic model puts the last
frame of its last phone, to the latest moment at which the event can have come.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile

from corpus import CACHE, HERE, audio, cached, clips, save
from frontend import log_mel
from intervals import wilson
from symbols import ids
from wake_align import span
from wake_dev import NOT_FOR, dialogue, mixed
from wake_phrase import utterances

NEGATIVES = {"dev": ["speech/speechocean", "negative/false_activations", "negative/near_words", "command/coffee", "words/speech_commands"],
             "test": ["speech/speechocean", "speech/ljspeech", "speech/librispeech_other", "negative/false_activations", "command/coffee", "words/speech_commands"]}
GRID = np.round(np.concatenate([np.arange(0.02, 0.9, 0.02), np.arange(0.9, 0.995, 0.005)]), 3)
LATEST_MS = 80                     # after the step that the event stands at, at the latest


def recordings(split, folder):
    """Wake recordings with a second of silence on both sides, and the same in noise: {kind: {path: row}}."""
    kitchen, rng, out = audio(clips("noise/kitchen")[0]), np.random.default_rng(7), {"clean": {}, "10 dB": {}}
    for row in clips("wake/", split):
        for kind in out:
            path = folder / kind.replace(" ", "_") / (row["key"].replace("/", "_") + ".wav")
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                x = np.pad(audio(row), 16000)
                soundfile.write(path, mixed(x, kitchen, 10.0, rng) if kind != "clean" else x, 16000, subtype="PCM_16")
            out[kind][str(path)] = row
    return out


def detect(program, image, files, threshold):
    """{file: (highest score, events)}, hours"""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
        f.write("\n".join(map(str, files)))
        f.flush()
        command = [program, "detect", "--model", str(image), "--json", "--threshold", str(threshold), "--list", f.name]
        lines = [json.loads(x) for x in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
    events = {}
    for x in lines:
        if x["type"] == "detection":
            events.setdefault(x["file"], []).append(x)
    about = [x for x in lines if x["type"] == "file"]
    assert len(about) == len(files), (len(about), len(files))
    return {x["file"]: (x["max_score"] or 0.0, events.get(x["file"], [])) for x in about}, sum(x["seconds"] or 0 for x in about) / 3600


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


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("image", type=Path)
    a.add_argument("--phrase", required=True)
    a.add_argument("--split", default="dev", choices=["dev", "test"])
    a.add_argument("--threshold", type=float)
    a.add_argument("--accepts", type=int, default=0, help="false accepts on dev that the threshold may give")
    a.add_argument("--out", type=Path)
    a.add_argument("--earnest", default=str(HERE.parents[1] / "target/release/earnest"))
    o = a.parse_args()
    about = subprocess.run([o.earnest, "model", "info", str(o.image)], capture_output=True, text=True, check=True).stdout
    subtracted = int(next(line.split()[-1] for line in about.splitlines() if line.startswith("delay_ms")))
    spoken = recordings(o.split, CACHE / "measure" / o.split)
    own = {kind: {p: r for p, r in rows.items() if r["phrase"] == o.phrase} for kind, rows in spoken.items()}
    others = [p for p, r in spoken["clean"].items() if r["phrase"] != o.phrase]
    sets = {prefix: [str(r["path"]) for r in clips(prefix, o.split)] for prefix in NEGATIVES[o.split] if prefix != NOT_FOR.get(o.phrase)}
    sets |= {"other wake phrases": others, "game dialogue": [str(r["path"]) for r in dialogue(o.split)]}
    heard, hours, hours_of = {}, 0.0, {}
    for name, files in sets.items():
        if files:
            found, h = detect(o.earnest, o.image, files, 1.0)
            heard |= {(name, f): score for f, (score, _) in found.items()}
            hours, hours_of[name] = hours + h, h
    worst = sorted(heard.items(), key=lambda kv: -kv[1])
    threshold = o.threshold
    if threshold is None:
        threshold = float(next((t for t in GRID if 0.3 <= t and worst[o.accepts][1] < t), 0.97))
    figures = dict(phrase=o.phrase, split=o.split, threshold=threshold, hours=round(hours, 3))
    delays = []
    for kind, rows in own.items():
        if not rows:
            continue
        found, _ = detect(o.earnest, o.image, rows, threshold)
        last = ends(rows.values(), o.phrase)
        missed = [Path(p).stem for p, (_, events) in found.items() if not events]
        at = [1000 * (events[0]["end_s"] - 1.0 - last[rows[p]["key"]]) for p, (_, events) in found.items() if events]
        low, high = wilson(len(missed), len(rows))
        # Missed if so many false accepts are allowed.
        allowed = {n: sum(score <= worst[n][1] for score, _ in found.values()) for n in (0, 1, 2, 5, 10, 20)}
        figures[kind] = dict(missed=len(missed), of=len(rows), share=[len(missed) / len(rows), low, high], by_accepts=allowed, which=missed,
                             scores=sorted(round(s, 3) for s, _ in found.values())[:12],
                             twice=sum(len(e) > 1 for _, e in found.values()), told_minus_delay_ms=np.quantile(at, [0.05, 0.5, 0.95]).round().tolist() if at else None)
        if kind == "clean":
            delays = at
    accepts = {name: sum(s >= threshold for (n, _), s in heard.items() if n == name) for name in hours_of}
    figures["false accepts"] = {name: [int(accepts[name]), round(hours_of[name], 3)] for name in hours_of}
    figures["worst"] = [f"{name} {Path(f).name} {score:.3f}" for (name, f), score in worst[:10]]
    scores = np.array(list(heard.values()))
    figures["curve"] = f"{hours:.3f} " + " ".join(f"{t:g}:{int((scores >= t).sum())}" for t in GRID)
    if delays:
        # Where the spotter put the end, plus what it takes off, is when the score was highest.
        figures["delay_ms"] = int(max(0, np.median(delays) + subtracted))
        figures["latency_ms"] = {k: [x + subtracted + LATEST_MS for x in figures[k]["told_minus_delay_ms"]] for k in own if figures[k]["told_minus_delay_ms"]}
    print(json.dumps({k: v for k, v in figures.items() if k != "curve"}, indent=1))
    if o.out:
        o.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
