#!/usr/bin/env python3
"""Runs an adapter on this machine and compares its result with a single run's, byte for byte.

    check.py --earnest target/release/earnest hyperqueue_eval.py --workers 2
    check.py --earnest target/release/earnest ray_eval.py --cpus 2

In the middle it kills a shard, which must cost that shard only; then the whole adapter, which must cost what was running.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
KITCHEN = HERE.parent / "kitchen"
SHARDS = 8
REPEAT = 24


def corpus(folder):
    """The bundled recordings, as sessions of their own."""
    rows = [{"file": str(KITCHEN / "kitchen.flac"), "set": "kitchen", "split": "test", "kind": "negative"}]
    rows += [{"file": str(KITCHEN / f"enroll/{n}.flac"), "set": "wake", "split": "test", "kind": "wake",
              "phrase": "hey earnest"} for n in range(1, 6)]
    path = folder / "manifest.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ["--manifest", str(path), "--model", str(KITCHEN / "hey_earnest.earnest"), "--repeat", str(REPEAT)]


def children(word):
    """Processes of `earnest eval` for this output folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--shard" in line and any(word in part for part in line):
            found.append(int(entry.name))
    return found


def wait_for(what, adapter, seconds=600):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        if adapter.poll() is not None:
            sys.exit(f"the adapter ended with {adapter.returncode} before anything could be killed")
        time.sleep(0.02)
    adapter.kill()
    sys.exit("waited in vain")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--earnest", required=True)
    parser.add_argument("adapter")
    parser.add_argument("options", nargs=argparse.REMAINDER)
    parsed = parser.parse_args()
    earnest = str(Path(parsed.earnest).resolve())
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        given = corpus(work)
        subprocess.run([earnest, "eval", *given, "--out", str(work / "single")], check=True, stdout=subprocess.DEVNULL)
        out = work / "sharded"
        adapter = [sys.executable, str(HERE / parsed.adapter), *parsed.options, "--earnest", earnest, "--shards", str(SHARDS),
                   "--out", str(out), "--", *given]
        word = str(out).encode()

        # The whole adapter, once a shard is done.
        first = subprocess.Popen(adapter, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: list(out.glob("shards/*/result.json")), first)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        for pid in children(word):
            os.kill(pid, signal.SIGKILL)
        before = {path: path.stat().st_mtime_ns for path in out.glob("shards/*/result.json")}
        print(f"killed the adapter: {len(before)} of {SHARDS} shards were done")
        assert len(before) < SHARDS, "too late to kill anything"

        # Again; this time one shard is killed.
        second = subprocess.Popen(adapter, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        victim = wait_for(lambda: children(word), second)[0]
        os.kill(victim, signal.SIGKILL)
        print("killed a shard")
        code = second.wait()
        assert code == 0, f"the adapter ended with {code}"
        for path, when in before.items():
            assert path.stat().st_mtime_ns == when, f"{path} was made again"
        for name in ("run.json", "units.jsonl", "result.json"):
            single, sharded = (folder.joinpath(name).read_bytes() for folder in (work / "single", out))
            assert single == sharded, f"{name} differs"
            print(f"{name}: the same {len(single)} bytes")


if __name__ == "__main__":
    main()
