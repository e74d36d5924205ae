#!/usr/bin/env python3
"""Tables from the lines of `typed_phrases`: detection, false accepts and confusables at several thresholds.

    figures.py NEGATIVE.jsonl CONFUSABLE.jsonl NAME=POSITIVE.jsonl …

Phrases that the negative recordings hold in truth are left out of the mean (americano in the coffee orders, athena,
amelia, sheila and hey chatterbox among what woke devices by that name), and for "computer" the set `near_words` and
what in the game says it without a fault. Intervals: Wilson, 95 %.
"""
import json
import math
import sys

FOUR = ["alexa", "computer", "snowboy", "view glass"]
HELD = {"americano", "athena", "amelia", "sheila", "hey chatterbox", "hey computer"}
CONFUSED = FOUR + ["smart mirror", "hey earnest", "jarvis"]
THRESHOLDS = [0.2, 1 / 3, 0.5, 2 / 3, 5 / 6, 10 / 11]


def read(path):
    clips = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "heard" in row:
                clips[-1]["found"].append(row)
            else:
                clips.append(dict(row, found=[]))
    return clips


def wilson(k, n, z=1.959963985):
    centre, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return f"{k}/{n} = {100 * k / n:.1f} % [{100 * (centre - half):.1f}, {100 * (centre + half):.1f}]"


def said(clip, found):
    """Is it in truth the phrase?"""
    return "computer" in found["heard"] and ("near_words" in clip["set"] or "game" in clip["set"] and found["ratio"] > -0.12)


def main():
    negative, confusable = read(sys.argv[1]), read(sys.argv[2])
    positive = {name: read(path) for name, path in (a.split("=", 1) for a in sys.argv[3:])}
    hours = sum(clip["seconds"] for clip in negative) / 3600
    phrases = sorted({f["heard"] for clip in negative for f in clip["found"]} - HELD)
    for threshold in THRESHOLDS:
        print(f"score {threshold:.3f}, expected {0.5 * (1 - threshold) / threshold:.2f} an hour")
        count = dict.fromkeys(phrases, 0)
        for clip in negative:
            for f in clip["found"]:
                if f["score"] >= threshold and f["heard"] in count and not said(clip, f):
                    count[f["heard"]] += 1
        rates = sorted(n / hours for n in count.values())
        four = ", ".join(f"{p} {count.get(p, 0)}" for p in FOUR)
        print(f"  false accepts: {sum(count.values())} of {len(phrases)} phrases in {hours:.2f} h: {sum(rates) / len(rates):.2f} an hour and phrase,"
              f" median {rates[len(rates) // 2]:.2f}, nine of ten below {rates[int(0.9 * len(rates))]:.2f}; {four}")
        for name, clips in positive.items():
            hits = {p: [0, 0] for p in FOUR}
            for clip in clips:
                p = clip["phrase"].replace("_", " ")
                hits[p][0] += any(f["heard"] == p and f["score"] >= threshold for f in clip["found"])
                hits[p][1] += 1
            k, n = (sum(h[i] for h in hits.values()) for i in (0, 1))
            print(f"  {name}: {wilson(k, n)}; " + ", ".join(f"{p} {h[0]}/{h[1]}" for p, h in hits.items()))
        spoken = [clip for clip in confusable if clip["set"] == "tts/confusable"]
        fired = sum(any(f["heard"] in CONFUSED and f["score"] >= threshold for f in clip["found"]) for clip in spoken)
        print(f"  confusables: {wilson(fired, len(spoken))}")
    cpu, seconds = sum(clip["cpu_s"] for clip in negative), sum(clip["seconds"] + 2 for clip in negative)
    print(f"{3600 * cpu / seconds:.2f} CPU seconds an hour of audio, with {len(phrases) + len(HELD)} phrases")


if __name__ == "__main__":
    main()
