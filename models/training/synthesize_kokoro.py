#!/usr/bin/env python3
"""Speech from two neural synthesisers, with the phones they spoke, into EARNEST_CACHE/synthetic.

    synthesize_kokoro.py MODEL [--name kokoro] [--clips 1000] [--until HH:MM] [--grammars NAME …]
        MODEL: a folder with kokoro-int8.onnx, vocab.json and voices/*.bin (Kokoro-82M, 54 voices), or
               with en_US-joe-medium.onnx and .onnx.json (Piper, one man); where they are from is in README.md
        --name: folder of the clips, and part of the seed: several names are several sets, made side by side
        --until: stop at this time of day (UTC)
        --grammars: sentences of these of ../../examples/grammars (sampler.py), with any word of the dictionary for a contact;
                    otherwise texts.py

The dictionary's phones are given to the synthesiser, so they are known without asking it: a word's usual pronunciation
four times out of five, any of it otherwise; T between vowels is a flap half of the time. Kokoro: a voice or a mixture of
two, the voices of other languages for a foreign accent; half of the clips resampled, which moves pitch and vocal tract together
(up for children). Clips already made are skipped.
"""
import argparse
import json
import re
import time
import zlib
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
import soxr

from corpus import CACHE
from lexicon import UNITS, dictionary
from symbols import ids
from texts import Texts

IPA = {"AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "EH": "ɛ",
       "ER": "ɜɹ", "EY": "eɪ", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "dʒ", "K": "k", "L": "l", "M": "m",
       "N": "n", "NG": "ŋ", "OW": "oʊ", "OY": "ɔɪ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "UH": "ʊ",
       "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ"}
KOKORO = {"AW": "W", "AY": "I", "EY": "A", "OW": "O", "OY": "Y", "CH": "ʧ", "JH": "ʤ", "flap": "ɾ"}
PIPER = {"AA": "ɑː", "ER": "ɜː", "IY": "iː", "UW": "uː", "AO": "ɔː", "flap": "ɾ"}
WEAK = set("a an the to of and or in on at for is are was were be it its he she they we you i my his her your our their that as "
           "but from with by have has had do does will would can could".split())


def phones(text, rng):
    """([ARPABET of a word with stress, or punctuation, …], symbol ids), or None where a word is unknown."""
    text = re.sub(r"\d", lambda m: f" {UNITS[int(m[0])]} ", text.lower().replace("’", "'"))
    pieces, labels = [], []
    for word in re.findall(r"[a-z']+|[,.;:?!]", text):
        if word[0] in ",.;:?!":
            pieces.append(word)
            continue
        word = word.strip("'")
        if not word:
            continue
        found = dictionary().get(word)
        if not found:
            return None
        spoken = list(found[0] if rng.random() < 0.8 else found[rng.integers(len(found))])
        labels += ids(spoken)
        pieces.append([p.replace("1", "0") for p in spoken] if word in WEAK else spoken)
    return pieces, labels


