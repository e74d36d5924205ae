#!/usr/bin/env python3
"""The card of one wake net, from what was measured.

    wake_card.py alexa --image ../wake-alexa.ear --measured MEASURED.md --checked CHECKED.md --notes notes-wake.json > ../wake-alexa.card.md

MEASURED.md and CHECKED.md are what `earnest report --format card` wrote, of the net alone and of the cascade; notes-wake.json says what no program knows: how the run went, what
peers gave. wake_card.sh does all of it.
"""
import argparse
import json
from pathlib import Path

from intervals import wilson
from wake_base import CONFIG
from wake_phrase import utterances


def share(count, of):
    low, high = wilson(count, of)
    return f"{count} of {of}: {100 * count / of:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrase")
    a.add_argument("--image", type=Path, required=True)
    a.add_argument("--measured", type=Path, required=True)
    a.add_argument("--checked", type=Path, required=True)
    a.add_argument("--notes", type=Path, required=True)
    o = a.parse_args()
    notes = json.loads(o.notes.read_text())
    ways = " / ".join(" ".join(sum(way, [])) for way in utterances(o.phrase))
    lines = [f"# wake-{o.phrase.replace(' ', '_')}", "", f"Wake net for “{o.phrase}” ({ways}), for `spotter::net`.", "",
             "| | |", "|---|---|", f"| image, int8 | {o.image.stat().st_size} bytes |",
             f"| network | stem {CONFIG['stem']}, {len(CONFIG['dilations'])} blocks of {CONFIG['channels']} channels, one log-odds every 40 ms |"]
    lines += [f"| {k} | {v} |" for k, v in notes["facts"].items()]
    for note in [*notes["all"], *notes["phrases"].get(o.phrase, [])]:
        lines += ["", note]
    lines += ["", "## Measured", "", "Thresholds were chosen on `dev`. By `training/wake_card.sh`; the commands run in `models/`.", "",
              "## With the check: `--engine cascade`", "", o.checked.read_text().rstrip(), "", "## The net alone", "", o.measured.read_text().rstrip(), ""]
    if "game_dialogue" in lines[-2]:
        lines += ["`game_dialogue` is the folder that `../shared/tools/game_dialogue.py` makes.", ""]
    if o.phrase in notes["peers"]:
        lines += ["## Others on the same dev recordings", "", "| engine | clean, missed | 10 dB, missed |", "|---|---|---|"]
        for engine, (clean, noisy, of) in notes["peers"][o.phrase].items():
            lines.append(f"| {engine} | {share(clean, of)} | {share(noisy, of)} |")
        lines.append("")
    print("\n".join(lines).rstrip())


if __name__ == "__main__":
    main()
