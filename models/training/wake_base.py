#!/usr/bin/env python3
"""The trunk of the wake nets, trained on phones: what a new phrase starts from.

    wake_base.py [--steps 8000] [--batch 4] …       the options of train.py, into EARNEST_CACHE/runs/wake-base

Seven blocks of 64 channels (model.py), 40 ms steps, 100 ms of look-ahead; sees 1.7 s. That it knows phones is what lets a
few hundred synthetic recordings of a phrase do: it need not learn from them what speech is.
"""
import sys

import model
import train

CONFIG = model.CONFIGS["wake-base"]

if __name__ == "__main__":
    sys.argv.insert(1, "wake-base")
    train.main()
