#!/usr/bin/env python3
"""Speech from the small synthesisers of Debian, with the phones they spoke, into EARNEST_CACHE/synthetic.

    synthesize.py [--clips 400] [VOICE …]         clips per voice; default all voices
        needs: apt-get install flite festival festvox-kdlpc16k festvox-us-slt-hts

Each voice says its own texts, at varied speed and pitch. The phones are read from the synthesiser, not from a dictionary.
Clips already made are skipped. Kokoro, which sounds like people but is slow, is in synthesize_kokoro.py.
"""
import argparse
import json
import re
import subprocess
import tempfile
import zlib

import numpy as np
import soundfile

from corpus import CACHE
from symbols import INDEX
from texts import Texts

FLITE = {"awb": 120, "rms": 95, "slt": 170, "kal16": 105}                    # voice: usual pitch in Hz
FESTIVAL = {"ked": "voice_ked_diphone", "hts": "voice_cmu_us_slt_arctic_hts"}
MERGED = {"ax": "AH", "axr": "ER", "ao": "AA", "dx": "T", "el": "L", "em": "M", "en": "N", "hv": "HH", "ix": "IH", "ux": "UW"}


def symbols(phones):
    """Ids of a synthesiser's phone names; None where one is unknown."""
    names = [MERGED.get(p, p.upper()) for p in phones if p not in ("pau", "h#", "brth", "sil", "#")]
    return [INDEX[n] for n in names] if all(n in INDEX for n in names) else None


def flite(voice, text, rng, path):
    command = ["flite", "-voice", voice, "-ps", "--setf", f"duration_stretch={np.exp(rng.uniform(-0.25, 0.2)):.3f}",
               "--setf", f"int_f0_target_mean={FLITE[voice] * np.exp(rng.uniform(-0.25, 0.25)):.1f}", "-t", text, "-o", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def festival(voice, text, rng, path):
    script = (f"({FESTIVAL[voice]})(Parameter.set 'Duration_Stretch {np.exp(rng.uniform(-0.25, 0.2)):.3f})"
              f'(set! u (utt.synth (Utterance Text "{text}")))(utt.save.wave u "{path}" \'riff)'
              "(print (mapcar (lambda (x) (item.name x)) (utt.relation.items u 'Segment)))")
    with tempfile.NamedTemporaryFile("w", suffix=".scm") as f:
        f.write(script)
        f.flush()
        out = subprocess.run(["festival", "-b", f.name], check=True, capture_output=True, text=True).stdout
    return re.findall(r'"([^"]+)"', out)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--clips", type=int, default=400)
    a.add_argument("voices", nargs="*", default=[*FLITE, *FESTIVAL])
    o = a.parse_args()
    texts = Texts()
    for voice in o.voices or [*FLITE, *FESTIVAL]:
        folder = CACHE / "synthetic" / voice
        folder.mkdir(parents=True, exist_ok=True)
        manifest = folder / "manifest.jsonl"
        done = sum(1 for _ in manifest.open()) if manifest.exists() else 0
        for i in range(done, o.clips):
            rng = np.random.default_rng((zlib.crc32(voice.encode()), i))
            text = re.sub(r"[^A-Za-z0-9' ,.?!;:-]", " ", texts(rng))
            path = folder / f"{i:05}.wav"
            ids = symbols((flite if voice in FLITE else festival)(voice, text, rng, path))
            x, rate = soundfile.read(path, dtype="float32")
            row = dict(file=path.name, split="train", text=text, symbols=ids, seconds=round(len(x) / rate, 3), voice=voice)
            if ids is None or rate != 16000:
                raise ValueError(f"{path}: {rate} Hz, phones {ids}")
            with manifest.open("a") as f:
                print(json.dumps(row), file=f)
        print(voice, o.clips, "clips", flush=True)


if __name__ == "__main__":
    main()
