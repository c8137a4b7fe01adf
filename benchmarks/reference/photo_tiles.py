"""Cuts square tiles of photographs, in two halves by photograph.

    python3 photo_tiles.py FILES OUTPUT --side=96 --tiles=200

FILES is a folder with the files of Debian's packages of backgrounds, of which
PHOTOGRAPHS are photographs; the others are drawn. Each counts once: links and
equal files do, and of the sizes of one wallpaper the largest is taken. Writes
OUTPUT/{first,second}_half/{train,val}/PHOTOGRAPH/N.png: the tiles of one
photograph are all in one of the four, and every fourth photograph of a half is
held out. A photograph is shrunk to a height of at most eight tiles first, so
that a tile shows more than a surface. See benchmarks/photo_trial.sh.
"""
import argparse
import hashlib
import pathlib
import random

from PIL import Image

PHOTOGRAPHS = """
Bridge_by_Sander_Klootwijk Dragonfly_by_Bolly Kleiber_by_Lukas_Baubkus
Picture_0B_by_freespace Picture_1A_by_freespace Wine_by_Jakkub_Mede
aitzgorri_by_Aitzol_Berasategi free_by_Peter_Nerlich
friends_by_Aitzol_Berasategi greentock_by_Peter_Nerlich
life_by_Aitzol_Berasategi picosdeeuropa_by_Aitzol_Berasategi
seeding_by_Clements_Engelhardt sunset_by_Aitzol_Berasategi
Aqua Blinds Dune FreshFlower Garden GreenMeadow LadyBird RainDrops Storm
TwoWings Wood YellowFlower
BytheWater ColdRipple ColorfulCups DarkestHour EveningGlow FallenLeaf Grey Kite
OneStandsOut Path summer_1am
""".split()
TILES_HIGH = 8
EVERY = 4  # a photograph of so many is held out


def photographs(folder):
    """The largest file of each photograph, by their names."""
    best, seen = {}, set()
    for path in sorted(folder.rglob("*")):
        # Plasma has NAME/contents/images/1920x1080.jpg.
        plasma = "contents" in path.parts
        name = path.parent.parent.parent.name if plasma else path.stem
        if name not in PHOTOGRAPHS or path.is_symlink() or not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest in seen:
            continue
        seen.add(digest)
        with Image.open(path) as image:
            pixels = image.width * image.height
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
