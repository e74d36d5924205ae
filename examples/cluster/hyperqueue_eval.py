#!/usr/bin/env python3
"""`earnest eval` on HyperQueue (pip install hyperqueue).

    hyperqueue_eval.py --workers 2 --shards 8 --out result -- --manifest corpus.jsonl --model phrase.earnest
    hyperqueue_eval.py --server ~/.hq-server --shards 4000 --out /shared/result -- …      a server that runs already

With `--workers` it starts a server and workers of one core each on this machine. Shards that failed, because somebody
killed them or their machine went away, are run again, up to three times; done ones stay done.
"""
import argparse
from pathlib import Path

import shards
from hyperqueue import Client, Job
from hyperqueue.cluster import LocalCluster, WorkerConfig
from hyperqueue.task.task import ResourceRequest


def submit(client, parsed, left):
    # A failed shard must not stop the others.
    job = Job(name="earnest eval", max_fails=None)
    for shard in left:
        shards.folder(parsed.out, shard).mkdir(parents=True, exist_ok=True)
        log = str(shards.folder(parsed.out, shard).with_suffix(".log"))
        job.program(shards.command(parsed, shard), name=f"shard-{shard}", cwd=Path.cwd(), stdout=log, stderr=log,
                    resources=ResourceRequest(cpus=1))
    client.wait_for_jobs([client.submit(job)], raise_on_error=False)


def run(client, parsed):
    for _ in range(3):
        left = shards.missing(parsed)
        if not left:
            return
        submit(client, parsed, left)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--workers", type=int, help="start so many here")
    where.add_argument("--server", help="folder of a running server")
    parsed = shards.arguments(parser)
    if parsed.server:
        run(Client(parsed.server), parsed)
    else:
        with LocalCluster() as cluster:
            for _ in range(parsed.workers):
                cluster.start_worker(WorkerConfig(cores=1))
            run(cluster.client(), parsed)
    shards.merge(parsed)


if __name__ == "__main__":
    main()
