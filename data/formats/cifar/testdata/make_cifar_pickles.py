"""Writes the .cifar_pickle files beside it, with Python 3.11 and NumPy 2.4:

    python3 data/formats/cifar/testdata/make_cifar_pickles.py

A batch has two images: value p of image i is (11 i + p) mod 251, its label 3 i.
"""
import os
import pathlib
import pickle

import numpy

HERE = pathlib.Path(__file__).parent
IMAGES = 2
DATA = numpy.array([[(11 * i + p) % 251 for p in range(3072)] for i in range(IMAGES)], "u1")
LABELS = [3 * i for i in range(IMAGES)]
OLD, NEW = b"numpy.core", b"numpy._core"


def save(name, content, protocol, module=NEW):
    data = pickle.dumps(content, protocol)
    if module == OLD and protocol < 4:
        data = data.replace(b"c" + NEW, b"c" + OLD)
    elif module == OLD:  # the text's length, and the frame's
        for name_of in [b".multiarray", b".numeric"]:
            text = NEW + name_of
            shorter = OLD + name_of
            before = data
            data = data.replace(b"\x8c" + bytes([len(text)]) + text,
                                b"\x8c" + bytes([len(shorter)]) + shorter)
            change = len(before) - len(data)
            length = int.from_bytes(data[3:11], "little")
            if change and data[2] == 0x95 and length + 11 >= len(data):
                data = data[:3] + (length - change).to_bytes(8, "little") + data[11:]
    pickle.loads(data)  # it is still a pickle
    (HERE / (name + ".cifar_pickle")).write_bytes(data)


class Hostile:
    """What would run a command when a careless reader unpickles it."""

    def __reduce__(self):
        return os.system, ("echo executed",)


def main():
    batch = {"data": DATA, "labels": LABELS, "batch_label": "a batch"}
    for protocol in [2, 3, 4, 5]:
        for module in [OLD, NEW]:
            release = 1 if module == OLD else 2
            save(f"protocol{protocol}_numpy{release}", batch, protocol, module)
    save("bytes_keys", {k.encode(): v for k, v in batch.items()}, 2)
    save("columns_first2", {**batch, "data": numpy.asfortranarray(DATA)}, 2)
    save("columns_first5", {**batch, "data": numpy.asfortranarray(DATA)}, 5)
    save("label_array", {**batch, "labels": numpy.array(LABELS, ">i4")}, 4)
    save("label_scalars", {**batch, "labels": [numpy.int64(l) for l in LABELS]}, 4)
    names = [f"class {i}" for i in range(10)]
    save("names", {"label_names": names, "num_vis": 3072}, 4)
    save("bytes_names", {b"label_names": [n.encode() for n in names]}, 2)
    data = pickle.dumps({**batch, "beside": Hostile()}, 2)
    (HERE / "hostile.cifar_pickle").write_bytes(data)


if __name__ == "__main__":
    main()
