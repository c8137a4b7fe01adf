"""Caldera from Python: encoders as timm's modules, features as arrays.

    import caldera
    encoder = caldera.load("runs/fashion_mnist/m_mae")      # torch.nn.Module
    features = caldera.features("runs/fashion_mnist/m_mae", "photos")  # [N, D]

Training, measuring and everything else are programs: `caldera pretrain
--spec=...`; `caldera` lists them. Each of these functions starts one of them.
"""

import os
import subprocess
import sys
import tempfile

from caldera.__main__ import command, environment

__all__ = ["load", "features"]


def _run(program, *arguments):
    """Starts a program and raises RuntimeError with its own error line."""
    done = subprocess.run(command(program) + list(arguments), env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no output"]
        raise RuntimeError("caldera %s: %s" % (program, lines[-1]))
    return done.stdout


def load(run, key="", **options):
    """The encoder of a run folder, or of any file of ViT weights that Caldera
    reads, as a module of timm without a classifier.

    key: which ViT, where a file holds several. options go to
    timm.create_model. Images are normalised as the run's data set was
    (`data.mean` and `data.std` in experiment.textproto).
    """
    import timm
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model")
        _run("convert", "--checkpoint=" + os.fspath(run), "--out=" + model,
             "--format=timm", *(["--key=" + key] if key else []))
        options = {"pretrained": True, "num_classes": 0, **options}
        return timm.create_model("local-dir:" + model, **options)


def features(run, data, readout="mean", **flags):
    """The features of the images of `data`, a folder or a data set, as a numpy
    array [N, D] of float32, in the order of `caldera embed`.

    flags are those of `caldera embed`: batch_size=256, device="cuda".
    """
    import numpy
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "features.npy")
        _run("embed", "--checkpoint=" + os.fspath(run), "--data=" + os.fspath(data),
             "--out=" + out, "--readout=" + readout,
             *("--%s=%s" % item for item in flags.items()))
        return numpy.load(out)
