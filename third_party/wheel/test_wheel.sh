#!/bin/bash
# Installs the wheel into an empty virtual environment and uses it there.
# Usage: third_party/wheel/test_wheel.sh bazel-bin/caldera-*.whl
# Downloads torch and timm; takes some minutes.
set -euo pipefail
wheel="$(realpath "$1")"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet "$wheel[python]" Pillow
unset LD_LIBRARY_PATH RUNFILES_DIR
venv/bin/python - <<'P'
import os
import random
from PIL import Image
random.seed(0)
for folder in ("photos/a", "photos/b/c"):
    os.makedirs(folder)
    for i in range(24):
        image = Image.new("RGB", (40, 32), tuple(random.choices(range(256), k=3)))
        image.putpixel((i % 40, 3), (255, 255, 255))
        image.save("%s/%d.png" % (folder, i))
P
venv/bin/caldera | grep -q pretrain
venv/bin/caldera pretrain --spec=photos/mae data.dataset=photos --run=run \
  encoder.image_size=32 encoder.patch_size=8 encoder.embed_dim=32 encoder.depth=2 encoder.num_heads=2 \
  mae.decoder.embed_dim=32 mae.decoder.depth=1 mae.decoder.num_heads=2 train.steps=4 train.batch_size=16
venv/bin/python - <<'P'
import caldera
import numpy
import torch
encoder = caldera.load("run")
assert isinstance(encoder, torch.nn.Module)
with torch.no_grad():
    assert encoder(torch.zeros(2, 3, 32, 32)).shape == (2, 32)
features = caldera.features("run", "photos")
assert features.shape == (48, 32) and numpy.isfinite(features).all()
print("the wheel works: features", features.shape)
P
