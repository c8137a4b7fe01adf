"""Pillow's microseconds an image for what //data/decode:decode_benchmark does.

    python3 pillow_rrc.py FOLDER_OF_JPEGS     # see benchmarks/compare_decode.sh

Each JPEG, held in memory, is decoded and cropped and resized (bicubic) as
torchvision's RandomResizedCrop(224) does with a PIL image, ending as a uint8
array. Times are the processor's.
"""
import io
import math
import pathlib
import random
import sys
import time

import numpy as np
from PIL import Image

SECONDS, SIZE = 2.0, 224


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


def load(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def convert(data):  # as torchvision's loader: a copy, even of an RGB image
    return Image.open(io.BytesIO(data)).convert("RGB")


def crop(image):
    return np.asarray(image.crop(draw(*image.size)).resize((SIZE, SIZE), Image.BICUBIC))


def images_per_second(function, files):
    start, count = time.process_time(), 0
    while time.process_time() - start < SECONDS:
        for data in files:
            function(data)
        count += len(files)
    return count / (time.process_time() - start)


random.seed(1)
jpegs = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jpg"))]
for name, function in {
    "load": load,
    "load, crop, resize": lambda data: crop(load(data)),
    "convert, crop, resize": lambda data: crop(convert(data)),
}.items():
    print(f"{name}: {1e6 / images_per_second(function, jpegs):.0f}")
