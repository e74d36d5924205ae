#!/usr/bin/env python3
"""Writes journal.bin and journal_keyed.bin: the same three entries as tests/journal.rs, without the library.

    python tests/golden/journal.py

The layout is the table in src/journal/entry.rs; the hash is the standard library's BLAKE2s.
"""

import hashlib
import pathlib
import struct

NONE, NO_ACTION = 255, 65535
HEADER, CLOCK, REFUSED = 1, 2, 10
SLOTS_GATE, SLOT_NOT_LISTED = 2, 18


def body(kind, sequence, at, gate=NONE, reason=NONE, session=0, start=0, end=0, action=NO_ACTION, detail=0,
         slots=0, values=(0, 0, 0, 0), numbers=struct.pack("<8f", *[0] * 8)):
    packed = struct.pack("<4BIQQQQHHB3x4I", kind, gate, NONE, reason, session, sequence, at, start, end, action,
                         detail, slots, *values) + numbers
    assert len(packed) == 96
    return packed


def journal(key):
    before = bytes([0x5A]) * 32
    bodies = [
        body(HEADER, 1000, 0, start=int.from_bytes(b"EARNJRNL", "little"), detail=1 | (256 if key else 0),
             numbers=before),
        body(CLOCK, 1001, 16000, start=1_800_021_731_000, detail=-90 & 0xFFFF),
        body(REFUSED, 1002, 123456, gate=SLOTS_GATE, reason=SLOT_NOT_LISTED, session=3, action=3, slots=1,
             values=(40, 0, 0, 0), numbers=struct.pack("<8f", 0.9, 0.31, -1.5, -6, 5.5, 2.25, -3.25, 0)),
    ]
    head, out = bytes(32), b""
    for entry in bodies:
        head = hashlib.blake2s(head + entry, key=key).digest()
        out += entry + head
    return out


here = pathlib.Path(__file__).parent
(here / "journal.bin").write_bytes(journal(b""))
(here / "journal_keyed.bin").write_bytes(journal(bytes(range(32))))
