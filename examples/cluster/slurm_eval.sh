#!/usr/bin/env bash
# `earnest eval` as a Slurm array: one shard a task, then a merge that waits for them.
#
#   SHARDS=400 OUT=/shared/result ./slurm_eval.sh --manifest corpus.jsonl --model phrase.earnest
#
# A task whose node goes away is put in the queue again (--requeue) and goes on where it was. To run what failed for
# other reasons, give the same command again: finished shards only say so.
set -euo pipefail

if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
    : "${SHARDS:?how many shards}" "${OUT:?folder for the result}"
    export SHARDS OUT EARNEST=${EARNEST:-earnest}
    mkdir -p "$OUT/shards"
    here=$(realpath "$0")
    array=$(sbatch --parsable --job-name=earnest-eval --array="1-$SHARDS" --cpus-per-task=1 --mem=500M --time=24:00:00 \
        --requeue --output="$OUT/shards/%a.log" --open-mode=append "$here" "$@")
    # A merge whose shards failed would wait for ever.
    # shellcheck disable=SC2016 # expanded where it runs
    sbatch --parsable --job-name=earnest-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes --mem=4G \
        --output="$OUT/merge.log" --wrap='"$EARNEST" eval merge "$OUT"/shards/*/ --out "$OUT"'
    exit
fi

out=$OUT/shards/$(printf %05d "$SLURM_ARRAY_TASK_ID")
status=0
"$EARNEST" eval "$@" --jobs 1 --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" --out "$out" || status=$?
# 1: some file could not be read. The result says which; it must not keep the merge waiting.
[ "$status" -le 1 ]
