"""The Python package beside //eval/pacmap:place; see benchmarks/compare_pacmap.sh.

    python3 pacmap_reference.py make mixture|digits N FILE   # the points
    python3 pacmap_reference.py place FILE PLANE             # prints seconds
    python3 pacmap_reference.py judge FILE PLANE             # prints quality
    python3 pacmap_reference.py golden FILE                  # the package's range

Files are safetensors with `features` [N, D] and `labels` [N], then `plane`.
"""
import sys
import time

import numpy as np
from safetensors.numpy import load_file, save_file


def make(kind, n, path):
    if kind == "digits":
        from sklearn.datasets import load_digits

        x, labels = load_digits(return_X_y=True)
    else:
        rng = np.random.default_rng(0)
        labels = rng.integers(0, 10, int(n))
        x = 4 * rng.standard_normal((10, 192))[labels]
        x += rng.standard_normal(x.shape)
    save_file({"features": np.ascontiguousarray(x, np.float32),
               "labels": labels.astype(np.int64)}, path)


def place(path, plane):
    import pacmap

    tensors = load_file(path)
    # Compiled before the clock starts.
    pacmap.PaCMAP(random_state=0).fit_transform(tensors["features"][:500])
    start = time.perf_counter()
    y = pacmap.PaCMAP(random_state=0).fit_transform(tensors["features"])
    print(f"{time.perf_counter() - start:.3f} s")
    save_file({"plane": np.ascontiguousarray(y, np.float32),
               "labels": tensors["labels"]}, plane)


def quality(x, y, labels):
    """Shares of points named by their neighbours, of triplets kept in order,
    and of the ten nearest neighbours kept."""
    from sklearn.neighbors import NearestNeighbors

    def nearest(points):
        return NearestNeighbors(n_neighbors=11).fit(points).kneighbors(
            return_distance=False)[:, 1:]

    in_plane = nearest(y)
    votes = np.array([np.bincount(row).argmax() for row in labels[in_plane]])
    kept = np.mean([len(np.intersect1d(a, b)) / 10
                    for a, b in zip(nearest(x), in_plane)])
    i, j, k = np.random.default_rng(0).integers(0, len(x), (3, 100000))

    def nearer(points):
        return (np.linalg.norm(points[i] - points[j], axis=1) <
                np.linalg.norm(points[i] - points[k], axis=1))

    return np.mean(votes == labels), np.mean(nearer(x) == nearer(y)), kept


def judge(path, plane):
    tensors = load_file(path)
    accuracy, triplets, kept = quality(
        tensors["features"], load_file(plane)["plane"], tensors["labels"])
    print(f"label accuracy {accuracy:.4f}, triplets {triplets:.4f}, "
          f"neighbours kept {kept:.4f}")


def golden(path):
    """The digits and the package's quality on them over twelve seeds [12, 3]:
    tests/goldens/pacmap_digits.safetensors."""
    import pacmap
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    rows = []
    for seed in range(12):
        y = pacmap.PaCMAP(random_state=seed).fit_transform(x.astype(np.float32))
        rows.append(quality(x, y, labels))
        print(seed, *(f"{value:.4f}" for value in rows[-1]), flush=True)
    save_file({"features": x.astype(np.uint8), "labels": labels.astype(np.uint8),
               "package": np.array(rows)}, path,
              {"package": f"pacmap {pacmap.__version__}"
               if hasattr(pacmap, "__version__") else "pacmap"})


if __name__ == "__main__":
    {"make": make, "place": place, "judge": judge,
     "golden": golden}[sys.argv[1]](*sys.argv[2:])
