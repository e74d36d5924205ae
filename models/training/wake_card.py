#!/usr/bin/env python3
"""The card of one wake net, from what was measured.

    wake_card.py alexa --image ../wake-alexa.ear --dev dev.json [--test test.json] --notes notes-wake.json > ../wake-alexa.card.md

Figures come from wake_measure.py; notes-wake.json says what no program knows: how the run went, what peers gave.
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


def figures(name, f):
    lines = [f"## On {name}", "", f"Threshold {f['threshold']}. Missed, with 95 % intervals (Wilson):", "", "| recordings | missed | latency, median and 95th percentile |", "|---|---|---|"]
    for kind in ("clean", "10 dB"):
        if kind in f:
            latency = f.get("latency_ms", {}).get(kind)
            lines.append(f"| {'clean' if kind == 'clean' else 'kitchen noise at 10 dB'} | {share(f[kind]['missed'], f[kind]['of'])} | "
                         + (f"≤ {latency[1]:.0f} ms, ≤ {latency[2]:.0f} ms |" if latency else "– |"))
    if not any(kind in f for kind in ("clean", "10 dB")):
        lines.append("| none in the data | – | – |")
    spoken = [k for k in ("clean", "10 dB") if k in f]
    if spoken:
        lines += ["", "| false accepts allowed | " + " | ".join(f"missed {k}" for k in spoken) + " |", "|---|" + "---|" * len(spoken)]
        for n in f[spoken[0]]["by_accepts"]:
            lines.append(f"| {n} | " + " | ".join(f"{f[k]['by_accepts'][n]} of {f[k]['of']}" for k in spoken) + " |")
    lines += ["", "False accepts, files in which anything was heard:", "", "| set | hours | accepted |", "|---|---|---|"]
    total = [0, 0.0]
    for set_, (count, hours) in f["false accepts"].items():
        lines.append(f"| {set_} | {hours:.2f} | {count} |")
        total = [total[0] + count, total[1] + hours]
    upper = [3.0, 4.74, 6.3, 7.75, 9.15, 10.51, 11.84, 13.15, 14.43, 15.71, 16.96]
    bound = f"; upper bound, one-sided 95 %: {upper[total[0]] / total[1]:.2f} per hour" if total[0] < len(upper) else ""
    return lines + [f"| all | {total[1]:.2f} | {total[0]}{bound} |", ""]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrase")
    a.add_argument("--image", type=Path, required=True)
    a.add_argument("--dev", type=Path, required=True)
    a.add_argument("--test", type=Path)
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
    lines += ["", *figures("`dev`, where the threshold was chosen", json.loads(o.dev.read_text()))]
    if o.test:
        lines += figures("`test`, once", json.loads(o.test.read_text()))
    if o.phrase in notes["peers"]:
        lines += ["## Others on the same dev recordings", "", "| engine | clean, missed | 10 dB, missed |", "|---|---|---|"]
        for engine, (clean, noisy, of) in notes["peers"][o.phrase].items():
            lines.append(f"| {engine} | {share(clean, of)} | {share(noisy, of)} |")
        lines.append("")
    print("\n".join(lines).rstrip())


if __name__ == "__main__":
    main()
