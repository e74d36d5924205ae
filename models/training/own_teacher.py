#!/usr/bin/env python3
"""Posteriors of our own larger model over what the teacher has not heard: for training the smaller one, and for choosing
among a word's pronunciations.

    own_teacher.py MODEL.onnx        writes f16[frames, 39] per training clip into the cache, kind `own`; done clips are skipped
"""
import sys

import numpy as np
import onnxruntime

from augment import WEIGHTS
from corpus import cached, clips, save


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    for prefix in WEIGHTS:
        count = 0
        for row in clips(prefix, "train"):
            source, path = cached("mel", row["key"]), cached("own", row["key"])
            if path.exists() or cached("teacher", row["key"]).exists() or not source.exists():
                continue
            mel = np.load(source).astype(np.float32)
            if len(mel) >= 20:
                tail = np.repeat(mel.min(0, keepdims=True), 16, axis=0)       # quiet, so that the last phones leave the look-ahead
                lp = session.run(None, {"mel": np.concatenate([mel, tail])[None]})[0][0]
                save(path, np.maximum(lp[: (len(mel) + 1) // 2], -14).astype(np.float16))
                count += 1
        print(prefix, count, flush=True)


if __name__ == "__main__":
    main()
