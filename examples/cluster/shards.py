"""What the adapters share: the command of one shard, and merging them.

A shard is a run of `earnest eval --shard I/N` into a folder of its own. Killed, it goes on where it was when the same
command runs again; finished, the same command only says so. So an adapter needs no state: run what isn't done, merge.
"""
import subprocess
import sys
from pathlib import Path


def arguments(parser):
    """Adds what every adapter takes; returns the arguments and the command before `--shard`."""
    parser.add_argument("--shards", type=int, required=True, help="how many; about 4 for each worker")
    parser.add_argument("--out", type=Path, required=True, help="folder for the result; the shards lie in it too")
    parser.add_argument("--earnest", default="earnest", help="the command")
    parser.add_argument("eval", nargs="+", help="after `--`: what `earnest eval` is given, without --shard and --out")
    parsed = parser.parse_args()
    for taken in ("--shard", "--out", "-o"):
        if taken in parsed.eval:
            parser.error(f"{taken} is the adapter's to give")
    return parsed


def folder(out, shard):
    return out / "shards" / f"{shard:05}"


def command(parsed, shard):
    """Shard 1 to N. One thread: the scheduler decides how many run at once."""
    place = str(folder(parsed.out, shard))
    return [parsed.earnest, "eval", *parsed.eval, "--jobs", "1", "--shard", f"{shard}/{parsed.shards}", "--out", place]


def finished(out, shard):
    """result.json is the last thing that a run writes."""
    return (folder(out, shard) / "result.json").exists()


def missing(parsed):
    return [shard for shard in range(1, parsed.shards + 1) if not finished(parsed.out, shard)]


def merge(parsed):
    left = missing(parsed)
    if left:
        sys.exit(f"{len(left)} of {parsed.shards} shards are not done: {left[:20]}; run the same command again")
    folders = [str(folder(parsed.out, shard)) for shard in range(1, parsed.shards + 1)]
    sys.exit(subprocess.run([parsed.earnest, "eval", "merge", *folders, "--out", str(parsed.out)]).returncode)
