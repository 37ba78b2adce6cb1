#!/usr/bin/env bash
# The parsers of training stacks on the data sections of `link plan --config`, each stack in an
# environment of its own: scripts/test_stacks.sh FOLDER [STACK...]. What cannot be installed (no
# network, no wheel) is named, and its test is skipped.
set -euo pipefail
folder=$(mkdir -p "${1:?name a folder for the environments}" && cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."

packages() {
  case $1 in
    megatron) echo megatron-core ;;
    olmo-core) echo ai2-olmo-core ;;
    torchtune) echo torchtune torchao==0.15.0 ;;
    mosaic) echo mosaicml-streaming ;;
    *) echo "$1" ;;
  esac
}

for stack in "${@:-megatron}"; do
  "${PYTHON:-python3}" -m venv "$folder/$stack"
  # shellcheck disable=SC2046  # several packages
  timeout 1800 "$folder/$stack/bin/python" -m pip install --quiet torch pyyaml $(packages "$stack") ||
    echo "SKIPPED: $stack cannot be installed here" >&2
done
LINK_STACKS=$folder .venv/bin/python -m pytest -q -rs tests/mixture/test_configs.py
