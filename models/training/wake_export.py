#!/usr/bin/env python3
"""One head of a run of wake_train.py to ONNX, with what the spotter must know in the metadata.

    wake_export.py RUN/state.npz PHRASE OUT.onnx [--checkpoint checkpoint/wake-PHRASE.npz] [--threshold 0.5] [--delay-ms 150] [--result DIR]

`--result`: what `earnest eval` found on dev with the packed image, for the curve from score to false accepts; `--delay-ms`: what
wake_delay.py said. wake_card.sh does it in this order. How long the phrase lasts is the median of its spans (wake_align.py). Input `mel` [1, T, 40], raw log-mels of preset `base`;
output `log_odds` [1, T / 4, 1], that the phrase has just ended.
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import export
import model
from corpus import cached
from wake_align import LONGEST, SHORTEST, positives
from wake_base import CONFIG

DELAY_MS = 150                     # until it was measured


def lasts_ms(phrase):
    spans = [np.load(p) for row, _ in positives(phrase) if (p := cached("span", row["key"])).exists()]
    frames = [b - a + 1 for a, b in spans if SHORTEST <= b - a + 1 <= LONGEST]
    return int(20 * np.median(frames)) if frames else 600


def graph(params, state, w, bias):
    """The trunk and one head [channels, 1]; its output as it is, without the phones' reshape and softmax."""
    g = export.graph({**params, "head": dict(w=w, bias=bias)}, state, CONFIG)
    nodes = [n for n in g.node if n.op_type not in ("Reshape", "LogSoftmax")]
    nodes[-1].output[0] = "log_odds"
    out = helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, [1, "S", 1])
    return helper.make_graph(nodes, "wake", list(g.input), [out], [i for i in g.initializer if i.name != "shape"])


def curve(result):
    """Hours, then score:count, of all audio without the phrase; scores rounded up, so that no count is too small."""
    negative = [g for g in result["groups"] if not g["positive"]]
    counts = np.sum([g["false_accepts"] for g in negative], axis=0)
    hours = sum(g["samples"] for g in negative) / 16000 / 3600
    points = list(zip(result["run"]["thresholds"], counts))[:: 8]
    return f"{hours:.3f} " + " ".join(f"{math.ceil(1e5 * t) / 1e5:g}:{n}" for t, n in points)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("run", type=Path)
    a.add_argument("phrase")
    a.add_argument("out", type=Path)
    a.add_argument("--checkpoint", type=Path, help="weights of trunk and head alone, to train on from")
    a.add_argument("--threshold", type=float, default=0.5)
    a.add_argument("--delay-ms", type=int, default=DELAY_MS)
    a.add_argument("--result", type=Path)
    o = a.parse_args()
    params, state = export.weights(o.run)
    k = list(np.load(o.run)["phrases"]).index(o.phrase)
    wake = params.pop("wake")
    params["head"] = dict(w=wake["w"][:, k : k + 1], bias=wake["bias"][k : k + 1])
    if o.checkpoint:
        kept = {**params, "wake": params["head"], "head": export.weights(o.run)[0]["head"]}
        arrays = {f"['{kind}']['{n}']['{f}']": v.astype(np.float16 if f == "w" else np.float32)
                  for kind, tree in (("average", kept), ("state", state)) for n, leaf in tree.items() for f, v in leaf.items()}
        np.savez_compressed(o.checkpoint, phrases=np.array([o.phrase]), **arrays)
    g = graph(params, state, **params["head"])
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="earnest")
    facts = dict(engine="wake-net", preset="base", phrase=o.phrase, symbols="log_odds", stride="4", look_ahead=str(model.look_ahead(CONFIG)),
                 threshold=str(o.threshold), duration_ms=str(lasts_ms(o.phrase)),
                 delay_ms=str(o.delay_ms))
    if o.result:
        facts["curve"] = curve(json.loads((o.result / "result.json").read_text()))
    for key, value in facts.items():
        m.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(m, full_check=True)
    onnx.save(m, o.out)
    print(o.out, o.out.stat().st_size, "bytes,", model.count(params), "parameters", facts["duration_ms"], "ms")


if __name__ == "__main__":
    main()
