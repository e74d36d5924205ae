#!/usr/bin/env python3
"""Where in its clips a wake phrase begins and ends, and targets for the phones of everything spoken for wake nets.

    wake_align.py PHRASE … [--model ../phones-m.onnx]

Our own acoustic model listens; the text is known. For each clip that has the phrase (synthetic-wake, tts/wake, wake_community)
`span` is the best path's first and last 20 ms frame of it; clips in which it lasts less than 0.24 s or more than 1.8 s are
left out of training. For synthetic-wake and tts/wake clips also `spoken`, made as align.py makes `aligned`. Needs `mel`
(features.py); clips already done are skipped.
"""
import argparse

import numpy as np
import onnxruntime

from align import LEAST, occupancy
from corpus import HERE, cached, clips, save
from symbols import BLANK, ids
from wake_phrase import utterances

SHORTEST, LONGEST = 12, 90


def path(lp, labels):
    """Best state of every frame of lp [T, symbols], states as in align.occupancy; and its log-probability."""
    states = np.full(2 * len(labels) + 1, BLANK)
    states[1::2] = labels
    skip = np.zeros(len(states), bool)
    skip[3::2] = states[3::2] != states[1:-2:2]
    local, none = lp[:, states], -1e30
    score = np.full(len(states), none)
    score[:2] = local[0, :2]
    back = np.zeros((len(lp), len(states)), int)
    for t in range(1, len(lp)):
        options = np.stack([score, np.concatenate([[none], score[:-1]]), np.where(skip, np.concatenate([[none, none], score[:-2]]), none)])
        back[t] = options.argmax(0)
        score = options.max(0) + local[t]
    at = len(states) - 1 if score[-1] > score[-2] else len(states) - 2
    best, out = score[at], np.empty(len(lp), int)
    for t in range(len(lp) - 1, -1, -1):
        out[t] = at
        at -= back[t, at]
    return out, best


def span(lp, ways):
    """First and last frame of the phrase; ways: [symbols before, of the phrase, after] for each way it may have been said."""
    found = []
    for before, phrase, after in ways:
        labels = [*before, *phrase, *after]
        if len(lp) > 2 * len(labels) + 1:
            states, score = path(lp, labels)
            inside = np.flatnonzero((states >= 2 * len(before) + 1) & (states <= 2 * (len(before) + len(phrase)) - 1))
            if len(inside):
                found.append((score, inside[0], inside[-1]))
    return np.array(max(found)[1:]) if found else np.zeros(2, int)


def positives(phrase):
    """Rows in which the phrase is said, with `wake` as wake_synthesize.py writes it or every way of saying it alone."""
    name = phrase.replace(" ", "_")
    rows = [r for r in clips(f"synthetic-wake/{name}/", "train") if "wake" in r]
    alone = [r for r in clips("tts/wake", "train") if r["text"] == phrase] + clips(f"wake_community/{name}", "train")
    return [(r, [r["wake"]]) for r in rows] + [(r, [[[], ids(sum(way, [])), []] for way in utterances(phrase)]) for r in alone]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("phrases", nargs="+")
    a.add_argument("--model", default=str(HERE.parent / "phones-m.onnx"))
    o = a.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(o.model, options, providers=["CPUExecutionProvider"])

    def hear(row):
        mel = np.load(cached("mel", row["key"])).astype(np.float32)
        tail = np.repeat(mel.min(0, keepdims=True), 16, axis=0)            # quiet, so that the last phones leave the look-ahead
        return session.run(None, {"mel": np.concatenate([mel, tail])[None]})[0][0][: (len(mel) + 1) // 2]

    for phrase in o.phrases:
        ways = {r["key"]: w for r, w in positives(phrase)}
        spoken = clips(f"synthetic-wake/{phrase.replace(' ', '_')}/", "train") + clips("tts/wake", "train")
        rows = {r["key"]: r for r in [r for r, _ in positives(phrase)] + spoken}
        spans = []
        for key, row in rows.items():
            targets = [cached("spoken", key)] * (not key.startswith("wake_community")) + [cached("span", key)] * (key in ways)
            if not all(t.exists() for t in targets) and cached("mel", key).exists():
                lp = hear(row)
                if not key.startswith("wake_community"):
                    labels = sum(row["wake"], []) if "wake" in row else row.get("symbols") or ids(sum(utterances(row["text"])[0], []))
                    known = occupancy(lp, labels)
                    save(targets[0], np.maximum(lp if known is None else known, LEAST).astype(np.float16))
                if key in ways:
                    save(targets[-1], span(lp, ways[key]))
            if key in ways and targets[-1].exists():
                first, last = np.load(targets[-1])
                spans.append(last - first + 1)
        spans = np.array(spans)
        kept = spans[(spans >= SHORTEST) & (spans <= LONGEST)]
        print(f"{phrase}: {len(rows)} clips, {len(spans)} of the phrase, {len(kept)} kept; it lasts {np.quantile(kept, [.05, .5, .95]) * 0.02} s", flush=True)


if __name__ == "__main__":
    main()
