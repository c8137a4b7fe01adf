#!/bin/bash
# Our PaCMAP and the Python package's, in turn on the same cores: seconds and
# quality. Usage: benchmarks/compare_pacmap.sh [mixture|digits] [POINTS] [ROUNDS]
# PYTHON names an interpreter that has pacmap, scikit-learn and safetensors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
./bazelw build //eval/pacmap:place
folder="$(mktemp -d)"
trap 'rm -r "$folder"' EXIT
reference=("${PYTHON:-python3}" benchmarks/reference/pacmap_reference.py)
"${reference[@]}" make "${1:-mixture}" "${2:-10000}" "$folder/x.safetensors"
for ((round = 0; round < ${3:-3}; ++round)); do
  echo "ours:    $(bazel-bin/eval/pacmap/place --features="$folder/x.safetensors" \
    --out="$folder/ours.safetensors" --seed="$round" 2>/dev/null)"
  echo "         $("${reference[@]}" judge "$folder/x.safetensors" "$folder/ours.safetensors")"
  echo "package: $("${reference[@]}" place "$folder/x.safetensors" "$folder/theirs.safetensors" 2>/dev/null)"
  echo "         $("${reference[@]}" judge "$folder/x.safetensors" "$folder/theirs.safetensors")"
done
