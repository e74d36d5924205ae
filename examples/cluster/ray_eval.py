#!/usr/bin/env python3
"""`earnest eval` on Ray (pip install ray).

    ray_eval.py --shards 8 --out result -- --manifest corpus.jsonl --model phrase.earnest
    ray_eval.py --address auto --shards 4000 --out /shared/result -- …                     a cluster that runs already

Without an address it starts Ray on this machine. A task whose worker dies is run again, and goes on where it was.
"""
import argparse
import subprocess

import ray
import shards


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=True)
def evaluate(command, log):
    with open(log, "ab") as said:
        code = subprocess.run(command, stdout=said, stderr=said).returncode
    # 1: some file could not be read; the result says which.
    if code not in (0, 1):
        raise RuntimeError(f"exit {code}, see {log}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="of a running cluster")
    parser.add_argument("--cpus", type=int, help="of this machine, where there is no cluster")
    parsed = shards.arguments(parser)
    place = {"address": parsed.address} if parsed.address else {"num_cpus": parsed.cpus, "include_dashboard": False, "log_to_driver": False}
    ray.init(**place)
    tasks = []
    for shard in shards.missing(parsed):
        shards.folder(parsed.out, shard).mkdir(parents=True, exist_ok=True)
        log = str(shards.folder(parsed.out, shard).with_suffix(".log"))
        tasks.append(evaluate.remote(shards.command(parsed, shard), log))
    while tasks:
        done, tasks = ray.wait(tasks)
        try:
            ray.get(done)
        except Exception as error:  # the others go on; `merge` says which are missing
            print(error)
    shards.merge(parsed)


if __name__ == "__main__":
    main()
