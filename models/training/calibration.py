#!/usr/bin/env python3
"""Paths of recordings that `earnest model pack --int8 --calibrate` sets the ranges of layers by: 12 of each training set.

Every set that is trained on, and music and noise, so that no layer meets what its range does not cover.
"""
from augment import WEIGHTS
from corpus import clips

for prefix in [*WEIGHTS, "noise/esc10", "music"]:
    rows = clips(prefix, "train")
    for row in rows[:: max(1, len(rows) // 12)][:12]:
        print(row["path"])
