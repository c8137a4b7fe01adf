"""Pillow's images a second for what //data:decode_benchmark does.

    bazel-bin/data/decode_benchmark --photos=PHOTOS --write_jpegs=JPEGS
    taskset -c 0 python3 benchmarks/reference/pillow_rrc.py JPEGS

Each JPEG, held in memory, is decoded and cropped and resized (bicubic) as
torchvision's RandomResizedCrop(224) does with a PIL image, ending as a uint8
array. Prints the median of five rounds, decoding alone and the whole.
"""
import io
import math
import pathlib
import random
import statistics
import sys
import time

import numpy as np
from PIL import Image

ROUNDS, SECONDS, SIZE = 5, 2.0, 224


def draw(width, height):
    """torchvision's rule: ten tries, scale 0.08 to 1, ratio 3/4 to 4/3."""
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            return left, top, left + w, top + h
    return 0, 0, width, height


def decode(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def decode_and_crop(data):
    image = decode(data)
    image = image.crop(draw(*image.size)).resize((SIZE, SIZE), Image.BICUBIC)
    return np.asarray(image)


def images_per_second(function, files):
    rates = []
    for _ in range(ROUNDS):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS:
            for data in files:
                function(data)
            count += len(files)
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


random.seed(1)
jpegs = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jpg"))]
print(f"decode {images_per_second(decode, jpegs):.0f} img/s")
print(f"decode, crop, resize {images_per_second(decode_and_crop, jpegs):.0f} img/s")
