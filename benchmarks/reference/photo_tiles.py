"""Cuts square tiles of photographs, in two halves by photograph.

    python3 photo_tiles.py FILES OUTPUT --side=96 --tiles=200

FILES is a folder with photographs at any depth. Each photograph counts once:
links and equal files do, and of the sizes of one wallpaper (the files of one
folder whose names are sizes) the largest is taken. Writes
OUTPUT/{first,second}_half/{train,val}/PHOTOGRAPH/N.png: the tiles of one
photograph are all in one of the four, and every fourth photograph of a half is
held out. A photograph is shrunk to a height of at most eight tiles first, so
that a tile shows more than a surface. See benchmarks/photo_trial.sh.
"""
import argparse
import hashlib
import pathlib
import random
import re

from PIL import Image

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
LEAST_PIXELS = 1000 * 600  # anything smaller is an icon or a preview
SIZE = re.compile(r"\d{3,5}x\d{3,5}")
TILES_HIGH = 8
EVERY = 4  # a photograph of so many is held out


def photographs(folder):
    """The paths of the different photographs, by their names."""
    best, seen = {}, set()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        if path.is_symlink() or digest in seen:
            continue
        seen.add(digest)
        with Image.open(path) as image:
            pixels = image.width * image.height
        if pixels < LEAST_PIXELS:
            continue
        # Plasma has NAME/contents/images/1920x1080.jpg, and in images_dark the
        # same photograph by night; GNOME has NAME-l and NAME-d.
        sized = SIZE.fullmatch(path.stem) is not None
        name = str(path.parent.parent if sized else
                   path.with_name(re.sub("-[ld]$", "", path.stem)))
        if pixels > best.get(name, (0, None))[0]:
            best[name] = (pixels, path)
    return [best[name][1] for name in sorted(best)]


def cut(path, output, side, tiles, draws):
    output.mkdir(parents=True, exist_ok=True)
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    height = min(image.height, TILES_HIGH * side)
    width = max(side, round(image.width * height / image.height))
    image = image.resize((width, max(side, height)), Image.BICUBIC)
    for number in range(tiles):
        left = draws.randint(0, image.width - side)
        top = draws.randint(0, image.height - side)
        image.crop((left, top, left + side, top + side)).save(
            output / f"{number}.png")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--tiles", type=int, default=200)
    options = parser.parse_args()
    found = photographs(options.files)
    if len(found) < 2 * EVERY:
        raise SystemExit(f"{options.files}: only {len(found)} photographs; "
                         f"{2 * EVERY} are needed to hold one out of each half")
    counts = [0, 0]
    for number, path in enumerate(found):
        half = number % 2
        counts[half] += 1
        split = "val" if counts[half] % EVERY == 0 else "train"
        name = ("first_half", "second_half")[half]
        cut(path, options.output / name / split / f"{number:02d}", options.side,
            options.tiles, random.Random(number))
    print(f"{len(found)} photographs: {counts[0]} and {counts[1]}")


if __name__ == "__main__":
    main()
