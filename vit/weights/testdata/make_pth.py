"""Writes the .pth files beside it and the pickles of base/pickle, with PyTorch 2.11
and timm 1.0.31:

    python3 vit/weights/testdata/make_pth.py

Values come from a fixed seed: the files come out the same again but for the
ids that PyTorch draws (of archives, and of storages in the old format).
"""
import argparse
import collections
import os
import pathlib
import zipfile

import numpy
import safetensors.torch
import timm
import torch

HERE = pathlib.Path(__file__).parent
PICKLES = HERE.parents[2] / "base/pickle/testdata"


def save(name, content, **options):
    torch.save(content, HERE / name, **options)


def repack(name, source, change):
    """Copies an archive; `change(entry name, bytes)` gives new bytes or None."""
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / name, "w") as new:
        for info in old.infolist():
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(zipfile.ZipInfo(info.filename), data)


def prefixed(state, prefix):
    return collections.OrderedDict((prefix + k, v) for k, v in state.items())


class Hostile:
    """What would run a command when a careless reader unpickles it."""

    def __reduce__(self):
        return os.system, ("touch caldera_was_here",)


def tiny_vit():
    model = timm.models.VisionTransformer(
        img_size=8, patch_size=4, in_chans=1, num_classes=3, embed_dim=8,
        depth=1, num_heads=2).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.5)
    return model


def every_dtype():
    base = torch.arange(12)
    tensors = {}
    for dtype in [torch.float32, torch.float64, torch.float16, torch.bfloat16,
                  torch.int64, torch.int32, torch.int16, torch.int8,
                  torch.uint8, torch.bool]:
        tensors[str(dtype)[6:]] = base.to(dtype)
    shared = torch.arange(24, dtype=torch.float32).view(4, 6)
    tensors["shared"] = shared
    tensors["transposed"] = shared.t()
    tensors["sliced"] = shared[1:3, 1:6:2]
    tensors["expanded"] = shared[2:3, :1].expand(3, 2)
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.empty(2, 0, 3)
    tensors["parameter"] = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    return tensors


def main():
    torch.manual_seed(0)
    model = tiny_vit()
    state = model.state_dict()
    images = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        tokens = model.forward_features(images)  # after the final norm
    safetensors.torch.save_file(
        {**state, "test.images": images, "test.tokens": tokens},
        HERE / "timm_vit.safetensors")

    save("bare.pth", state)
    save("protocol5.pth", state, pickle_protocol=5)
    save("legacy.pth", state, _use_new_zipfile_serialization=False)
    other = torch.nn.Linear(8, 2)
    optimizer = torch.optim.AdamW(other.parameters())
    other(torch.ones(8)).sum().backward()
    optimizer.step()
    save("training.pth", {  # as the official MAE code keeps a run
        "model": state, "optimizer": optimizer.state_dict(), "epoch": 3,
        "scaler": {"scale": 65536.0}, "best": numpy.float64(0.5),
        "args": argparse.Namespace(lr=1e-3, output_dir=pathlib.PurePosixPath("out"))})
    save("state_dict.pth", {"state_dict": prefixed(state, "module._orig_mod."), "epoch": 1})
    save("teacher.pth", {
        "student": {}, "teacher": {**prefixed(state, "module.backbone."),
                                   "module.head.last.weight": torch.ones(2)}})
    save("encoder_prefix.pth", {**prefixed(state, "encoder."),
                                "projector.weight": torch.ones(2)})
    tensors = every_dtype()
    safetensors.torch.save_file(
        {k: v.detach().clone().contiguous() for k, v in tensors.items()},
        HERE / "dtypes.safetensors")
    save("dtypes.pth", tensors)
    save("dtypes_legacy.pth", tensors, _use_new_zipfile_serialization=False)

    small = {"w": torch.tensor([1.0, 2.0])}
    save("hostile_beside.pth", {"model": small, "extra": Hostile()})
    save("hostile_inside.pth", {"model": {**small, "extra": Hostile()}})
    save("hostile_root.pth", Hostile())
    save("module.pth", torch.nn.Linear(1, 1))
    # The old format keeps the source text and path of a module's class, where
    # Python finds one.
    exec("class Tiny(torch.nn.Linear): pass", globals())
    save("module_legacy.pth", Tiny(1, 1), _use_new_zipfile_serialization=False)
    save("sparse.pth", {"w": torch.eye(2).to_sparse()})
    save("complex.pth", {"w": torch.ones(1, dtype=torch.complex64)})
    save("no_tensors.pth", {"epoch": 3, "model": {"a": 1}})

    save("small.pth", small)
    repack("big_endian.pth", "small.pth",
           lambda name, data: b"big" if name.endswith("byteorder") else data)
    repack("no_storage.pth", "small.pth",
           lambda name, data: None if name.endswith("data/0") else data)
    repack("short_storage.pth", "small.pth",
           lambda name, data: data[:4] if name.endswith("data/0") else data)
    repack("no_index.pth", "small.pth",
           lambda name, data: None if name.endswith("data.pkl") else data)
    with zipfile.ZipFile(HERE / "deflated.pth", "w", zipfile.ZIP_DEFLATED) as new:
        with zipfile.ZipFile(HERE / "small.pth") as old:
            for info in old.infolist():
                new.writestr(info.filename, old.read(info))

    for name in ["small", "training", "protocol5", "hostile_beside"]:
        with zipfile.ZipFile(HERE / (name + ".pth")) as archive:
            (PICKLES / (name + ".pkl")).write_bytes(archive.read(name + "/data.pkl"))
    for path in [*HERE.iterdir(), *PICKLES.iterdir()]:
        path.chmod(0o644)


if __name__ == "__main__":
    main()
