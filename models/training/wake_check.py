#!/usr/bin/env python3
"""What a cascade must know, into the metadata of a wake net's ONNX file.

    wake_check.py NET.onnx --from 0.02 [--threshold X] [--result DIR …]

`--from`: the network's score from which on the check is asked; `--threshold`: the score of both to wake at; `--result`: what
`earnest eval --engine cascade` found on dev, in quiet and in noise, for the curve from score to false accepts. wake_card.sh does it.
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import onnx


def curve(results):
    """Hours, then score:count, of all audio without the phrase; scores rounded up, so that no count is too small."""
    negative = [group for result in results for group in result["groups"] if not group["positive"]]
    counts = np.sum([group["false_accepts"] for group in negative], axis=0)
    hours = sum(group["samples"] for group in negative) / 16000 / 3600
    points = {}
    for threshold, count in list(zip(results[0]["run"]["thresholds"], counts))[::8]:
        points[math.ceil(1e5 * threshold) / 1e5] = int(count)          # of thresholds that round to one, the highest
    return f"{hours:.3f} " + " ".join(f"{t:g}:{n}" for t, n in points.items() if t <= 1)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("net", type=Path)
    a.add_argument("--from", dest="start", type=float, required=True)
    a.add_argument("--threshold", type=float, default=0.5)
    a.add_argument("--result", type=Path, nargs="+")
    o = a.parse_args()
    net = onnx.load(o.net)
    facts = {p.key: p.value for p in net.metadata_props} | dict(check_from=f"{o.start:g}", check_threshold=f"{o.threshold:g}")
    facts.pop("check_curve", None)
    if o.result:
        facts["check_curve"] = curve([json.loads((folder / "result.json").read_text()) for folder in o.result])
    del net.metadata_props[:]
    for key, value in facts.items():
        net.metadata_props.add(key=key, value=value)
    onnx.save(net, o.net)


if __name__ == "__main__":
    main()
