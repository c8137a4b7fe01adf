#!/bin/bash
# Our training step against eager PyTorch's, in turn on the same cores or GPU:
# images a second and peak memory.
# Usage: benchmarks/compare_step.sh [ROUNDS] [flags of //:throughput ...]
# PYTHON names an interpreter that has torch 2.11.0; CONFIG=cuda for a GPU.
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
files=()
for ((round = 0; round < rounds; ++round)); do
  BUILD_WORKSPACE_DIRECTORY="$PWD" bazel-bin/benchmarks/throughput/throughput \
    --rounds=1 --noloader "${flags[@]}" --out="$folder/$round" >/dev/null
  OMP_WAIT_POLICY=passive "${PYTHON:-python3}" benchmarks/reference/eager_mae.py \
    --like="$folder/$round/throughput.json" --out="$folder/$round/eager.json"
  files+=("$folder/$round/throughput.json" "$folder/$round/eager.json")
done
"${PYTHON:-python3}" benchmarks/reference/compare_rounds.py "${files[@]}"
