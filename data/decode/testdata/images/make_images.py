"""Writes the images of this folder and expected.txt, what Pillow makes of them.

    python3 make_images.py FOLDER  # with numpy, Pillow 13.0.0, pillow-heif 1.8.1

Lines of expected.txt: file, "plain" or "exif" (turned by exif_transpose),
height, width, CRC-32 of the RGB pixels.
"""
import pathlib
import sys
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
folder = pathlib.Path(sys.argv[1])
expected = []


def picture(height, width, channels):
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 100 * np.sin(x / (3 + c) + c) * np.cos(y / (4 + c)) for c in range(channels)]
    noise = np.random.default_rng(1).normal(0, 8, (height, width, channels))
    return np.clip(np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)


def expect(name, kind, image):
    rgb = image.convert("RGB")
    expected.append(f"{name} {kind} {rgb.height} {rgb.width} {zlib.crc32(rgb.tobytes())}")


def save(name, image, **options):
    image.save(folder / name, **options)
    expect(name, "plain", Image.open(folder / name))


rgb = Image.fromarray(picture(21, 35, 3))
rgba = Image.fromarray(picture(21, 35, 4))
grey = rgb.convert("L")
palette = rgb.quantize(13)

for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    save(f"rgb_{subsampling.replace(':', '')}.jpg", rgb, quality=80, subsampling=subsampling)
save("progressive.jpg", rgb, quality=80, progressive=True)
save("grey.jpg", grey, quality=80)
save("cmyk.jpg", Image.fromarray(picture(21, 35, 4), "CMYK"), quality=80)
save("restart.jpg", rgb, quality=80, restart_marker_blocks=2)
save("rgb.png", rgb)
save("rgba.png", rgba)
save("grey.png", grey)
save("grey_alpha.png", Image.merge("LA", (grey, rgba.getchannel("A"))))
save("one_bit.png", grey.convert("1"))
save("palette.png", palette, bits=4)
save("palette_transparent.png", palette, bits=8, transparency=3)
save("lossy.webp", rgb, quality=80)
save("lossless.webp", rgb, lossless=True)
save("lossy_alpha.webp", rgba, quality=80)
save("lossless_alpha.webp", rgba, lossless=True, exact=True)
save("rgb.bmp", rgb)
save("rgba.bmp", rgba)
save("grey.bmp", grey)
save("palette.bmp", palette)
save("lzw.tif", rgb, compression="tiff_lzw")
save("packbits_palette.tif", palette, compression="packbits")
save("fax.tif", grey.convert("1"), compression="group4")
save("deflate_rgba.tif", rgba, compression="tiff_adobe_deflate")
save("jpeg.tif", rgb.convert("YCbCr"), compression="jpeg")
save("lzw_ycbcr.tif", rgb.convert("YCbCr"), compression="tiff_lzw")
save("cmyk.tif", Image.fromarray(picture(21, 35, 4), "CMYK"))
save("zstd.tif", rgb, compression="zstd", tiffinfo={278: 4})
save("orientation_6.tif", rgb, compression="packbits", tiffinfo={274: 6})
save("still.gif", rgb)
save("interlaced.gif", palette, interlace=1, transparency=3)
save("animated.gif", palette, save_all=True, append_images=[palette.rotate(180)])
animation = {"save_all": True, "lossless": True, "exact": True}
save("animated.webp", rgba, append_images=[rgba.rotate(90)], **animation)
exact = {"quality": -1, "chroma": 444, "matrix_coefficients": 0}
save("lossless.heic", rgb, **exact)

exif = Image.Exif()
exif[0x010F] = "maker"
for orientation in range(1, 9):
    exif[0x0112] = orientation
    name = f"orientation_{orientation}.jpg"
    save(name, rgb, quality=80, exif=exif)
    expect(name, "exif", ImageOps.exif_transpose(Image.open(folder / name)))
exif[0x0112] = 6
for name in ("orientation_6.png", "orientation_6.webp"):
    save(name, rgb, exif=exif)
    expect(name, "exif", ImageOps.exif_transpose(Image.open(folder / name)))
save("orientation_6.heic", rgb, exif=exif.tobytes(), **exact)

# As rgb.png, but for rounding, which differs between libraries.
fine = {"quality": 100, "subsampling": "4:4:4"}
rgb.save(folder / "fine.avif", **fine)
rgb.save(folder / "orientation_6.avif", exif=exif, **fine)

# Refused.
grey.convert("1").save(folder / "one_bit.bmp")

# Damaged: seeds for the fuzzers.
cut = ("rgb_420.jpg", "progressive.jpg", "rgb.png", "lossy.webp", "rgb.bmp", "animated.webp")
for name in (*cut, "lzw.tif", "jpeg.tif", "still.gif", "interlaced.gif", "lossless.heic", "fine.avif"):
    whole = (folder / name).read_bytes()
    (folder / f"cut_{name}").write_bytes(whole[: len(whole) * 2 // 3])
# 2^31 - 1 squared pixels, and a chunk that should hold them.
side = (2**31 - 1).to_bytes(4, "big")
bomb = b"\x89PNG\r\n\x1a\n"
for chunk in (b"IHDR" + side + side + bytes([8, 2, 0, 0, 0]), b"IDAT", b"IEND"):
    bomb += (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
(folder / "bomb.png").write_bytes(bomb)

(folder / "expected.txt").write_text("\n".join(expected) + "\n")
