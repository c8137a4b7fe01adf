#!/bin/bash
# Our training step against eager PyTorch's, in turn on the same cores.
# Usage: benchmarks/compare_step.sh [ROUNDS]
# PYTHON names an interpreter that has torch 2.11.0 and numpy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
./bazelw build //benchmarks:step_benchmark
for ((round = 0; round < ${1:-3}; ++round)); do
  for method in mae m_mae; do
    "${PYTHON:-python3}" benchmarks/pytorch_step.py --method "$method" \
      --threads "$(nproc)" | sed 's/^/eager PyTorch, ms: /'
    bazel-bin/benchmarks/step_benchmark --benchmark_filter="Step/$method/" \
      --benchmark_min_time=3 2>/dev/null | awk '/^Step/ {print "ours, ms:          " $1, $2}'
  done
done
