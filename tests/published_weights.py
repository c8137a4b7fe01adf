"""Holds //:embed against the libraries whose files it reads: features to 1e-5.

    ./bazelw build //:embed //vit:convert
    python3 tests/published_weights.py bazel-bin/eval/embed/embed bazel-bin/vit/weights/convert

needs torch, timm, transformers, safetensors, numpy and Pillow, but no network:
every model is built by its library with random weights and few blocks, saved as
people save it, and both sides read the same PNG images. Ends with a line a
model and status 1 if any differs by more than 1e-5 of the largest number.
"""

import os
import subprocess
import sys
import tempfile

import numpy
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

EMBED, CONVERT = map(os.path.abspath, sys.argv[1:3])
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def fill(model):
    """Random numbers everywhere, so that every tensor matters."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, p in model.named_parameters():
            one = p.dim() == 1 and name.endswith(("weight", "gamma", "lambda1", "scale_factor"))
            p.copy_(torch.randn(p.shape, generator=generator) * 0.1 + (1 if one else 0))
    return model.eval()


def images(folder, size):
    os.makedirs(folder)
    random = numpy.random.default_rng(0)
    pixels = random.integers(0, 256, (4, size, size, 3), dtype=numpy.uint8)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save("%s/%d.png" % (folder, i))
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return (x - MEAN) / STD


# name, extra arguments, how the file is wrapped
TIMM = [
    ("vit_tiny_patch16_224", {}, lambda s: s),
    ("deit_tiny_patch16_224", {}, lambda s: {"model": s}),
    ("vit_small_patch16_384", {}, lambda s: {"state_dict": {"model." + k: v for k, v in s.items()}}),
    ("vit_small_patch14_dinov2", {"img_size": 112}, lambda s: s),
    ("vit_small_patch14_reg4_dinov2", {"img_size": 112}, lambda s: {"teacher": {"backbone." + k: v for k, v in s.items()}}),
    ("vit_giant_patch14_dinov2", {"img_size": 56, "embed_dim": 48, "num_heads": 3}, lambda s: s),
    ("vit_base_patch16_clip_224", {}, lambda s: s),
    ("vit_base_patch16_clip_quickgelu_224", {}, lambda s: s),  # told by //vit:convert
    ("vit_small_patch16_18x2_224", {}, None),  # parallel blocks: to be refused
    ("vit_small_patch16_dinov3", {"img_size": 64}, None),  # under timm's own names
    ("vit_small_plus_patch16_dinov3", {"img_size": 64}, None),
]


def timm_models(work):
    for name, extra, wrap in TIMM:
        try:
            model = fill(timm.create_model(name, pretrained=False, num_classes=0, depth=2, **extra))
        except Exception as error:  # a timm without this model
            print("%-40s not in this timm: %s" % (name, str(error)[:60]))
            continue
        size = model.pretrained_cfg["input_size"][-1] if "img_size" not in extra else extra["img_size"]
        path = os.path.join(work, name + ".pth")
        torch.save((wrap or (lambda s: s))(model.state_dict()), path)
        if "quickgelu" in name:  # no tensor shows it
            told = os.path.join(work, name + ".safetensors")
            subprocess.check_call(
                [CONVERT, "--checkpoint=" + path, "--out=" + told,
                 "--encoder=activation: QUICK_GELU"], stdout=subprocess.DEVNULL)
            path = told
        x = images(os.path.join(work, name), size)
        with torch.no_grad():
            tokens = model.forward_features(x)
        prefix = getattr(model, "num_prefix_tokens", 1)
        expected = {"cls": tokens[:, 0], "mean": tokens[:, prefix:].mean(1)}
        heads = model.blocks[0].attn.num_heads if hasattr(model.blocks[0], "attn") else 6
        yield name, path, os.path.join(work, name), heads, expected, wrap is None


def hugging_face(work):
    import transformers as hf
    sizes = dict(image_size=32, patch_size=8, hidden_size=48, num_hidden_layers=2,
                 num_attention_heads=3, intermediate_size=96)
    models = {
        "transformers ViTModel": hf.ViTModel(hf.ViTConfig(**sizes, layer_norm_eps=1e-6), add_pooling_layer=False),
        "transformers Dinov2Model": hf.Dinov2Model(hf.Dinov2Config(**{k: v for k, v in sizes.items() if k != "intermediate_size"}, mlp_ratio=2)),
    }
    for name, model in models.items():
        fill(model)
        folder = os.path.join(work, name.replace(" ", "_"))
        model.save_pretrained(folder)
        x = images(folder + "_images", 32)
        with torch.no_grad():
            tokens = model(pixel_values=x).last_hidden_state
        yield name, folder, folder + "_images", 3, {"cls": tokens[:, 0], "mean": tokens[:, 1:].mean(1)}, False


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        for source in (timm_models, hugging_face):
            for name, path, folder, heads, expected, may_refuse in source(work):
                for readout, theirs in expected.items():
                    out = os.path.join(work, "out_%s.npy" % readout)
                    for left in (out, out + ".json", out[:-4] + ".rows.csv"):
                        if os.path.exists(left):
                            os.remove(left)
                    done = subprocess.run(
                        [EMBED, "--checkpoint=" + path, "--data=" + folder, "--out=" + out,
                         "--readout=" + readout, "--num_heads=%d" % heads, "--device=cpu"],
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    if done.returncode:
                        print("%-40s %-5s %s: %s" % (
                            name, readout, "refused" if may_refuse else "FAILED",
                            done.stderr.strip().splitlines()[-1][:150]))
                        failed += not may_refuse
                        continue
                    theirs = theirs.numpy()
                    error = abs(numpy.load(out) - theirs).max() / abs(theirs).max()
                    print("%-40s %-5s %.1e%s" % (name, readout, error, "" if error < 1e-5 else "  DIFFERS"))
                    failed += error >= 1e-5
    sys.exit(1 if failed else 0)


main()
