#!/usr/bin/env python3
"""What talk gets through gates that are forced open, and what that bounds.

    gates.py --split dev|test [--more FOLDER] [--wakes PER_HOUR] [--earnest PROGRAM] [--config TOML] [--every S]
        --more: another folder with a manifest, of ../../../shared/tools/game_dialogue.py
        --wakes: false wakes an hour at most, from the wake word's card

All speech of a split, one recording after the other without a pause. Upper bounds are exact (Clopper and Pearson),
one-sided, 95 %; each is its own. The policy is chosen on dev, test is run once.

No talk comes past the intent, so whether talk that did would confirm more easily can't be counted. What can be: whether talk
that sounds more like a command sounds more like a confirmation. Each trial of the confirmation gets the highest probability
of a command that a forced wake phrase found at the same place, and the tenth where that is highest is counted apart.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import beta, spearmanr

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models" / "training"))
from corpus import DATA, clips  # noqa: E402

SETS = ["command/coffee", "negative/false_activations", "negative/near_words", "speech/", "wake/", "words/"]


def at_most(k, n):
    return 1.0 if k >= n else float(beta.ppf(0.95, k + 1, n - k))


def recordings(o):
    rows = [(str(r["path"]), r["seconds"]) for p in SETS for r in clips(p, o.split)]
    if o.more:
        for line in (o.more / "manifest.jsonl").open():
            row = json.loads(line)
            if row["split"] == o.split:
                rows.append((str(o.more / row["file"]), row["seconds"]))
    return sorted(rows)


def trials(o, gate, rows):
    """Trials as the program tells them, each with its place in the stream, and its summary."""
    begins, at = {}, 0.0
    for path, seconds in rows:
        begins[path] = at
        at += seconds
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write("".join(path + "\n" for path, _ in rows))
        names.flush()
        command = [o.earnest, "chain", "--json", "--config", str(o.config), "--force-gate", gate, "--intent", o.intent,
                   "--every", str(o.every), "--list", names.name]
        told = [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]
    each = [dict(t, at=begins[t["file"]] + t["at_s"]) for t in told if t["type"] == "trial"]
    return each, told[-1]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--split", required=True, choices=["dev", "test"])
    a.add_argument("--more", type=Path)
    a.add_argument("--wakes", type=float, default=1.5)
    a.add_argument("--earnest", default=str(ROOT / "target" / "release" / "earnest"))
    a.add_argument("--config", type=Path, default=ROOT / "examples" / "household" / "assistant.toml")
    a.add_argument("--intent", default="SendMessage")
    a.add_argument("--every", type=float, default=2)
    o = a.parse_args()
    rows = recordings(o)
    print(f"{o.split}: {len(rows)} recordings in {DATA.name} and beside it, {sum(s for _, s in rows) / 3600:.2f} h")
    found = {}
    for gate in ("wake", "slot", "confirm"):
        found[gate], total = trials(o, gate, rows)
        for name, passed in total["passed"].items():
            print(f"{gate} forced, {name}: {passed['count']} of {total['trials']}, at most {100 * passed['at_most']:.3f} %", flush=True)
    count = {gate: len(each) for gate, each in found.items()}
    through = lambda gate, name: sum(name in t["passed"] for t in found[gate])
    intent = at_most(through("wake", "intent"), count["wake"])
    answer = at_most(through("confirm", "confirmation"), count["confirm"])

    places = np.array([t["at"] for t in found["wake"]])
    likeness = np.array([t["confidence"] for t in found["wake"]])
    near = [np.abs(places - t["at"]).argmin() for t in found["confirm"]]
    command, confirmation = likeness[near], np.array([t["confidence"] for t in found["confirm"]])
    rho, p = spearmanr(command, confirmation)
    tenth = np.argsort(-command, kind="stable")[: len(command) // 10]
    passed = np.array(["confirmation" in t["passed"] for t in found["confirm"]])
    like = confirmation > 0.1
    tail = at_most(int(passed[tenth].sum()), len(tenth))
    print(f"like a command and like a confirmation: Spearman {rho:+.3f} (p {p:.2f}); more than 0.1 sure of a confirmation: "
          f"{like[tenth].sum()} of the {len(tenth)} most like a command (from {command[tenth].min():.3f}), {like.sum()} of all {len(like)}; "
          f"confirmed: {passed[tenth].sum()} of them, at most {100 * tail:.2f} %")
    print(f"wrong disclosures at most, with {o.wakes} false wakes an hour: {o.wakes * 1e3 * intent:.2f} in 1,000 h by the intent alone; "
          f"{o.wakes * 1e4 * intent * tail:.2f} in 10,000 h if talk past the intent confirms as the most command-like tenth does; "
          f"{o.wakes * 1e4 * intent * answer:.3f} in 10,000 h if as any talk does")


if __name__ == "__main__":
    main()
