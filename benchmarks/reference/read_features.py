"""Reads a file of //:embed with numpy, pandas, faiss and safetensors.

    python3 read_features.py features.npy|features.csv|features.safetensors

Prints what each package sees, and ends with an error where two of them differ.
docs/features.md has these lines for use elsewhere.
"""
import sys

import faiss
import numpy as np
import pandas as pd
from safetensors.numpy import load_file

path = sys.argv[1]
if path.endswith(".csv"):
    rows = pd.read_csv(path, keep_default_na=False)
    features = rows.filter(regex=r"^f\d+$").to_numpy(np.float32)
else:
    rows = pd.read_csv(path.rsplit(".", 1)[0] + ".rows.csv", keep_default_na=False)
    if path.endswith(".npy"):
        features = np.load(path, mmap_mode="r")
    else:
        file = load_file(path)
        features = file["features"]
        assert (file["labels"] == rows["label"]).all()
        assert (file["index"] == rows["image"]).all()
print("numpy     %s %s" % (features.shape, features.dtype))
assert len(features) == len(rows) and (rows["row"] == np.arange(len(rows))).all()
assert (rows["label"] < 0).equals(rows["class"] == "")
print("pandas    %d rows, %d classes, first %s %s" % (
    len(rows), rows["class"].nunique(), rows["path"][0], rows["key"][0]))

if features.ndim == 2:
    unit = np.array(features, np.float32, order="C")
    faiss.normalize_L2(unit)
    index = faiss.IndexFlatIP(unit.shape[1])
    index.add(unit)
    cosine, near = index.search(unit[:1000], min(6, len(unit)))
    assert np.allclose(cosine[:, 0], 1, atol=1e-5)
    print("faiss     row 0 is most like rows %s" % near[0, 1:].tolist())
    try:
        ours = pd.read_csv(path.rsplit(".", 1)[0] + ".neighbours.csv", keep_default_na=False)
    except FileNotFoundError:
        sys.exit()
    first = ours.drop_duplicates("row").head(1000)
    nearest = np.where(near[:, 0] == np.arange(len(near)), cosine[:, 1], cosine[:, 0])
    agree = np.isclose(first["cosine"], nearest[first["row"]], atol=1e-4).mean()
    print("--neighbours and faiss have the same nearest cosine for %.2f %% of %d rows" % (
        100 * agree, len(first)))
    assert agree > 0.95
