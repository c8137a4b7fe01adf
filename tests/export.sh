#!/bin/bash
# Runs the lines of docs/export.md on a folder that //vit:convert wrote with
# --format=timm, and compares the features with the model's own.
# Usage: tests/export.sh FOLDER [PYTHON]
# PYTHON: one that has torch, timm, onnx and onnxruntime; else a virtual
# environment is made for it, which takes some minutes.
set -euo pipefail
folder="$(realpath "$1")"
page="$(realpath "$(dirname "${BASH_SOURCE[0]}")/../docs/export.md")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python="${2:-}"
if [[ -z "$python" ]]; then
  python3 -m venv "$work/venv"
  python="$work/venv/bin/python"
  "$python" -m pip install --quiet torch==2.11.0 timm onnx onnxruntime
fi
cd "$work"
ln -s "$folder" encoder
"$python" - "$page" <<'P'
import re
import subprocess
import sys

CHECK = """
import numpy
with torch.no_grad():
    expected = model(image).numpy()
got = feature if isinstance(feature, numpy.ndarray) else feature.detach().numpy()
print("%.1e of %.1e" % (abs(got - expected).max(), abs(expected).max()))
assert abs(got - expected).max() <= 1e-5 * max(1, abs(expected).max())
"""
blocks = re.findall(r"```python\n(.*?)```", open(sys.argv[1]).read(), re.S)
assert len(blocks) == 3, len(blocks)
for i, block in enumerate(blocks):
    with open("block_%d.py" % i, "w") as code:
        code.write(block + CHECK)
    done = subprocess.run([sys.executable, "block_%d.py" % i], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    print(block.splitlines()[-1].split("=")[0].strip(), i, done.stdout.strip())
P
