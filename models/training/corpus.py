"""What there is to train on and to measure with: the manifests under the data folder and the synthetic ones.

Paths come from the environment or the defaults: EARNEST_DATA (`../shared/data` beside the repository) and
EARNEST_CACHE (`.cache/` here), which holds everything derived and is never committed.
"""
import json
import os
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("EARNEST_DATA", HERE.parents[2] / "shared" / "data"))
CACHE = Path(os.environ.get("EARNEST_CACHE", HERE / ".cache"))


def clips(prefix="", split=None):
    """Manifest rows whose set starts with `prefix`; each gains `path` (of the audio) and `key` (its name in the cache).

    Sets whose name starts with `synthetic` are those made by synthesize*.py, in the cache; the others are in the data folder.
    """
    root = CACHE if prefix.startswith("synthetic") else DATA
    rows = []
    for manifest in sorted(root.glob("synthetic*/**/manifest.jsonl" if root is CACHE else "**/manifest.jsonl")):
        name = manifest.parent.relative_to(root).as_posix()
        if not name.startswith(prefix):
            continue
        for line in manifest.open(encoding="utf-8"):
            row = json.loads(line)
            if split is None or row["split"] == split:
                row.update(set=name, path=manifest.parent / row["file"], key=f"{name}/{row['file']}")
                rows.append(row)
    return rows


def audio(row):
    """f32 mono at 16 kHz."""
    x, rate = soundfile.read(row["path"], dtype="float32", always_2d=True)
    if rate != 16000:
        raise ValueError(f"{row['path']}: {rate} Hz, expected 16000")
    return x.mean(axis=1)


def cached(kind, key):
    """Path of a derived array of one clip."""
    return CACHE / kind / (key + ".npy")


def save(path, array):
    """Write whole or not at all, so that a stopped run leaves no broken file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as f:
        np.save(f, array)
    part.replace(path)
