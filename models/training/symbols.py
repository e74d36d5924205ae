"""The symbols of the acoustic model: blank and 38 ARPABET phones (AO is merged into AA).

Stress is dropped (AH0 = AH). There is no word boundary: it has no sound of its own, a spotter and a decoder that
search whole phrases would have to skip it everywhere, and its frames are as good as blank. The teacher's own
boundary symbol is folded into blank.
"""
PHONES = ("AA AE AH AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH").split()
SYMBOLS = ["<blank>"] + PHONES
BLANK = 0
INDEX = {s: i for i, s in enumerate(SYMBOLS)}

# International phonetic alphabet, as the teacher writes it, to ours. Symbols not named here are folded into blank.
IPA = {
    "ɑ": "AA", "ɒ": "AA", "ɔ": "AA", "a": "AA", "æ": "AE", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ᵊ": "AH", "aʊ": "AW",
    "aɪ": "AY", "b": "B", "t͡ʃ": "CH", "d": "D", "ð": "DH", "ɛ": "EH", "eə": "EH", "ɝ": "ER", "ɚ": "ER", "ɜ": "ER",
    "eɪ": "EY", "e": "EY", "f": "F", "g": "G", "ɡ": "G", "h": "HH", "x": "HH", "ɪ": "IH", "ɪə": "IH", "i": "IY",
    "d͡ʒ": "JH", "k": "K", "kʰ": "K", "l": "L", "ɫ": "L", "m": "M", "n": "N", "ŋ": "NG", "oʊ": "OW", "o": "OW",
    "ɔɪ": "OY", "p": "P", "pʰ": "P", "ɹ": "R", "r": "R", "ɻ": "R", "s": "S", "ʃ": "SH", "t": "T", "tʰ": "T",
    "ɾ": "T", "θ": "TH", "ʊ": "UH", "u": "UW", "v": "V", "w": "W", "j": "Y", "z": "Z", "ʒ": "ZH",
}


def ids(arpabet):
    """Symbol ids of a list of ARPABET phones, with or without stress digits."""
    merged = (("AA" if p.startswith("AO") else p.rstrip("012")) for p in arpabet)
    return [INDEX[p] for p in merged]


def collapse(frames):
    """Greedy CTC: repeats merged, blanks dropped."""
    out, last = [], BLANK
    for s in frames:
        if s != last and s != BLANK:
            out.append(int(s))
        last = s
    return out
