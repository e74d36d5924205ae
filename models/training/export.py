#!/usr/bin/env python3
"""A checkpoint to ONNX, batch norm folded, float32, opset 17.

    export.py phones-m CHECKPOINT.npz OUT.onnx        CHECKPOINT: a run's state.npz, or checkpoint/phones-m.npz
    export.py phones-m RUN/state.npz --checkpoint checkpoint/phones-m.npz     weights alone, f16, to train on from

--blank X takes X off blank's logit, so that a greedy decode hears about as many phones as are spoken; chosen on dev.
Input `mel` [1, T, 40], raw log-mels of preset `base`; output `log_probs` [1, 2 * ceil(T / 4), 39], one frame per 20 ms.
Conv, Relu, Add, and at the end Transpose, Reshape, LogSoftmax. Look-ahead shows as zeros to the right in `pads`.
"""
import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import model
from symbols import SYMBOLS


def weights(path):
    """(params, state) of the averaged weights, as nested dicts of f32."""
    arrays, out = np.load(path), ({}, {})
    for key in arrays.files:
        parts = [p.strip("'[]") for p in key.split("][")]
        if parts[0] in ("average", "state"):
            out[parts[0] == "state"].setdefault(parts[1], {})[parts[2]] = arrays[key].astype(np.float32)
    return out


def folded(params, state, name):
    """Weight and bias of one convolution with its batch norm."""
    p = params[name]
    if name not in state:
        return p["w"], p["bias"]
    factor = p["scale"] / np.sqrt(state[name]["var"] + model.EPS)
    return p["w"] * factor, p["bias"] - state[name]["mean"] * factor


def graph(params, state, config):
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv(name, x, pads=(0, 0), stride=1, dilation=1, taps=1, scale=1.0):
        w, b = folded(params, state, name)
        depthwise = name.endswith("d") and name != "head"
        c = w.shape[-1]
        w = w.T[:, None, :] if depthwise else w.reshape(taps, -1, c).transpose(2, 1, 0)      # [out, in / groups, taps]
        attributes = dict(kernel_shape=[w.shape[-1]], pads=list(pads), strides=[stride], dilations=[dilation], group=c if depthwise else 1)
        inputs = [x, constant(name + ".weight", w * np.float32(scale)), constant(name + ".bias", b)]
        nodes.append(helper.make_node("Conv", inputs, [name], name=name, **attributes))
        return name

    def op(kind, inputs, name, **attributes):
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    relu = lambda x: op("Relu", [x], x + ".relu")
    x = op("Transpose", ["mel"], "mel_t", perm=[0, 2, 1])
    x = relu(conv("stem1", x, (2, 2), 2, taps=5, scale=model.INPUT_SCALE))
    x = relu(conv("stem2d", x, (2, 2), 2))
    x = relu(conv("stem2p", x))
    for i, dilation in enumerate(config["dilations"]):
        ahead = 1 if i in config["ahead"] else 0
        y = relu(conv(f"block{i}d", x, ((model.TAPS - 1) * dilation - ahead, ahead), dilation=dilation))
        x = relu(op("Add", [x, conv(f"block{i}p", y)], f"block{i}"))
    x = op("Transpose", [conv("head", x)], "head_t", perm=[0, 2, 1])
    x = op("Reshape", [x, constant("shape", np.array([1, -1, len(SYMBOLS)], np.int64))], "logits")
    op("LogSoftmax", [x], "log_probs", axis=-1)
    f32 = TensorProto.FLOAT
    return helper.make_graph(nodes, "phones", [helper.make_tensor_value_info("mel", f32, [1, "T", 40])],
                             [helper.make_tensor_value_info("log_probs", f32, [1, "F", len(SYMBOLS)])], constants)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("model", choices=model.CONFIGS)
    a.add_argument("run", type=Path)
    a.add_argument("out", type=Path, nargs="?")
    a.add_argument("--checkpoint", type=Path)
    a.add_argument("--blank", type=float, default=0.0)
    o = a.parse_args()
    config, (params, state) = model.CONFIGS[o.model], weights(o.run)
    if o.checkpoint:
        o.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        both = {f"['{k}']['{n}']['{f}']": v.astype(np.float16 if f == "w" else np.float32)
                for k, tree in (("average", params), ("state", state)) for n, leaf in tree.items() for f, v in leaf.items()}
        np.savez_compressed(o.checkpoint, **both)
    params["head"]["bias"][[0, len(SYMBOLS)]] -= o.blank
    if o.out:
        m = helper.make_model(graph(params, state, config), opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="earnest")
        facts = dict(symbols=" ".join(SYMBOLS), blank="0", preset="base", stride="4", frames_per_step="2",
                     look_ahead=str(model.look_ahead(config)), model=o.model, blank_offset=str(-o.blank))
        for key, value in facts.items():
            m.metadata_props.add(key=key, value=value)
        onnx.checker.check_model(m, full_check=True)
        onnx.save(m, o.out)
        print(o.out, o.out.stat().st_size, "bytes,", model.count(params), "parameters")


if __name__ == "__main__":
    main()
