#!/bin/bash
# Our decoding and cropping against Pillow's, in turn on the same core.
# Usage: benchmarks/compare_decode.sh PHOTOS [ROUNDS]
# PYTHON names an interpreter that has Pillow and numpy.
set -euo pipefail
photos="$(realpath "$1")"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
./bazelw build //data/decode:decode_benchmark
jpegs="$(mktemp -d)"
trap 'rm -r "$jpegs"' EXIT
for ((round = 0; round < ${2:-3}; ++round)); do
  taskset -c 0 bazel-bin/data/decode_benchmark --photos="$photos" \
    --write_jpegs="$jpegs" --benchmark_min_time=2 2>/dev/null |
    awk '/^BM_/ {print "ours, us:     ", $1, $4 / 1000}'
  taskset -c 0 "${PYTHON:-python3}" benchmarks/reference/pillow_rrc.py "$jpegs" |
    sed 's/^/Pillow, us:    /'
done