def transcription(pieces, own, rng):
    """What the synthesiser reads; `own` replaces some symbols of IPA."""
    out, vowel = [], lambda p: p[-1].isdigit()
    table = {**IPA, **own}
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
            continue
        word = " "
        for i, phone in enumerate(piece):
            name, stress = phone.rstrip("012"), phone[-1]
            word += {"1": "ˈ", "2": "ˌ"}.get(stress, "")
            between = 0 < i < len(piece) - 1 and vowel(piece[i - 1]) and piece[i + 1][-1] == "0"
            if name == "AH" and stress == "0":
                word += "ə"
            elif name == "ER" and stress == "0":
                word += "əɹ" if own is KOKORO else "ɚ"
            else:
                word += table["flap" if name == "T" and between and rng.random() < 0.5 else name]
        out.append(word)
    return "".join(out).strip() + ("" if isinstance(pieces[-1], str) else ".")


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Kokoro:
    symbols = KOKORO

    def __init__(self, folder):
        self.session = session(folder / "kokoro-int8.onnx")
        self.vocabulary = json.loads((folder / "vocab.json").read_text())["vocab"]
        self.voices = {p.stem: np.fromfile(p, "<f4").reshape(510, 256) for p in sorted((folder / "voices").glob("*.bin"))}
        self.english = [v for v in self.voices if v[0] in "ab"]

    def voice(self, rng):
        names = self.english if rng.random() < 0.65 else list(self.voices)
        return names[rng.integers(len(names))]

    def __call__(self, text, rng):
        """(f32 at 16 kHz, what spoke)"""
        tokens = [0, *(self.vocabulary[c] for c in text if c in self.vocabulary), 0]
        name = self.voice(rng)
        style = self.voices[name][min(len(tokens), 509)]
        if rng.random() < 0.6:
            other, share = self.voice(rng), rng.uniform(0.25, 0.75)
            style, name = style * (1 - share) + self.voices[other][min(len(tokens), 509)] * share, f"{name}+{other}"
        pitch = np.exp(rng.uniform(-0.15, 0.3)) if rng.random() < 0.5 else 1.0
        speed = rng.uniform(0.8, 1.3) / pitch
        feed = dict(tokens=np.array([tokens], np.int64), style=style[None].astype(np.float32), speed=np.array([speed], np.float32))
        x = np.ravel(self.session.run(None, feed)[0])
        return soxr.resample(x, 24000 * pitch, 16000), f"{name} x{pitch:.2f}"


class Piper:
    symbols = PIPER

    def __init__(self, folder):
        path = next(folder.glob("*.onnx"))
        self.session, self.config = session(path), json.loads(path.with_name(path.name + ".json").read_text())

    def __call__(self, text, rng):
        table, tokens = self.config["phoneme_id_map"], [1, 0]
        for c in text:
            if c in table:
                tokens += [table[c][0], 0]
        tokens.append(2)
        pitch = np.exp(rng.uniform(-0.2, 0.35)) if rng.random() < 0.7 else 1.0
        scales = [rng.uniform(0.3, 0.9), pitch / rng.uniform(0.8, 1.3), rng.uniform(0.4, 1.1)]
        feed = dict(input=np.array([tokens], np.int64), input_lengths=np.array([len(tokens)], np.int64), scales=np.array(scales, np.float32))
        x = np.ravel(self.session.run(None, feed)[0])
        return soxr.resample(x, self.config["audio"]["sample_rate"] * pitch, 16000), f"joe x{pitch:.2f}"


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("model", type=Path)
    a.add_argument("--name", default="kokoro")
    a.add_argument("--clips", type=int, default=1000)
    a.add_argument("--until", default="99:99")
    a.add_argument("--grammars", nargs="+")
    o = a.parse_args()
    speak, texts = (Kokoro if (o.model / "voices").exists() else Piper)(o.model), Texts()
    if o.grammars:
        from sampler import Sampler
        samplers = [Sampler(name, texts.word) for name in o.grammars]
        texts = lambda rng: samplers[rng.integers(len(samplers))](rng)[0]
    folder = CACHE / "synthetic" / o.name
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.jsonl"
    first = sum(1 for _ in manifest.open()) if manifest.exists() else 0
    begin, seconds = time.process_time(), 0.0
    for i in range(first, o.clips):
        if time.strftime("%H:%M", time.gmtime()) >= o.until:
            break
        rng = np.random.default_rng((zlib.crc32(o.name.encode()), i))
        said = None
        while said is None:
            text = texts(rng)
            said = phones(text, rng)
        pieces, labels = said
        x, voice = speak(transcription(pieces, speak.symbols, rng), rng)
        x = x * (rng.uniform(0.1, 0.9) / max(np.abs(x).max(), 1e-6))
        path = folder / f"{i:05}.flac"
        soundfile.write(path, x, 16000)
        seconds += len(x) / 16000
        row = dict(file=path.name, split="train", text=text, symbols=labels, seconds=round(len(x) / 16000, 3), voice=voice)
        with manifest.open("a") as f:
            print(json.dumps(row), file=f)
        if i % 100 == 99:
            print(f"{o.name}: {i + 1} clips, {seconds:.0f} s in {time.process_time() - begin:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
