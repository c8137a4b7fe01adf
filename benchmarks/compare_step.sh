#!/bin/bash
# Our training step against PyTorch's, in turn on the same cores or GPU: images
# a second and peak memory.
# Usage: benchmarks/compare_step.sh [ROUNDS] [flags of //:throughput ...]
# PYTHON names an interpreter that has torch 2.11.0; CONFIG=cuda for a GPU;
# KINDS are those of benchmarks/reference/pytorch_mae.py, all unless given.
# HISTORY=benchmarks/history also keeps the numbers there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds="${1:-3}"
flags=("${@:2}")
if ((${#flags[@]} == 0)); then
  flags=(--spec=fashion_mnist/mae,fashion_mnist/m_mae --steps=20 --warmup=5)
fi
./bazelw build ${CONFIG:+--config="$CONFIG"} //:throughput
folder="$(mktemp -d)"
trap 'rm -r "$folder"' EXIT
IFS=, read -ra kinds <<<"${KINDS:=authors,eager,compiled}"
files=()
for ((round = 0; round < rounds; ++round)); do
  BUILD_WORKSPACE_DIRECTORY="$PWD" bazel-bin/benchmarks/throughput/throughput \
    --rounds=1 --noloader "${flags[@]}" --out="$folder/$round" >/dev/null
  files+=("$folder/$round/throughput.json")
  for kind in "${kinds[@]}"; do
    "${PYTHON:-python3}" benchmarks/reference/pytorch_mae.py --kind="$kind" \
      --like="$folder/$round/throughput.json" --out="$folder/$round/$kind.json"
    files+=("$folder/$round/$kind.json")
  done
done
"${PYTHON:-python3}" benchmarks/reference/compare_rounds.py --kinds="$KINDS" \
  ${HISTORY:+--history="$HISTORY"} --revision="$(git describe --always)" "${files[@]}"
