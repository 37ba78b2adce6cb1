#!/usr/bin/env bash
# Training stacks read the data sections of `link plan --for STACK` with their own parsers, each in an
# environment of its own: scripts/test_stacks.sh FOLDER [STACK...]; without a name, all stacks.
# A stack that cannot be installed in 8 minutes is named, and its test is skipped.
set -euo pipefail
folder=$(mkdir -p "${1:?name a folder for the environments}" && cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- megatron nanotron litgpt olmo-core torchtitan torchtune mosaic

packages() {
  case $1 in
    megatron) echo torch==2.13.0 megatron-core ;;
    olmo-core) echo torch==2.13.0 ai2-olmo-core ;;
    torchtitan) echo torch==2.13.0 torchtitan zstandard ;; # zstandard: datasets reads .zst with it
    torchtune) echo torch==2.13.0 torchtune torchao==0.15.0 zstandard ;;
    mosaic) echo torch torchvision mosaicml-streaming ;; # a torch that torchvision goes with
    litgpt | nanotron) echo torch==2.13.0 "$1" ;;
    *) return 1 ;;
  esac
}

for stack in "$@"; do
  packages "$stack" > /dev/null || { echo "$stack is not a stack of link plan --for" >&2; exit 2; }
done
for stack in "$@"; do
  "${PYTHON:-python3}" -m venv --clear "$folder/$stack"
  # shellcheck disable=SC2046  # several packages
  timeout 480 "$folder/$stack/bin/python" -m pip install --quiet --prefer-binary pyyaml $(packages "$stack") || {
    echo "SKIPPED: $stack cannot be installed here" >&2
    rm -rf "${folder:?}/$stack"
  }
done
LINK_STACKS=$folder .venv/bin/python -m pytest -q -rsP tests/mixture/test_configs.py
