#!/usr/bin/env bash
# What the evaluator gives to people and to clusters: the report in a real browser, shards on two HyperQueue workers one
# of which is killed. Installs what it lacks; where that can't be had, says that it was skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0
skipped=0
trap 'echo "evaluator: $passed passed, 0 failed, $skipped skipped"' EXIT

skip() {
    skipped=$((skipped + 1))
    echo "skipped: $*"
}

# The pages are those that the report's own test has made.
cargo test --quiet -p earnest-cli --test report
pages=("$PWD/target/tmp/report.html" "$PWD/target/tmp/single.html")
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium >/dev/null || true
fi
mkdir -p target/browser
if command -v chromium >/dev/null && command -v npm >/dev/null && (cd target/browser && npm init -y >/dev/null &&
    npm install --silent --no-save --no-audit --no-fund playwright-core >/dev/null); then
    (cd target/browser && node ../../cli/tests/report/browser.mjs "${pages[@]}")
    passed=$((passed + 1))
else
    skip "the report in a browser (no chromium, or no playwright-core)"
fi

if python3 -m venv target/hq && target/hq/bin/pip install --quiet --disable-pip-version-check hyperqueue; then
    cargo build --quiet --release -p earnest-cli
    target/hq/bin/python examples/cluster/check.py --earnest target/release/earnest hyperqueue_eval.py --workers 2
    passed=$((passed + 1))
else
    skip "shards on HyperQueue (it can't be installed)"
fi
