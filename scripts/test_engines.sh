#!/usr/bin/env bash
# Tests with Ray, Spark, datatrove and an S3 server (moto), in an environment of their own.
# What cannot be installed (no network, no wheel) is skipped and named; a failing test fails.
# With --install nothing is tested; what is installed then is there when the tests run.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=.venv-engines/bin
export PIP_NO_COMPILE=1 # of Spark and Ray little is imported
"${PYTHON:-python3}" -m venv .venv-engines
"$bin/python" -m pip install --quiet --upgrade pip
"$bin/python" -m pip install --quiet --editable '.[hub]' hypothesis pytest zstandard

tests=()
skip() { echo "SKIPPED: the tests of $1: $2" >&2; }
for engine in ray spark datatrove remote-test; do
  if [ $engine = spark ] && ! command -v java >/dev/null; then
    skip spark "no java on the PATH"
  elif timeout 900 "$bin/python" -m pip install --quiet --editable ".[$engine]"; then
    case $engine in
      remote-test) tests+=(tests/shards/test_store.py tests/run/test_remote.py) ;;
      ray) tests+=(tests/integrations/test_ray.py tests/run/test_ray.py) ;;
      *) tests+=("tests/integrations/test_$engine.py") ;;
    esac
  else
    skip $engine "it cannot be installed here"
  fi
done

[ "${1-}" != --install ] || exit 0

for test in ${tests[@]+"${tests[@]}"}; do # one by one: an engine that hangs is ended, and fails
  timeout 600 "$bin/python" -m pytest -q "$test"
done
