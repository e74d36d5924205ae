#!/usr/bin/env python3
"""Posteriors of the teacher over real speech: f16[frames at 50 a second, 39] log-probabilities per clip, in the cache.

    teacher.py [SET_PREFIX[:SPLIT] ...]         default: every set the training uses, then dev; test sets only when named

The teacher is the phone recogniser of PyPI's `hama` (Apache-2.0). Its 191 symbols are folded into ours by adding
probabilities; what is no English phone counts as blank. Clips already done are skipped. About 0.07 x real time.
Where the text is known as well, align.py makes targets of both: the teacher is wrong about half of speechocean's phones.
"""
import sys
import time

import numpy as np

from corpus import audio, cached, clips, save
from symbols import BLANK, INDEX, IPA, SYMBOLS

DEFAULT = ["speech/ljspeech:train", "speech/librispeech_train:train", "speech/speechocean:train", "command/coffee:dev", "wake_community:train",
           "speech/doubletalk:train", "words:train",
           "tts:train", "synthetic/kokoro", "synthetic/joe"]


class Teacher:
    def __init__(self):
        from hama import ASRModel
        self.model = ASRModel()
        names = self.model.decoder_tokens
        self.fold = np.zeros((len(names), len(SYMBOLS)), np.float32)
        for i, name in enumerate(names):
            self.fold[i, INDEX[IPA[name]] if name in IPA else BLANK] = 1

    def __call__(self, x):
        """f32[samples] -> f32[frames, 39] log-probabilities."""
        m = self.model
        feed = {m._waveform_input_name: x.reshape(1, -1), m._waveform_lengths_input_name: np.array([len(x)], np.int64)}
        lp, n = m.session.run([m._log_probs_output_name, m._out_lengths_output_name], feed)
        p = np.exp(np.asarray(lp[0][: int(np.ravel(n)[0])], np.float32)) @ self.fold
        return np.log(np.maximum(p, 1e-6))


def main():
    teacher = Teacher()
    for name in sys.argv[1:] or DEFAULT:
        prefix, _, split = name.partition(":")
        start, done = time.time(), 0.0
        for row in clips(prefix, split or None):
            path = cached("teacher", row["key"])
            if not path.exists():
                x = audio(row)
                save(path, teacher(x).astype(np.float16))
                done += len(x) / 16000
        took = time.time() - start
        print(f"{name}: {done / 3600:.2f} h in {took:.0f} s, {took / max(done, 1):.3f} x real time", flush=True)


if __name__ == "__main__":
    main()
