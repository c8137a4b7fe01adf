#!/bin/bash
# Pretraining on photographs, and continuing on others from the weights that
# this left: does the verdict without labels (docs/photos.md) show that
# continuing helps?
# Usage: benchmarks/photo_trial.sh [FOLDER]
# FOLDER keeps packages, tiles and runs; a second start goes on there.
# PYTHON names an interpreter that has Pillow; SIDE is the side of a tile and of
# the model's images (96; 224 is for a GPU), TILES how many a photograph gives,
# STEPS the steps of each run; CONFIG=cuda for a GPU.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder="$(realpath -m "${1:-photo_trial}")"
side="${SIDE:-96}" tiles="${TILES:-200}" steps="${STEPS:-2000}"
packages=(lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds
  plasma-workspace-wallpapers)
mkdir -p "$folder/packages" "$folder/files"
(cd "$folder/packages" && for package in "${packages[@]}"; do
  compgen -G "${package}_*.deb" >/dev/null || apt-get download "$package"
done)
for package in "$folder"/packages/*.deb; do
  dpkg -x "$package" "$folder/files"
done
"${PYTHON:-python3}" benchmarks/reference/photo_tiles.py "$folder/files" \
  "$folder" --side="$side" --tiles="$tiles"

./bazelw build ${CONFIG:+--config="$CONFIG"} //:pretrain //vit:convert
patch=$((side % 16 == 0 && side >= 224 ? 16 : 8))
model=(encoder.image_size="$side" encoder.patch_size="$patch"
  encoder.model=vit_tiny mae.decoder.embed_dim=96 mae.decoder.depth=4
  mae.decoder.num_heads=3
  eval.measured_on=TEST train.steps="$steps")
pretrain=(bazel-bin/ssl/pretrain)
"${pretrain[@]}" --spec=photos/mae --run="$folder/first" \
  data.dataset="$folder/first_half" "${model[@]}"
# With the decoder, as the reconstruction is what is compared.
bazel-bin/vit/convert --out="$folder/start.safetensors" \
  --checkpoint="$folder/first/checkpoints/step_$steps/model.safetensors"
"${pretrain[@]}" --spec=photos/continue --run="$folder/continued" \
  --start="$folder/start.safetensors" data.dataset="$folder/second_half" \
  "${model[@]}"
grep -h '"verdict"' "$folder"/{first,continued}/results.json
